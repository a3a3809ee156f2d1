import { type Selector, selectorOf } from "../../../kube/selector.ts";
import { deploymentExample, none } from "./helpers.ts";
import type { PracticeRow, Profile } from "./practice.ts";
import { hasClaim, isServed, selectorsByNamespace } from "./served.ts";
import type { ObjectIndex } from "./object-index.ts";
import { get, numberAt, type ObjectSubject, type PodSubject, textAt } from "./subjects.ts";

const production: readonly Profile[] = ["production"];
const everywhere: readonly Profile[] = ["default", "baseline", "restricted", "production", "nsa", "cis"];

const replicatedKinds: ReadonlySet<string> = new Set(["Deployment", "StatefulSet"]);

function percentOrNumber(value: unknown, of: number): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || !/^\d{1,3}%$/.test(value)) return undefined;
  return Math.ceil((Number(value.slice(0, -1)) / 100) * of);
}

function atZero(value: unknown): boolean {
  return value === 0 || value === "0%";
}

/** Workloads that a budget is counted over; one over more than these never forbids the last Pod to go. */
const MOST_COVERED = 1000;

function coveredBy(budget: ObjectSubject, index: ObjectIndex): readonly PodSubject[] {
  return index.podsBy(budget.namespace, budgetSelector(budget), MOST_COVERED);
}

function budgetSelector({ object }: ObjectSubject): Selector | undefined {
  return selectorOf(get(object, "spec", "selector"));
}

const budgets = Symbol("selectors of budgets by namespace");

const hpa = (fields: string): string =>
  `apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a, namespace: shop}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}, ${fields}}`;
const pdb = (fields: string): string =>
  `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a, namespace: shop}\nspec: {${fields}}`;
const plainPod = "containers: [{name: a}]";

/** Replicas, what scales them, and what keeps them up while nodes are drained. */
export const availabilityRows: readonly PracticeRow[] = [
  {
    id: "reliability/single-replica",
    severity: "warning",
    profiles: production,
    title: "What serves has more than one replica",
    why: "With one replica every node that is drained is an outage.",
    fix: "set replicas to 2 or more, or a HorizontalPodAutoscaler",
    source: "kube-score deployment-replicas",
    same: [
      "kube-linter:minimum-three-replicas",
      "kube-score:deployment-replicas",
      "polaris:deploymentMissingReplicas",
    ],
    frameworks: [],
    positive: deploymentExample("replicas: 1", plainPod),
    negative: deploymentExample("replicas: 2", plainPod),
    pod: (subject, index) =>
      subject.key.kind === "Deployment" && subject.replicas === 1 && index.scalerOf(subject) === undefined
        ? [
            {
              path: ["spec", "replicas"],
              message: "the Deployment has one replica",
              // Nothing is sent to it, or a second one could not have its claim: more replicas are no answer.
              ...(isServed(subject, index) && !hasClaim(subject) ? {} : { severity: "info" as const }),
            },
          ]
        : none,
  },
  {
    id: "reliability/replicas-and-autoscaler",
    severity: "warning",
    profiles: everywhere,
    title: "What an autoscaler scales names no number of replicas",
    why: "Every apply of the manifest sets the number back, against the autoscaler.",
    fix: "remove spec.replicas",
    source: "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
    same: ["kube-score:deployment-targeted-by-hpa-does-not-have-replicas-configured"],
    frameworks: [],
    positive: `${deploymentExample("replicas: 3", plainPod)}\n---\n${hpa("maxReplicas: 5")}`,
    negative: `${deploymentExample("", plainPod)}\n---\n${hpa("maxReplicas: 5")}`,
    object: (subject, index) => {
      if (!replicatedKinds.has(subject.key.kind)) return none;
      if (get(subject.object, "spec", "replicas") === undefined) return none;
      const scaler = index.scalerOf(subject);
      return scaler === undefined
        ? none
        : [
            {
              path: ["spec", "replicas"],
              message: `HorizontalPodAutoscaler ${scaler.key.name} scales it, and every apply sets the replicas back`,
              related: [{ read: scaler.read, path: ["spec", "scaleTargetRef"] }],
            },
          ];
    },
  },
  {
    id: "reliability/no-disruption-budget",
    severity: "info",
    profiles: production,
    title: "What has several replicas has a PodDisruptionBudget",
    why: "Draining nodes may otherwise stop all replicas at once.",
    fix: "add a PodDisruptionBudget with maxUnavailable: 1",
    source: "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
    same: [
      "kube-score:deployment-has-poddisruptionbudget",
      "kube-score:statefulset-has-poddisruptionbudget",
      "polaris:missingPodDisruptionBudget",
    ],
    frameworks: [],
    positive: deploymentExample("replicas: 2", plainPod),
    negative: `${deploymentExample("replicas: 2", plainPod)}\n---\n${pdb("maxUnavailable: 1, selector: {matchLabels: {app: a}}")}`,
    pod: (subject, index) =>
      replicatedKinds.has(subject.key.kind) &&
      (subject.replicas ?? 0) > 1 &&
      !index
        .once(budgets, () => selectorsByNamespace(index.all("PodDisruptionBudget"), budgetSelector))
        .get(subject.namespace)
        ?.selects(subject.labels)
        ? [{ path: ["spec"], message: `no PodDisruptionBudget of the input covers its Pods` }]
        : none,
  },
  {
    id: "reliability/budget-blocks-drain",
    severity: "warning",
    profiles: everywhere,
    title: "A PodDisruptionBudget lets at least one Pod go",
    why: "A budget that allows no disruption stops every drain, and so every upgrade of the cluster.",
    fix: "set maxUnavailable: 1",
    source: "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
    same: [
      "kube-linter:pdb-max-unavailable",
      "kube-linter:pdb-min-available",
      "kube-score:poddisruptionbudget-has-policy",
      "polaris:pdbDisruptionsIsZero",
    ],
    frameworks: [],
    positive: pdb("maxUnavailable: 0, selector: {matchLabels: {app: a}}"),
    negative: pdb("maxUnavailable: 1, selector: {matchLabels: {app: a}}"),
    object: (subject, index) => {
      if (subject.key.kind !== "PodDisruptionBudget") return none;
      if (atZero(get(subject.object, "spec", "maxUnavailable")))
        return [{ path: ["spec", "maxUnavailable"], message: "the budget allows no Pod to go" }];
      const least = get(subject.object, "spec", "minAvailable");
      if (least === "100%")
        return [{ path: ["spec", "minAvailable"], message: "the budget allows no Pod to go" }];
      const covered = coveredBy(subject, index).filter((pod) => pod.replicas !== undefined);
      const replicas = covered.reduce((sum, pod) => sum + (pod.replicas ?? 0), 0);
      const needed = percentOrNumber(least, replicas);
      const scaled = covered.some((pod) => index.scalerOf(pod) !== undefined);
      return needed !== undefined && replicas > 0 && needed >= replicas && !scaled
        ? [
            {
              path: ["spec", "minAvailable"],
              message: `the budget asks for ${needed} Pods and there are ${replicas}: none may go`,
            },
          ]
        : none;
    },
  },
  {
    id: "reliability/budget-above-autoscaler",
    severity: "warning",
    profiles: everywhere,
    title: "A budget asks for fewer Pods than the autoscaler keeps",
    why: "At its lowest number the autoscaler leaves no Pod that may go.",
    fix: "lower minAvailable, or raise minReplicas",
    source: "polaris pdbMinAvailableGreaterThanHPAMinReplicas",
    same: ["polaris:pdbMinAvailableGreaterThanHPAMinReplicas"],
    frameworks: [],
    positive: `${deploymentExample("", plainPod)}\n---\n${hpa("minReplicas: 2, maxReplicas: 5")}\n---\n${pdb("minAvailable: 2, selector: {matchLabels: {app: a}}")}`,
    negative: `${deploymentExample("", plainPod)}\n---\n${hpa("minReplicas: 2, maxReplicas: 5")}\n---\n${pdb("minAvailable: 1, selector: {matchLabels: {app: a}}")}`,
    object: (subject, index) => {
      const least = get(subject.object, "spec", "minAvailable");
      if (subject.key.kind !== "PodDisruptionBudget" || typeof least !== "number") return none;
      if (!index.hasAny("HorizontalPodAutoscaler", subject.namespace)) return none;
      const lowest = coveredBy(subject, index).flatMap((pod) => {
        const scaler = index.scalerOf(pod);
        return scaler === undefined ? [] : [numberAt(scaler.object, "spec", "minReplicas") ?? 1];
      });
      const min = lowest.reduce((sum, one) => sum + one, 0);
      return lowest.length > 0 && least >= min
        ? [
            {
              path: ["spec", "minAvailable"],
              message: `the budget asks for ${least} Pods, the autoscaler keeps as few as ${min}`,
            },
          ]
        : none;
    },
  },
  {
    id: "reliability/budget-keeps-unhealthy",
    severity: "info",
    profiles: production,
    title: "A budget lets Pods go that are not ready",
    why: "By default Pods that never get ready count, and a drain waits for them for ever.",
    fix: "set unhealthyPodEvictionPolicy: AlwaysAllow",
    source: "https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy",
    same: ["kube-linter:pdb-unhealthy-pod-eviction-policy"],
    frameworks: [],
    positive: pdb("maxUnavailable: 1, selector: {matchLabels: {app: a}}"),
    negative: pdb(
      "maxUnavailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow, selector: {matchLabels: {app: a}}",
    ),
    object: (subject) =>
      subject.key.kind === "PodDisruptionBudget" &&
      textAt(subject.object, "spec", "unhealthyPodEvictionPolicy") !== "AlwaysAllow"
        ? [{ path: ["spec"], message: "the budget keeps Pods that are not ready while too few are ready" }]
        : none,
  },
  {
    id: "reliability/autoscaler-range",
    severity: "warning",
    profiles: everywhere,
    title: "An autoscaler has room to scale",
    why: "With minReplicas and maxReplicas equal it never does anything.",
    fix: "raise maxReplicas, or remove the autoscaler",
    source: "polaris hpaMaxAvailability",
    same: ["polaris:hpaMaxAvailability"],
    frameworks: [],
    positive: hpa("minReplicas: 3, maxReplicas: 3"),
    negative: hpa("minReplicas: 3, maxReplicas: 4"),
    object: (subject) => {
      if (subject.key.kind !== "HorizontalPodAutoscaler") return none;
      const min = numberAt(subject.object, "spec", "minReplicas") ?? 1;
      const max = numberAt(subject.object, "spec", "maxReplicas");
      return max !== undefined && max === min
        ? [
            {
              path: ["spec", "maxReplicas"],
              message: `the autoscaler cannot scale: it keeps ${max} replicas`,
            },
          ]
        : none;
    },
  },
  {
    id: "reliability/autoscaler-single",
    severity: "info",
    profiles: production,
    title: "An autoscaler keeps more than one replica",
    why: "At quiet times one replica is left, and draining its node is an outage.",
    fix: "set minReplicas: 2 or more",
    source: "kube-score horizontalpodautoscaler-replicas",
    same: [
      "kube-linter:hpa-minimum-three-replicas",
      "kube-score:horizontalpodautoscaler-replicas",
      "polaris:hpaMinAvailability",
    ],
    frameworks: [],
    positive: hpa("minReplicas: 1, maxReplicas: 3"),
    negative: hpa("minReplicas: 2, maxReplicas: 3"),
    object: (subject) =>
      subject.key.kind === "HorizontalPodAutoscaler" &&
      (numberAt(subject.object, "spec", "minReplicas") ?? 1) < 2
        ? [{ path: ["spec", "minReplicas"], message: "the autoscaler goes down to one replica" }]
        : none,
  },
];

import { parseQuantity } from "../../../kube/quantity.ts";
import { containerExample, deploymentExample, inContainer, inPod, none, podExample } from "./helpers.ts";
import type { Hit, PracticeRow, Profile } from "./practice.ts";
import { selects } from "./selects.ts";
import {
  type ContainerSubject,
  get,
  mappingsAt,
  numberAt,
  type ObjectSubject,
  type PodSubject,
  textAt,
} from "./subjects.ts";

const production: readonly Profile[] = ["production"];
const everywhere: readonly Profile[] = ["default", "baseline", "restricted", "production", "nsa", "cis"];
const serving = (subject: ContainerSubject): boolean =>
  subject.role === "container" && subject.pod.longRunning;

function resourceRow(
  which: "requests" | "limits",
  resource: "cpu" | "memory" | "ephemeral-storage",
  same: readonly string[],
  profiles: readonly Profile[],
  why: string,
): PracticeRow {
  const word = which === "requests" ? "request" : "limit";
  return {
    id: `resources/${resource}-${word}`,
    severity: "warning",
    profiles,
    title: `Containers have a ${resource} ${word}`,
    why,
    fix: `set resources.${which}.${resource}`,
    source: "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
    same,
    frameworks: ["NSA resource policies"],
    positive: containerExample("image: a:1"),
    negative: containerExample(`resources: {${which}: {${resource}: 64M}}`),
    container: (subject, index) => {
      if (subject.role === "ephemeral") return none;
      if (get(subject.container, "resources", which, resource) !== undefined) return none;
      if (get(subject.pod.spec, "resources", which, resource) !== undefined) return none;
      // A limit is the request where none is set (core/v1 defaults.go SetDefaults_Pod).
      if (which === "requests" && get(subject.container, "resources", "limits", resource) !== undefined)
        return none;
      if (rangeGives(subject.pod, which, resource, index.of("LimitRange", subject.pod.namespace)))
        return none;
      return inContainer(subject, `has no ${resource} ${word}`, "resources");
    },
  };
}

/** A LimitRange of the namespace fills in what a container does not say. */
function rangeGives(
  _pod: PodSubject,
  which: "requests" | "limits",
  resource: string,
  ranges: readonly ObjectSubject[],
): boolean {
  return ranges.some(({ object }) =>
    mappingsAt(object, "spec", "limits").some(
      ([, item]) =>
        textAt(item, "type") === "Container" &&
        (get(item, which === "limits" ? "default" : "defaultRequest", resource) !== undefined ||
          (which === "requests" && get(item, "default", resource) !== undefined)),
    ),
  );
}

const probes = ["livenessProbe", "readinessProbe", "startupProbe"] as const;

/** A port that a probe asks for and the container does not name. */
function probePorts(subject: ContainerSubject): readonly Hit[] {
  const ports = mappingsAt(subject.container, "ports");
  return probes.flatMap((probe) =>
    (["httpGet", "tcpSocket", "grpc"] as const).flatMap((action): readonly Hit[] => {
      const port = get(subject.container, probe, action, "port");
      if (port === undefined || get(subject.container, probe, action, "host") !== undefined) return none;
      const known = ports.some(([, one]) =>
        typeof port === "string" ? textAt(one, "name") === port : numberAt(one, "containerPort") === port,
      );
      // Ports need not be declared: a number is only in doubt where others are declared; a name must be.
      if (known || (typeof port === "number" && ports.length === 0)) return none;
      return inContainer(
        subject,
        `has a ${probe} on port ${String(port)}, which it does not declare`,
        probe,
        action,
        "port",
      );
    }),
  );
}

function sameProbes({ container }: ContainerSubject): boolean {
  const pick = (probe: string): string =>
    JSON.stringify(
      ["httpGet", "tcpSocket", "grpc", "exec"].map((action) => get(container, probe, action) ?? null),
    );
  return (
    get(container, "livenessProbe") !== undefined &&
    get(container, "readinessProbe") !== undefined &&
    pick("livenessProbe") === pick("readinessProbe")
  );
}

const replicatedKinds: ReadonlySet<string> = new Set(["Deployment", "StatefulSet"]);

function percentOrNumber(value: unknown, of: number): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || !/^\d{1,3}%$/.test(value)) return undefined;
  return Math.ceil((Number(value.slice(0, -1)) / 100) * of);
}

function atZero(value: unknown): boolean {
  return value === 0 || value === "0%";
}

function zeroQuantity(text: string): boolean {
  const parsed = parseQuantity(text);
  return parsed !== undefined && /^0+(?:\.0*)?[A-Za-z]*$/.test(text);
}

/** What autoscalers of the input say about an object. */
function scaledBy(subject: ObjectSubject, scalers: readonly ObjectSubject[]): ObjectSubject | undefined {
  return scalers.find(
    ({ object }) =>
      textAt(object, "spec", "scaleTargetRef", "kind") === subject.key.kind &&
      textAt(object, "spec", "scaleTargetRef", "name") === subject.key.name,
  );
}

const hpa = (fields: string): string =>
  `apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a, namespace: shop}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}, ${fields}}`;
const pdb = (fields: string): string =>
  `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a, namespace: shop}\nspec: {${fields}}`;
const plainPod = "containers: [{name: a}]";

/** What keeps a service up, and what it may use. */
export const reliabilityRows: readonly PracticeRow[] = [
  resourceRow(
    "requests",
    "memory",
    [
      "kube-linter:unset-memory-requirements",
      "kube-score:container-resources",
      "polaris:memoryRequestsMissing",
      "trivy:KSV-0016",
      "checkov:CKV_K8S_12",
      "kubesec:RequestsMemory",
      "kubescape:C-0004",
    ],
    ["production", "nsa"],
    "Without it the scheduler takes the Pod for one that needs nothing, and the node runs out of memory.",
  ),
  resourceRow(
    "limits",
    "memory",
    [
      "kube-linter:unset-memory-requirements",
      "kube-score:container-resources",
      "polaris:memoryLimitsMissing",
      "trivy:KSV-0018",
      "checkov:CKV_K8S_13",
      "kubesec:LimitsMemory",
      "kubescape:C-0009",
      "kubeaudit:limits",
    ],
    ["production", "nsa"],
    "A leak then takes the memory of every Pod of the node.",
  ),
  resourceRow(
    "requests",
    "cpu",
    [
      "kube-linter:unset-cpu-requirements",
      "kube-score:container-resources",
      "polaris:cpuRequestsMissing",
      "trivy:KSV-0015",
      "checkov:CKV_K8S_10",
      "kubesec:RequestsCPU",
      "kubescape:C-0050",
    ],
    ["production", "nsa"],
    "Without it the Pod gets what others leave.",
  ),
  resourceRow(
    "limits",
    "cpu",
    [
      "polaris:cpuLimitsMissing",
      "trivy:KSV-0011",
      "checkov:CKV_K8S_11",
      "kubesec:LimitsCPU",
      "kubeaudit:limits",
    ],
    ["nsa"],
    "A miner or an endless loop takes the processor of the node; many teams leave it out on purpose, since a limit throttles.",
  ),
  resourceRow(
    "limits",
    "ephemeral-storage",
    ["kube-score:container-ephemeral-storage-request-and-limit", "gatekeeper:ephemeralstoragelimit"],
    ["nsa"],
    "Logs and scratch files of one Pod can fill the disk of the node.",
  ),
  {
    id: "reliability/liveness-probe",
    severity: "info",
    profiles: production,
    title: "Containers that serve have a liveness probe",
    why: "A program that hangs is restarted only where something asks it.",
    fix: "add a livenessProbe that asks the program alone, not what it depends on",
    source: "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
    same: [
      "kube-linter:no-liveness-probe",
      "polaris:livenessProbeMissing",
      "kubescape:C-0056",
      "checkov:CKV_K8S_8",
      "kube-score:pod-probes",
    ],
    frameworks: [],
    positive: deploymentExample("", plainPod),
    negative: deploymentExample("", "containers: [{name: a, livenessProbe: {httpGet: {path: /, port: 80}}}]"),
    container: (subject) =>
      serving(subject) && get(subject.container, "livenessProbe") === undefined
        ? inContainer(subject, "has no liveness probe", "livenessProbe")
        : none,
  },
  {
    id: "reliability/readiness-probe",
    severity: "warning",
    profiles: production,
    title: "Containers that serve have a readiness probe",
    why: "Without it a Service sends requests to a Pod that is still starting, and to one that cannot answer.",
    fix: "add a readinessProbe",
    source: "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
    same: [
      "kube-linter:no-readiness-probe",
      "polaris:readinessProbeMissing",
      "kubescape:C-0018",
      "checkov:CKV_K8S_9",
      "kube-score:pod-probes",
    ],
    frameworks: [],
    positive: deploymentExample("", plainPod),
    negative: deploymentExample(
      "",
      "containers: [{name: a, readinessProbe: {httpGet: {path: /, port: 80}}}]",
    ),
    container: (subject) =>
      serving(subject) && get(subject.container, "readinessProbe") === undefined
        ? inContainer(subject, "has no readiness probe", "readinessProbe")
        : none,
  },
  {
    id: "reliability/identical-probes",
    severity: "info",
    profiles: production,
    title: "Liveness and readiness ask different questions",
    why: "With the same question a Pod that is only busy is restarted instead of spared.",
    fix: "let the liveness probe ask less, or wait longer",
    source: "kube-score pod-probes-identical",
    same: ["kube-score:pod-probes-identical"],
    frameworks: [],
    positive: containerExample(
      "livenessProbe: {tcpSocket: {port: 80}}, readinessProbe: {tcpSocket: {port: 80}}",
    ),
    negative: containerExample(
      "livenessProbe: {tcpSocket: {port: 80}}, readinessProbe: {httpGet: {path: /, port: 80}}",
    ),
    container: (subject) =>
      sameProbes(subject)
        ? inContainer(subject, "asks the same for liveness and readiness", "livenessProbe")
        : none,
  },
  {
    id: "reliability/probe-port",
    severity: "warning",
    profiles: everywhere,
    title: "Probes ask ports that the container has",
    why: "A probe on a port that nothing listens on never succeeds, and the Pod never gets ready.",
    fix: "correct the port, or declare it",
    source: "kube-linter liveness-port, readiness-port, startup-port",
    same: ["kube-linter:liveness-port", "kube-linter:readiness-port", "kube-linter:startup-port"],
    frameworks: [],
    positive: containerExample(
      "ports: [{containerPort: 8080}], livenessProbe: {httpGet: {path: /, port: 80}}",
    ),
    negative: containerExample(
      "ports: [{containerPort: 8080, name: web}], livenessProbe: {httpGet: {path: /, port: web}}",
    ),
    container: probePorts,
  },
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
      subject.key.kind === "Deployment" &&
      subject.replicas === 1 &&
      scaledBy(subject, index.of("HorizontalPodAutoscaler", subject.namespace)) === undefined
        ? [{ path: ["spec", "replicas"], message: "the Deployment has one replica" }]
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
      const scaler = scaledBy(subject, index.of("HorizontalPodAutoscaler", subject.namespace));
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
        .of("PodDisruptionBudget", subject.namespace)
        .some((budget) => selects(get(budget.object, "spec", "selector"), subject.labels))
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
      const covered = index
        .podsIn(subject.namespace)
        .filter(
          (pod) => pod.replicas !== undefined && selects(get(subject.object, "spec", "selector"), pod.labels),
        );
      const replicas = covered.reduce((sum, pod) => sum + (pod.replicas ?? 0), 0);
      const needed = percentOrNumber(least, replicas);
      const scaled = covered.some(
        (pod) => scaledBy(pod, index.of("HorizontalPodAutoscaler", subject.namespace)) !== undefined,
      );
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
      const scalers = index.of("HorizontalPodAutoscaler", subject.namespace);
      if (scalers.length === 0) return none;
      const lowest = index
        .podsIn(subject.namespace)
        .filter((pod) => selects(get(subject.object, "spec", "selector"), pod.labels))
        .flatMap((pod) => {
          const scaler = scaledBy(pod, scalers);
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
        ? [{ path: ["spec"], message: "the budget keeps Pods that are not ready" }]
        : none,
  },
  {
    id: "reliability/not-spread",
    severity: "info",
    profiles: production,
    title: "Replicas are spread over nodes",
    why: "All replicas on one node fail together.",
    fix: "add topologySpreadConstraints over kubernetes.io/hostname",
    source: "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/",
    same: [
      "kube-linter:no-anti-affinity",
      "kube-score:deployment-has-host-podantiaffinity",
      "kube-score:statefulset-has-host-podantiaffinity",
      "kube-score:pod-topology-spread-constraints",
      "polaris:topologySpreadConstraint",
    ],
    frameworks: [],
    positive: deploymentExample("replicas: 2", plainPod),
    negative: deploymentExample(
      "replicas: 2",
      "topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: a}}}], containers: [{name: a}]",
    ),
    pod: (subject) =>
      replicatedKinds.has(subject.key.kind) &&
      (subject.replicas ?? 0) > 1 &&
      mappingsAt(subject.spec, "topologySpreadConstraints").length === 0 &&
      get(subject.spec, "affinity", "podAntiAffinity") === undefined
        ? inPod(subject, "nothing spreads the replicas over nodes")
        : none,
  },
  {
    id: "reliability/no-rolling-update",
    severity: "info",
    profiles: production,
    title: "Deployments are updated Pod by Pod",
    why: "Recreate stops every Pod before the first new one starts.",
    fix: "set strategy.type: RollingUpdate, unless two versions must never run side by side",
    source: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy",
    same: ["kube-linter:no-rolling-update-strategy", "kube-score:deployment-strategy", "kubescape:C-0305"],
    frameworks: [],
    positive: deploymentExample("strategy: {type: Recreate}", plainPod),
    negative: deploymentExample("strategy: {type: RollingUpdate}", plainPod),
    object: (subject) =>
      subject.key.kind === "Deployment" && textAt(subject.object, "spec", "strategy", "type") === "Recreate"
        ? [
            {
              path: ["spec", "strategy", "type"],
              message: "the Deployment stops every Pod before it starts new ones",
            },
          ]
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
  {
    id: "reliability/naked-pod",
    severity: "info",
    profiles: ["production", "nsa"],
    title: "Pods belong to a controller",
    why: "Nothing makes a Pod again that was evicted or whose node is gone.",
    fix: "use a Deployment, StatefulSet, DaemonSet or Job",
    source:
      "https://kubernetes.io/docs/concepts/configuration/overview/#naked-pods-vs-replicasets-deployments-and-jobs",
    same: ["kubescape:C-0073", "marvin:M-401", "polaris:nakedPod"],
    frameworks: [],
    positive: podExample(plainPod),
    negative: podExample(`restartPolicy: Never, ${plainPod}`),
    pod: (subject) =>
      subject.key.kind === "Pod" &&
      subject.longRunning &&
      get(subject.object, "metadata", "ownerReferences") === undefined
        ? [{ path: ["kind"], message: "the Pod belongs to no controller" }]
        : none,
  },
  {
    id: "reliability/job-kept",
    severity: "info",
    profiles: production,
    title: "Jobs that are done go away",
    why: "Finished Jobs and their Pods stay for ever otherwise.",
    fix: "set ttlSecondsAfterFinished",
    source: "https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/",
    same: ["kube-linter:job-ttl-seconds-after-finished"],
    frameworks: [],
    positive:
      "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, namespace: shop}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: a}]}}}",
    negative:
      "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, namespace: shop}\nspec: {ttlSecondsAfterFinished: 60, template: {spec: {restartPolicy: Never, containers: [{name: a}]}}}",
    object: (subject) =>
      subject.key.kind === "Job" && get(subject.object, "spec", "ttlSecondsAfterFinished") === undefined
        ? [{ path: ["spec"], message: "the Job stays when it is done" }]
        : none,
  },
  {
    id: "reliability/cronjob-deadline",
    severity: "info",
    profiles: production,
    title: "CronJobs say how late they may start",
    why: "After 100 missed starts without a deadline a CronJob never starts again.",
    fix: "set startingDeadlineSeconds",
    source: "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/",
    same: ["kube-score:cronjob-has-deadline"],
    frameworks: [],
    positive:
      "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a, namespace: shop}\nspec: {schedule: '0 0 * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a}]}}}}}",
    negative:
      "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a, namespace: shop}\nspec: {schedule: '0 0 * * *', startingDeadlineSeconds: 300, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a}]}}}}}",
    object: (subject) =>
      subject.key.kind === "CronJob" && get(subject.object, "spec", "startingDeadlineSeconds") === undefined
        ? [{ path: ["spec"], message: "the CronJob has no startingDeadlineSeconds" }]
        : none,
  },
  {
    id: "reliability/priority-class",
    severity: "info",
    profiles: [],
    title: "Pods have a priority class",
    why: "Under pressure Pods of equal priority are evicted by what they use, not by what they are for.",
    fix: "set priorityClassName",
    source: "https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/",
    same: ["kube-linter:priority-class-name", "polaris:priorityClassNotSet"],
    frameworks: [],
    positive: podExample(plainPod),
    negative: podExample(`priorityClassName: high, ${plainPod}`),
    pod: (subject) =>
      textAt(subject.spec, "priorityClassName") === undefined
        ? inPod(subject, "the Pod has no priority class", "priorityClassName")
        : none,
  },
  {
    id: "reliability/duplicate-variable",
    severity: "warning",
    profiles: everywhere,
    title: "Every variable of a container is set once",
    why: "The last one counts, and server-side apply refuses the list.",
    fix: "remove all but one",
    source: "k8s.io/api core/v1 Container.env (list map by name)",
    same: [
      "kube-linter:duplicate-env-var",
      "kube-score:environment-variable-key-duplication",
      "kubescape:C-0295",
    ],
    frameworks: [],
    positive: containerExample("env: [{name: A, value: b}, {name: A, value: c}]"),
    negative: containerExample("env: [{name: A, value: b}, {name: B, value: c}]"),
    container: (subject) => {
      const seen = new Set<string>();
      return mappingsAt(subject.container, "env").flatMap(([index, variable]) => {
        const name = textAt(variable, "name") ?? "";
        if (!seen.has(name)) {
          seen.add(name);
          return none;
        }
        return inContainer(subject, `sets the variable ${name} more than once`, "env", index, "name");
      });
    },
  },
  {
    id: "resources/zero-limit",
    severity: "warning",
    profiles: everywhere,
    title: "No container is given a limit of zero",
    why: "Zero does not mean none for memory and CPU alike: the runtime takes it for no limit at all.",
    fix: "write the amount, or leave the limit out",
    source: "k8s.io/kubernetes pkg/kubelet/kuberuntime calculateLinuxResources",
    same: [],
    frameworks: [],
    positive: containerExample("resources: {limits: {memory: '0'}}"),
    negative: containerExample("resources: {limits: {memory: 64Mi}}"),
    container: (subject) =>
      (["cpu", "memory"] as const).flatMap((resource): readonly Hit[] => {
        const limit = get(subject.container, "resources", "limits", resource);
        const zero = limit === 0 || (typeof limit === "string" && zeroQuantity(limit));
        return zero
          ? inContainer(subject, `has a ${resource} limit of zero`, "resources", "limits", resource)
          : none;
      }),
  },
];

import { parseQuantity } from "../../../kube/quantity.ts";
import { containerExample, inContainer, none } from "./helpers.ts";
import type { Hit, PracticeRow, Profile } from "./practice.ts";
import { type ObjectIndex, orMake } from "./object-index.ts";
import { get, mappingsAt, textAt } from "./subjects.ts";

const everywhere: readonly Profile[] = ["default", "baseline", "restricted", "production", "nsa", "cis"];

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
    // What many teams leave out on purpose is no warning.
    severity: which === "limits" && resource !== "memory" ? "info" : "warning",
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
      if (rangeGives(index, subject.pod.namespace, which, resource)) return none;
      return inContainer(subject, `has no ${resource} ${word}`, "resources");
    },
  };
}

const rangeAnswers = Symbol("what LimitRanges give");

/** A LimitRange of the namespace fills in what a container does not say. */
function rangeGives(
  index: ObjectIndex,
  namespace: string,
  which: "requests" | "limits",
  resource: string,
): boolean {
  const known = index.once(rangeAnswers, () => new Map<string, boolean>());
  return orMake(known, `${namespace}\0${which}\0${resource}`, () =>
    index
      .of("LimitRange", namespace)
      .some(({ object }) =>
        mappingsAt(object, "spec", "limits").some(
          ([, item]) =>
            textAt(item, "type") === "Container" &&
            (get(item, which === "limits" ? "default" : "defaultRequest", resource) !== undefined ||
              (which === "requests" && get(item, "default", resource) !== undefined)),
        ),
      ),
  );
}

function zeroQuantity(text: string): boolean {
  const parsed = parseQuantity(text);
  return parsed !== undefined && /^0+(?:\.0*)?[A-Za-z]*$/.test(text);
}

/** What containers may use. */
export const resourceRows: readonly PracticeRow[] = [
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

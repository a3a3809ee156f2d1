import { isArray, isObject, type JsonObject, type JsonPath, valueAt } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { containersOf, podTemplateOf } from "../../../kube/pod-template.ts";
import type { Severity } from "../../../kube/problem.ts";

/** A default that a minor changes, and the objects that lean on it. */
export interface ChangedDefault {
  /** The first minor with the new default. */
  readonly minor: number;
  /** What is so from then on. */
  readonly what: string;
  /** How to keep what was. */
  readonly hint: string;
  readonly severity?: Severity;
  readonly source: string;
  /** Where the object leans on it; undefined where it does not. */
  readonly at: (object: JsonObject) => JsonPath | undefined;
}

function isKubelet(object: JsonObject): boolean {
  const { group, kind } = objectKey(object);
  return group === "kubelet.config.k8s.io" && kind === "KubeletConfiguration";
}

const managedBy: ReadonlyMap<string, JsonPath> = new Map([
  ["batch/Job", ["spec", "managedBy"]],
  ["batch/CronJob", ["spec", "jobTemplate", "spec", "managedBy"]],
]);

/** A field of the kubelet's configuration that is not set. */
function unsetInKubelet(field: string): ChangedDefault["at"] {
  return (object) => (isKubelet(object) && object[field] === undefined ? [] : undefined);
}

/** One row a default. What a changed feature gate does to a field is found by comparing both versions. */
const changedDefaults: readonly ChangedDefault[] = [
  {
    minor: 32,
    what: "spec.managedBy of a Job is read, and dropped no more (JobManagedBy): the Job controller leaves the Job to what it names",
    hint: "make sure that it is wanted",
    source: "k8s.io/kubernetes pkg/features, JobManagedBy; KEP-4368",
    at: (object) => {
      const { group, kind } = objectKey(object);
      const path = managedBy.get(`${group}/${kind}`);
      return path === undefined || valueAt(object, path) === undefined ? undefined : path;
    },
  },
  {
    minor: 33,
    what: "hostUsers: false is read, and dropped no more (UserNamespacesSupport): the Pod gets a user namespace",
    hint: "make sure that it is wanted, and that the nodes can do it",
    source: "k8s.io/kubernetes pkg/features, UserNamespacesSupport; KEP-127",
    at: (object) => {
      const template = podTemplateOf(object);
      if (template === undefined || template.spec["hostUsers"] !== false) return undefined;
      return [...template.path, "spec", "hostUsers"];
    },
  },
  {
    minor: 35,
    what: "failCgroupV1 is true where it is not set: the kubelet does not start on a node with cgroup v1",
    hint: "move the nodes to cgroup v2, or set failCgroupV1: false",
    source: "k8s.io/kubernetes pkg/kubelet/apis/config/v1beta1/defaults.go of 1.34 and 1.35; KEP-5573",
    at: unsetInKubelet("failCgroupV1"),
  },
  {
    minor: 35,
    what: "imagePullCredentialsVerificationPolicy is NeverVerifyPreloadedImages where it is not set: an image that another Pod pulled with a Secret is not used without one",
    hint: "give every Pod with a private image its imagePullSecrets, or set imagePullCredentialsVerificationPolicy: NeverVerify",
    severity: "info",
    source:
      "k8s.io/kubernetes pkg/kubelet/apis/config/v1beta1/defaults.go, feature gate KubeletEnsureSecretPulledImages; KEP-2535",
    at: unsetInKubelet("imagePullCredentialsVerificationPolicy"),
  },
  {
    minor: 37,
    what: "memoryThrottlingFactor is not set to 0.9 where it is left out: memory.high is not written",
    hint: "set memoryThrottlingFactor: 0.9",
    source: "kubernetes CHANGELOG-1.37 (#140007); pkg/kubelet/apis/config/v1beta1/defaults.go",
    at: (object) =>
      isKubelet(object) &&
      valueAt(object, ["featureGates", "MemoryQoS"]) === true &&
      object["memoryThrottlingFactor"] === undefined
        ? ["featureGates", "MemoryQoS"]
        : undefined,
  },
  {
    minor: 37,
    what: "volumes are mounted with the SELinux label of the Pod (SELinuxMount), so that Pods with other labels cannot share them on a node",
    hint: "set securityContext.seLinuxChangePolicy: Recursive where Pods with different labels share a volume",
    source: "kubernetes CHANGELOG-1.37, feature gate SELinuxMount; KEP-1710",
    at: sharedWithLabel,
  },
  {
    minor: 37,
    what: "admission webhooks are not called for requests of authentication and authorization",
    hint: "the webhook does not see them any more: drop the rule",
    source: "kubernetes CHANGELOG-1.37 (#140019), feature gate ExcludeAdmissionWebhookVirtualResources",
    at: virtualResources,
  },
];

/** A Pod that sets SELinux options and mounts a claim, without saying how labels change. */
function sharedWithLabel(object: JsonObject): JsonPath | undefined {
  const template = podTemplateOf(object);
  if (template === undefined) return undefined;
  const context = ["securityContext", "seLinuxOptions"];
  const spec = [...template.path, "spec"];
  if (valueAt(template.spec, ["securityContext", "seLinuxChangePolicy"]) !== undefined) return undefined;
  const volumes = template.spec["volumes"];
  const claims =
    isArray(volumes) && volumes.some((one) => isObject(one) && one["persistentVolumeClaim"] !== undefined);
  if (!claims) return undefined;
  if (valueAt(template.spec, context) !== undefined) return [...spec, ...context];
  const own = containersOf(template.spec).find(({ container }) => valueAt(container, context) !== undefined);
  return own === undefined ? undefined : [...spec, ...own.path, ...context];
}

const virtual: ReadonlySet<string> = new Set([
  "tokenreviews",
  "subjectaccessreviews",
  "localsubjectaccessreviews",
  "selfsubjectaccessreviews",
  "selfsubjectrulesreviews",
  "selfsubjectreviews",
]);

/** A webhook whose rule names such a resource. */
function virtualResources(object: JsonObject): JsonPath | undefined {
  const { group, kind } = objectKey(object);
  const isWebhook = kind === "ValidatingWebhookConfiguration" || kind === "MutatingWebhookConfiguration";
  if (group !== "admissionregistration.k8s.io" || !isWebhook) return undefined;
  const webhooks = object["webhooks"];
  for (const [index, webhook] of (isArray(webhooks) ? webhooks : []).entries()) {
    const rules = valueAt(webhook, ["rules"]);
    for (const [number, rule] of (isArray(rules) ? rules : []).entries()) {
      const resources = valueAt(rule, ["resources"]);
      const at = isArray(resources)
        ? resources.findIndex((name) => typeof name === "string" && virtual.has(name))
        : -1;
      if (at >= 0) return ["webhooks", index, "rules", number, "resources", at];
    }
  }
  return undefined;
}

/** Rows of the minors after `from`, up to `to`, on which an object leans. */
export function defaultsThatChange(
  object: JsonObject,
  from: number,
  to: number,
): readonly { readonly row: ChangedDefault; readonly path: JsonPath }[] {
  return changedDefaults.flatMap((row) => {
    const path = row.minor > from && row.minor <= to ? row.at(object) : undefined;
    return path === undefined ? [] : [{ row, path }];
  });
}

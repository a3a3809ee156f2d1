import { isArray, isObject, type Json, type JsonObject, type JsonPath, valueAt } from "../../../kube/json.ts";
import { objectKey, versionText } from "../../../kube/object-key.ts";
import type { Edit } from "../fixes/edit.ts";
import { isReshaped } from "./body-notes.ts";
import { isDeprecated, isServed, replacementOf } from "./lifecycle.ts";

/** One edit of an object, from the object on. */
export type RewriteEdit = Extract<Edit, { readonly op: "set" | "remove" | "rename" }>;

/** What besides the apiVersion; undefined where only a person can tell what is meant. */
type Rewrite = (object: JsonObject) => readonly RewriteEdit[] | undefined;

const none: readonly RewriteEdit[] = [];
const unchanged: Rewrite = () => none;

/**
 * The edits that bring an object from a version that a minor does not serve, or that is deprecated in it, to the one that
 * it serves, with the same meaning: the apiVersion, and what has to move with it. Undefined where nothing has to change,
 * nothing takes its place, or only a person can tell what is meant.
 */
export function rewriteFor(object: JsonObject, minor: number): readonly RewriteEdit[] | undefined {
  const key = objectKey(object);
  if (isServed(key, minor) && !isDeprecated(key, minor)) return undefined;
  const replacement = replacementOf(key, minor);
  // What is off by default is no better place.
  if (replacement === undefined || replacement.kind !== key.kind || !replacement.minors.includes(minor))
    return undefined;
  const rewrite =
    rewrites.get(`${versionText(key)} ${key.kind}`) ?? (isReshaped(key) ? undefined : sameShape(key));
  const edits = rewrite?.(object);
  if (edits === undefined) return undefined;
  return [{ op: "set", path: ["apiVersion"], value: versionText(replacement) }, ...edits];
}

/** Versions of one kind of one group whose fields are the same, but for those in the table. */
function sameShape({ group }: { readonly group: string }): Rewrite | undefined {
  return group === "extensions" || group === "apps" ? undefined : unchanged;
}

function listAt(object: Json | undefined, path: JsonPath): readonly Json[] {
  const list = valueAt(object, path);
  return isArray(list) ? list : [];
}

function has(object: Json | undefined, path: JsonPath): boolean {
  return valueAt(object, path) !== undefined;
}

/** The old versions took the labels of the template where no selector was set. */
function selectorOf(object: JsonObject): readonly RewriteEdit[] | undefined {
  if (has(object, ["spec", "selector"])) return none;
  const labels = valueAt(object, ["spec", "template", "metadata", "labels"]);
  if (!isObject(labels) || Object.keys(labels).length === 0) return undefined;
  return [{ op: "set", path: ["spec", "selector"], value: { matchLabels: labels } }];
}

function workload(gone: readonly string[], more: Rewrite = unchanged): Rewrite {
  return (object) => {
    const selector = selectorOf(object);
    const rest = more(object);
    if (selector === undefined || rest === undefined) return undefined;
    const removed = gone
      .filter((name) => has(object, ["spec", name]))
      .map((name): RewriteEdit => ({ op: "remove", path: ["spec", name] }));
    return [...selector, ...rest, ...removed];
  };
}

/** OnDelete was the default of the old version. */
const onDelete: Rewrite = (object) =>
  has(object, ["spec", "updateStrategy", "type"])
    ? none
    : [{ op: "set", path: ["spec", "updateStrategy", "type"], value: "OnDelete" }];

/** extensions/v1beta1 rolled one Pod at a time. */
const oneByOne: Rewrite = (object) => {
  if (valueAt(object, ["spec", "strategy", "type"]) === "Recreate") return none;
  return ["maxSurge", "maxUnavailable"].flatMap((name): readonly RewriteEdit[] => {
    const path = ["spec", "strategy", "rollingUpdate", name];
    return has(object, path) ? none : [{ op: "set", path, value: 1 }];
  });
};

/** policy/v1 reads an empty selector as all Pods, v1beta1 read it as none: only a person knows which was meant. */
const budget: Rewrite = (object) => {
  const selector = valueAt(object, ["spec", "selector"]);
  const empty =
    isObject(selector) &&
    Object.keys(isObject(selector["matchLabels"]) ? selector["matchLabels"] : {}).length === 0 &&
    listAt(selector, ["matchExpressions"]).length === 0;
  return empty ? undefined : none;
};

/** k8s.io/kubernetes pkg/apis/networking/v1beta1/conversion.go */
function backendOf(backend: Json | undefined): JsonObject | undefined {
  if (!isObject(backend)) return undefined;
  const { serviceName, servicePort, ...rest } = backend;
  if (serviceName === undefined && servicePort === undefined) return undefined;
  if (typeof serviceName !== "string") return undefined;
  const port =
    typeof servicePort === "number"
      ? { number: servicePort }
      : typeof servicePort === "string"
        ? { name: servicePort }
        : undefined;
  return { ...rest, service: port === undefined ? { name: serviceName } : { name: serviceName, port } };
}

const ingress: Rewrite = (object) => {
  const edits: RewriteEdit[] = [];
  const base = valueAt(object, ["spec", "backend"]);
  if (base !== undefined) {
    const backend = isObject(base) && base["serviceName"] === undefined ? base : backendOf(base);
    if (backend === undefined || has(object, ["spec", "defaultBackend"])) return undefined;
    edits.push(
      { op: "set", path: ["spec", "defaultBackend"], value: backend },
      { op: "remove", path: ["spec", "backend"] },
    );
  }
  for (const [rule, one] of listAt(object, ["spec", "rules"]).entries()) {
    for (const [index, path] of listAt(one, ["http", "paths"]).entries()) {
      const at: JsonPath = ["spec", "rules", rule, "http", "paths", index];
      if (!isObject(path)) return undefined;
      if (path["pathType"] === undefined)
        edits.push({ op: "set", path: [...at, "pathType"], value: "ImplementationSpecific" });
      const old = path["backend"];
      if (isObject(old) && old["serviceName"] === undefined && old["resource"] !== undefined) continue;
      const backend = backendOf(old);
      if (backend === undefined) return undefined;
      edits.push({ op: "set", path: [...at, "backend"], value: backend });
    }
  }
  return edits;
};

/** k8s.io/kubernetes pkg/apis/autoscaling/v2beta1/conversion.go */
function targetOf(metric: JsonObject): JsonObject | undefined {
  const { targetAverageUtilization, targetAverageValue, targetValue, averageValue } = metric;
  if (targetAverageUtilization !== undefined)
    return { type: "Utilization", averageUtilization: targetAverageUtilization };
  const average = targetAverageValue ?? averageValue;
  if (average !== undefined) return { type: "AverageValue", averageValue: average };
  return targetValue === undefined ? undefined : { type: "Value", value: targetValue };
}

function named(metric: JsonObject, selector: string): JsonObject {
  const found = metric[selector];
  return { name: metric["metricName"] ?? "", ...(found === undefined ? {} : { selector: found }) };
}

const metricShapes: Readonly<Record<string, (metric: JsonObject, target: JsonObject) => JsonObject>> = {
  resource: (metric, target) => ({ name: metric["name"] ?? "", target }),
  containerResource: (metric, target) => ({
    name: metric["name"] ?? "",
    container: metric["container"] ?? "",
    target,
  }),
  pods: (metric, target) => ({ metric: named(metric, "selector"), target }),
  object: (metric, target) => ({
    describedObject: metric["target"] ?? {},
    metric: named(metric, "selector"),
    target,
  }),
  external: (metric, target) => ({ metric: named(metric, "metricSelector"), target }),
};

const autoscaler: Rewrite = (object) => {
  const edits: RewriteEdit[] = [];
  for (const [index, metric] of listAt(object, ["spec", "metrics"]).entries()) {
    for (const [source, shape] of Object.entries(metricShapes)) {
      const old = valueAt(metric, [source]);
      if (old === undefined) continue;
      const target = isObject(old) ? targetOf(old) : undefined;
      if (!isObject(old) || target === undefined) return undefined;
      edits.push({ op: "set", path: ["spec", "metrics", index, source], value: shape(old, target) });
    }
  }
  return edits;
};

const topologyFields: Readonly<Record<string, string>> = {
  "kubernetes.io/hostname": "nodeName",
  "topology.kubernetes.io/zone": "zone",
};

/** k8s.io/kubernetes pkg/apis/discovery/v1beta1/conversion.go; regions and other keys have no place in v1. */
const slice: Rewrite = (object) => {
  const edits: RewriteEdit[] = [];
  for (const [index, endpoint] of listAt(object, ["endpoints"]).entries()) {
    const topology = valueAt(endpoint, ["topology"]);
    if (topology === undefined) continue;
    if (!isObject(topology)) return undefined;
    for (const [name, value] of Object.entries(topology)) {
      const field = topologyFields[name];
      if (field === undefined) return undefined;
      if (!has(endpoint, [field])) edits.push({ op: "set", path: ["endpoints", index, field], value });
    }
    edits.push({ op: "remove", path: ["endpoints", index, "topology"] });
  }
  return edits;
};

/** Defaults of admissionregistration.k8s.io/v1beta1 that v1 changed, and fields that it made required. */
const webhookDefaults: Readonly<Record<string, Json>> = {
  failurePolicy: "Ignore",
  matchPolicy: "Exact",
  timeoutSeconds: 30,
  admissionReviewVersions: ["v1beta1"],
};

const webhooks: Rewrite = (object) => {
  const edits: RewriteEdit[] = [];
  for (const [index, webhook] of listAt(object, ["webhooks"]).entries()) {
    const effects = valueAt(webhook, ["sideEffects"]);
    // What the webhook does besides answering is known to its author alone.
    if (effects !== "None" && effects !== "NoneOnDryRun") return undefined;
    for (const [name, value] of Object.entries(webhookDefaults))
      if (!has(webhook, [name])) edits.push({ op: "set", path: ["webhooks", index, name], value });
  }
  return edits;
};

const SHARES = "nominalConcurrencyShares";

/** By which an object of v1beta3 said that it means zero (k8s.io/api flowcontrol/v1beta3 types.go). */
const KEEPS_ZERO = "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares";

/** Zero, and no shares, meant 30 before v1; in v1 zero means none, and 30 is still the default. */
const priorityLevel: Rewrite = (object) => {
  const limited: JsonPath = ["spec", "limited"];
  if (has(object, ["metadata", "annotations", KEEPS_ZERO])) return none;
  const old = [...limited, "assuredConcurrencyShares"];
  if (valueAt(object, [...limited, SHARES]) === 0)
    return [{ op: "set", path: [...limited, SHARES], value: 30 }];
  if (!has(object, old)) return none;
  if (has(object, [...limited, SHARES])) return undefined;
  return valueAt(object, old) === 0
    ? [
        { op: "set", path: [...limited, SHARES], value: 30 },
        { op: "remove", path: old },
      ]
    : [{ op: "rename", path: old, key: SHARES }];
};

/** Fields of a device request of v1beta1 that stand under `exactly` since. */
const exact = [
  "deviceClassName",
  "selectors",
  "allocationMode",
  "count",
  "adminAccess",
  "tolerations",
  "capacity",
  "derivedAttributes",
];

function claim(spec: JsonPath): Rewrite {
  return (object) => {
    const edits: RewriteEdit[] = [];
    const requests = [...spec, "devices", "requests"];
    for (const [index, request] of listAt(object, requests).entries()) {
      if (!isObject(request)) return undefined;
      const moved = exact.flatMap((name) =>
        request[name] === undefined ? [] : [[name, request[name]] as const],
      );
      if (moved.length === 0) continue;
      edits.push({ op: "set", path: [...requests, index, "exactly"], value: Object.fromEntries(moved) });
      for (const [name] of moved) edits.push({ op: "remove", path: [...requests, index, name] });
    }
    return edits;
  };
}

/** By `apiVersion Kind`, what moves besides the apiVersion; what is not here and not reshaped keeps its fields. */
const rewrites: ReadonlyMap<string, Rewrite> = new Map<string, Rewrite>([
  ["extensions/v1beta1 Deployment", workload(["rollbackTo"], oneByOne)],
  ["apps/v1beta1 Deployment", workload(["rollbackTo"])],
  ["apps/v1beta2 Deployment", workload(["rollbackTo"])],
  ["extensions/v1beta1 DaemonSet", workload(["templateGeneration"], onDelete)],
  ["apps/v1beta2 DaemonSet", workload(["templateGeneration"])],
  ["apps/v1beta1 StatefulSet", workload([], onDelete)],
  ["apps/v1beta2 StatefulSet", workload([])],
  ["extensions/v1beta1 ReplicaSet", workload([])],
  ["apps/v1beta2 ReplicaSet", workload([])],
  ["extensions/v1beta1 NetworkPolicy", unchanged],
  ["extensions/v1beta1 Ingress", ingress],
  ["networking.k8s.io/v1beta1 Ingress", ingress],
  ["policy/v1beta1 PodDisruptionBudget", budget],
  ["autoscaling/v2beta1 HorizontalPodAutoscaler", autoscaler],
  ["discovery.k8s.io/v1beta1 EndpointSlice", slice],
  ["admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration", webhooks],
  ["admissionregistration.k8s.io/v1beta1 ValidatingWebhookConfiguration", webhooks],
  [
    "certificates.k8s.io/v1beta1 CertificateSigningRequest",
    (object) => (has(object, ["spec", "signerName"]) && has(object, ["spec", "usages"]) ? none : undefined),
  ],
  ["flowcontrol.apiserver.k8s.io/v1alpha1 PriorityLevelConfiguration", priorityLevel],
  ["flowcontrol.apiserver.k8s.io/v1beta1 PriorityLevelConfiguration", priorityLevel],
  ["flowcontrol.apiserver.k8s.io/v1beta2 PriorityLevelConfiguration", priorityLevel],
  ["flowcontrol.apiserver.k8s.io/v1beta3 PriorityLevelConfiguration", priorityLevel],
  ["resource.k8s.io/v1beta1 ResourceClaim", claim(["spec"])],
  ["resource.k8s.io/v1beta1 ResourceClaimTemplate", claim(["spec", "spec"])],
]);

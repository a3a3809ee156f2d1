import { isArray, isObject, type JsonObject, type JsonPath, textMap, valueAt } from "./json.ts";
import { objectKey } from "./object-key.ts";

/** The part of an object that becomes Pods. */
export interface PodTemplate {
  /** Path of the template inside the object: where `metadata` and `spec` of the Pods stand; empty for a Pod. */
  readonly path: JsonPath;
  readonly spec: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export type ContainerRole = "container" | "init" | "ephemeral";

export interface PlacedContainer {
  readonly role: ContainerRole;
  /** Path relative to the Pod's spec, e.g. `["initContainers", 0]`. */
  readonly path: JsonPath;
  readonly container: JsonObject;
}

// The kinds are those that Pod Security admission evaluates (pod-security-admission admission/admission.go, podSpecResources).
const workload: JsonPath = ["spec", "template"];
const templatePaths: ReadonlyMap<string, JsonPath> = new Map<string, JsonPath>([
  ["/Pod", []],
  ["/PodTemplate", ["template"]],
  ["/ReplicationController", workload],
  ["apps/ReplicaSet", workload],
  ["apps/Deployment", workload],
  ["apps/StatefulSet", workload],
  ["apps/DaemonSet", workload],
  ["batch/Job", workload],
  ["batch/CronJob", ["spec", "jobTemplate", "spec", "template"]],
]);

/** The Pod template of an object that has one, whatever its version; undefined for other kinds and where the spec is no mapping. */
export function podTemplateOf(object: JsonObject): PodTemplate | undefined {
  const key = objectKey(object);
  const path = templatePaths.get(`${key.group}/${key.kind}`);
  if (path === undefined) return undefined;
  const template = valueAt(object, path);
  const spec = valueAt(template, ["spec"]);
  if (!isObject(spec)) return undefined;
  return {
    path,
    spec,
    labels: textMap(valueAt(template, ["metadata", "labels"])),
    annotations: textMap(valueAt(template, ["metadata", "annotations"])),
  };
}

/** The ServiceAccount that Pods run as, and the field that says so; `default` where none does. */
export interface ServiceAccountUse {
  readonly name: string;
  readonly field: "serviceAccountName" | "serviceAccount";
}

/**
 * As the API server takes it: an empty text is no name, and the old name of the field counts where the new one says
 * nothing (k8s.io/kubernetes pkg/apis/core/v1/conversion.go Convert_v1_PodSpec_To_core_PodSpec; admission
 * serviceaccount puts in `default`).
 */
export function serviceAccountOf(spec: JsonObject): ServiceAccountUse {
  for (const field of ["serviceAccountName", "serviceAccount"] as const) {
    const name = valueAt(spec, [field]);
    if (typeof name === "string" && name !== "") return { name, field };
  }
  return { name: "default", field: "serviceAccountName" };
}

const containerLists: readonly (readonly [string, ContainerRole])[] = [
  ["initContainers", "init"],
  ["containers", "container"],
  ["ephemeralContainers", "ephemeral"],
];

/**
 * Every container of a Pod's spec: init, then main, then ephemeral ones, the order of Pod Security admission
 * (policy/visitor.go). Items that are no mapping are left out; the reader or a schema check reports them.
 */
export function containersOf(spec: JsonObject): readonly PlacedContainer[] {
  const found: PlacedContainer[] = [];
  for (const [field, role] of containerLists) {
    const list = valueAt(spec, [field]);
    if (!isArray(list)) continue;
    for (const [index, container] of list.entries()) {
      if (isObject(container)) found.push({ role, path: [field, index], container });
    }
  }
  return found;
}

import { isArray, isObject, type Json, type JsonObject, type JsonPath } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { containersOf, type ContainerRole, podTemplateOf } from "../../../kube/pod-template.ts";
import type { ObjectKey, ReadObject } from "../../../kube/read-object.ts";

/** One object with its identity; every path starts at the object. */
export interface ObjectSubject {
  readonly read: ReadObject;
  readonly object: JsonObject;
  readonly key: ObjectKey;
  readonly minor: number;
  /** Namespace in which it will be: its own, or `default` for a namespaced object without one. */
  readonly namespace: string;
}

/** The Pods of an object. */
export interface PodSubject extends ObjectSubject {
  readonly specPath: JsonPath;
  readonly spec: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly context: JsonObject | undefined;
  /** The Pods run until somebody stops them. */
  readonly longRunning: boolean;
  /** Copies that are asked for; undefined where a controller decides by nodes, or the object has none. */
  readonly replicas: number | undefined;
  readonly windows: boolean;
  readonly containers: readonly ContainerSubject[];
}

export interface ContainerSubject {
  readonly pod: PodSubject;
  readonly role: ContainerRole;
  readonly name: string;
  readonly path: JsonPath;
  readonly container: JsonObject;
  readonly context: JsonObject | undefined;
  /** An init container that stays (restartPolicy Always): a sidecar. */
  readonly stays: boolean;
}

/** A member; null counts as not set, as in the API server. */
export function get(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let at: Json | undefined = value;
  for (const step of path) {
    if (typeof step === "number") at = isArray(at) ? at[step] : undefined;
    else at = isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined;
    if (at === undefined || at === null) return undefined;
  }
  return at;
}

export function textAt(value: Json | undefined, ...path: readonly (string | number)[]): string | undefined {
  const found = get(value, ...path);
  return typeof found === "string" ? found : undefined;
}

export function numberAt(value: Json | undefined, ...path: readonly (string | number)[]): number | undefined {
  const found = get(value, ...path);
  return typeof found === "number" ? found : undefined;
}

/** Items of a list that are mappings, with their indices. */
export function mappingsAt(
  value: Json | undefined,
  ...path: readonly (string | number)[]
): readonly (readonly [number, JsonObject])[] {
  const list = get(value, ...path);
  if (!isArray(list)) return [];
  const found: (readonly [number, JsonObject])[] = [];
  // Asked thousands of times: entries() would make a pair for each item, too.
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    if (isObject(item)) found.push([index, item]);
  }
  return found;
}

export function textsAt(
  value: Json | undefined,
  ...path: readonly (string | number)[]
): readonly (readonly [number, string])[] {
  const list = get(value, ...path);
  if (!isArray(list)) return [];
  const found: (readonly [number, string])[] = [];
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    if (typeof item === "string") found.push([index, item]);
  }
  return found;
}

export function membersAt(
  value: Json | undefined,
  ...path: readonly (string | number)[]
): readonly (readonly [string, Json])[] {
  const found = get(value, ...path);
  return isObject(found) ? Object.entries(found) : [];
}

/** Kinds whose Pods end by themselves. */
const ending: ReadonlySet<string> = new Set(["Job", "CronJob"]);

export function objectSubject(read: ReadObject, minor: number): ObjectSubject {
  const key = objectKey(read.object);
  return {
    read,
    object: read.object,
    key,
    minor,
    namespace: key.namespace === "" ? "default" : key.namespace,
  };
}

export function podSubject(subject: ObjectSubject): PodSubject | undefined {
  const template = podTemplateOf(subject.object);
  if (template === undefined) return undefined;
  const { spec } = template;
  const context = get(spec, "securityContext");
  const specPath = [...template.path, "spec"];
  const containers: ContainerSubject[] = [];
  const pod: PodSubject = {
    ...subject,
    specPath,
    spec,
    labels: template.labels,
    annotations: template.annotations,
    context: isObject(context) ? context : undefined,
    longRunning:
      !ending.has(subject.key.kind) &&
      (subject.key.kind !== "Pod" || (textAt(spec, "restartPolicy") ?? "Always") === "Always"),
    replicas: replicasOf(subject),
    windows: textAt(spec, "os", "name") === "windows",
    containers,
  };
  for (const { role, path, container } of containersOf(spec)) {
    const own = get(container, "securityContext");
    containers.push({
      pod,
      role,
      name: textAt(container, "name") ?? "",
      path: [...specPath, ...path],
      container,
      context: isObject(own) ? own : undefined,
      stays: role === "init" && textAt(container, "restartPolicy") === "Always",
    });
  }
  return pod;
}

const replicated: ReadonlySet<string> = new Set([
  "Deployment",
  "StatefulSet",
  "ReplicaSet",
  "ReplicationController",
]);

function replicasOf({ key, object }: ObjectSubject): number | undefined {
  if (!replicated.has(key.kind)) return undefined;
  return numberAt(object, "spec", "replicas") ?? 1;
}

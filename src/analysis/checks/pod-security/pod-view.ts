import { isArray, isObject, type Json, type JsonObject, type JsonPath } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { containersOf, podTemplateOf } from "../../../kube/pod-template.ts";

/** A container as the checks look at it; paths start at the object. */
export interface ContainerView {
  readonly name: string;
  readonly path: JsonPath;
  readonly fields: JsonObject;
  readonly context: JsonObject | undefined;
}

/** A Pod or a Pod template as the checks look at it; paths start at the object. */
export interface PodView {
  /** Path of the spec. */
  readonly path: JsonPath;
  readonly spec: JsonObject;
  readonly context: JsonObject | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  readonly annotationsPath: JsonPath;
  readonly containers: readonly ContainerView[];
  readonly isWindows: boolean;
  /** `hostUsers: false`: root in the Pod is nobody on the node (KEP-127). */
  readonly inUserNamespace: boolean;
  /** The server gives every port of a Pod on the host network its hostPort before admission (core/v1/defaults.go, SetDefaults_Pod); templates keep theirs. */
  readonly portsBecomeHostPorts: boolean;
}

export function podViewOf(object: JsonObject): PodView | undefined {
  const template = podTemplateOf(object);
  if (template === undefined) return undefined;
  const { spec } = template;
  const path = [...template.path, "spec"];
  return {
    path,
    spec,
    context: mapping(member(spec, "securityContext")),
    annotations: template.annotations,
    annotationsPath: [...template.path, "metadata", "annotations"],
    containers: containersOf(spec).map(({ path: inSpec, container }) => ({
      name: text(member(container, "name")),
      path: [...path, ...inSpec],
      fields: container,
      context: mapping(member(container, "securityContext")),
    })),
    isWindows: member(member(spec, "os"), "name") === "windows",
    inUserNamespace: member(spec, "hostUsers") === false,
    portsBecomeHostPorts: objectKey(object).kind === "Pod" && member(spec, "hostNetwork") === true,
  };
}

/** A member of a mapping; null counts as not set, as it does in the server. */
export function member(value: Json | undefined, key: string): Json | undefined {
  if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
  return value[key] ?? undefined;
}

/** The items of a list member, with their indices; nothing where it is no list. */
export function items(value: Json | undefined, key: string): readonly (readonly [number, Json])[] {
  const list = member(value, key);
  return isArray(list) ? [...list.entries()] : [];
}

export function mapping(value: Json | undefined): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

/** A text for messages: what is no text is shown as JSON, what is not set as nothing. */
export function text(value: Json | undefined): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

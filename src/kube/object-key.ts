import { isObject, type JsonObject } from "./json.ts";
import type { ObjectKey } from "./read-object.ts";

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The key of an object as written; members that are missing or no string are empty. */
export function objectKey(object: JsonObject): ObjectKey {
  const metadata = isObject(object["metadata"]) ? object["metadata"] : {};
  return {
    ...groupVersion(text(object["apiVersion"])),
    kind: text(object["kind"]),
    namespace: text(metadata["namespace"]),
    name: text(metadata["name"]),
  };
}

/** Namespace of an object of a namespaced kind; what is applied without one goes to `default`. */
export function namespaceOf(object: JsonObject): string {
  return objectKey(object).namespace || "default";
}

/** Identity of an object whatever its version, as one string: `group/kind/namespace/name`. */
export function identity(key: ObjectKey): string {
  return `${key.group}/${key.kind}/${key.namespace}/${key.name}`;
}

/** How people name an object: `deployment.apps shop/web`, `namespace shop`. */
export function keyText(key: ObjectKey): string {
  const kind = key.group === "" ? key.kind : `${key.kind}.${key.group}`;
  return `${kind} ${key.namespace === "" ? key.name : `${key.namespace}/${key.name}`}`;
}

export interface GroupVersion {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
}

/** What an apiVersion says: `apps/v1`, or `v1` of the core group. */
export function groupVersion(apiVersion: string): GroupVersion {
  const slash = apiVersion.indexOf("/");
  if (slash < 0) return { group: "", version: apiVersion };
  return { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** The apiVersion of a group and version. */
export function versionText({ group, version }: GroupVersion): string {
  return group === "" ? version : `${group}/${version}`;
}

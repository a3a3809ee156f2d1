import { isObject, type JsonObject } from "./json.ts";
import type { ObjectKey } from "./read-object.ts";
import { textCopy } from "./text-copy.ts";

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The key of an object as written; members that are missing or no string are empty. */
export function objectKey(object: JsonObject): ObjectKey {
  const written = object["metadata"];
  const metadata = isObject(written) ? written : undefined;
  const { group, version } = groupVersion(text(object["apiVersion"]));
  return {
    group,
    version,
    kind: text(object["kind"]),
    namespace: text(metadata?.["namespace"]),
    name: text(metadata?.["name"]),
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
  const known = groupVersions.get(apiVersion);
  if (known !== undefined) return known;
  const isKept = groupVersions.size < MAX_KNOWN && apiVersion.length < MAX_KNOWN;
  const text = isKept ? textCopy(apiVersion) : apiVersion;
  const slash = text.indexOf("/");
  const made =
    slash < 0
      ? { group: "", version: text }
      : { group: text.slice(0, slash), version: text.slice(slash + 1) };
  if (isKept) groupVersions.set(text, made);
  return made;
}

/** A few apiVersions are those of all objects, and everybody asks for them. */
const groupVersions = new Map<string, GroupVersion>();
const MAX_KNOWN = 256;

/** The apiVersion of a group and version. */
export function versionText({ group, version }: GroupVersion): string {
  return group === "" ? version : `${group}/${version}`;
}

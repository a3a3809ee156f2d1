import { isObject, type JsonObject, valueAt } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { printable } from "../../../kube/printable.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
import type { ApiResource, Discovery } from "../client/reader/discovery.ts";
import type { ServedKind } from "./change-request.ts";

/** How a kind is served; or that it comes with the plan; or why it cannot be written. */
export type KindAnswer =
  | { readonly kind: ServedKind; readonly key: ObjectKey; readonly comesWithPlan: boolean }
  | { readonly refusal: string };

/** Looks kinds up at the server and among the CRDs of the plan. */
export async function servedKind(
  discovery: Discovery,
  key: ObjectKey,
  objects: readonly JsonObject[],
): Promise<KindAnswer> {
  const found = await discovery.resourceFor(key);
  if (found !== undefined) return placed(key, found.plural, found.namespaced, false);
  if (key.version === "") {
    // A key that names no version (of an object that is to be deleted) takes the one that the server prefers.
    const preferred = (await versionsOf(discovery, key))[0];
    if (preferred !== undefined)
      return placed({ ...key, version: preferred.version }, preferred.plural, preferred.namespaced, false);
  }
  for (const object of objects) {
    const own = definition(object, key);
    if (own !== undefined) return placed(key, own.resource, own.namespaced, true);
  }
  const others = (await versionsOf(discovery, key)).map(({ version }) => version);
  const name = printable(`${key.group === "" ? "" : `${key.group}/`}${key.version} ${key.kind}`);
  return {
    refusal:
      others.length === 0
        ? `the API server does not serve ${name}: its CustomResourceDefinition is not there, or the server is too old or too new for it`
        : `the API server does not serve ${name}; it serves ${others.map((version) => printable(version)).join(", ")} of it`,
  };
}

async function versionsOf(discovery: Discovery, key: ObjectKey): Promise<readonly ApiResource[]> {
  return (await discovery.resources()).filter(({ group, kind }) => group === key.group && kind === key.kind);
}

function placed(key: ObjectKey, resource: string, namespaced: boolean, comesWithPlan: boolean): KindAnswer {
  if (namespaced && key.namespace === "")
    return { refusal: `${printable(key.kind)} ${printable(key.name)} lies in a namespace, and names none` };
  if (!namespaced && key.namespace !== "")
    return {
      refusal: `${printable(key.kind)} ${printable(key.name)} lies in no namespace, and names ${printable(key.namespace)}`,
    };
  return { kind: { resource, namespaced }, key, comesWithPlan };
}

/** A kind that a CustomResourceDefinition of the plan defines, in this version. */
function definition(object: JsonObject, key: ObjectKey): ServedKind | undefined {
  const own = objectKey(object);
  if (own.group !== "apiextensions.k8s.io" || own.kind !== "CustomResourceDefinition") return undefined;
  if (valueAt(object, ["spec", "group"]) !== key.group) return undefined;
  if (valueAt(object, ["spec", "names", "kind"]) !== key.kind) return undefined;
  const versions = valueAt(object, ["spec", "versions"]);
  const served =
    Array.isArray(versions) &&
    versions.some(
      (version) => isObject(version) && version["name"] === key.version && version["served"] === true,
    );
  const resource = valueAt(object, ["spec", "names", "plural"]);
  if (!served || typeof resource !== "string") return undefined;
  return { resource, namespaced: valueAt(object, ["spec", "scope"]) === "Namespaced" };
}

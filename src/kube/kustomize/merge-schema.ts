import { isArray, isObject, type Json, pointerSteps, valueAt } from "../json.ts";
import { type MergeEntry, mergeKinds, mergeTypes } from "./tables.generated.ts";

/** How a patch is joined with one part of an object: what is known of its members, or of its items. */
export interface MergeSchema {
  member(key: string): MergeSchema | undefined;
  /** For a list whose items are joined: by their keys (none: by their values), and what is known of the items. */
  readonly list: { readonly keys: readonly string[]; readonly item: MergeSchema | undefined } | undefined;
}

/** What is known of a kind. */
export type MergeSchemas = (apiVersion: string, kind: string) => MergeSchema | undefined;

/** The kinds of Kubernetes, as kustomize has them built in. */
export const builtinSchemas: MergeSchemas = (apiVersion, kind) => {
  const name = `${apiVersion}/${kind}`;
  return Object.hasOwn(mergeKinds, name) ? ofEntry(mergeKinds[name]) : undefined;
};

function ofEntry(entry: MergeEntry | undefined): MergeSchema | undefined {
  if (entry === undefined) return undefined;
  if (typeof entry !== "number") {
    const [keys, item] = entry;
    return { member: () => undefined, list: { keys, item: item === -1 ? undefined : ofEntry(item) } };
  }
  const type = mergeTypes[entry];
  return {
    member: (key) => (type !== undefined && Object.hasOwn(type, key) ? ofEntry(type[key]) : undefined),
    list: undefined,
  };
}

/** One definition, or a part of one, of an OpenAPI document (kyaml openapi/openapi.go, Field and Elements). */
function ofSchema(definitions: Json, schema: Json): MergeSchema {
  const get = (...path: readonly string[]): Json | undefined => valueAt(schema, path);
  return {
    member(key) {
      const properties = get("properties");
      const own =
        isObject(properties) && Object.hasOwn(properties, key)
          ? properties[key]
          : get("additionalProperties");
      return isObject(own ?? null) ? resolved(definitions, own ?? null) : undefined;
    },
    get list() {
      const strategy = get("x-kubernetes-patch-strategy");
      if (typeof strategy !== "string" || !strategy.split(",").includes("merge")) return undefined;
      const several = get("x-kubernetes-list-map-keys");
      const one = get("x-kubernetes-patch-merge-key");
      const keys = (isArray(several ?? null) ? (several as readonly Json[]) : [one ?? null]).filter(
        (key) => typeof key === "string",
      );
      const type = get("type");
      const isList = type === "array" || (isArray(type ?? null) && JSON.stringify(type) === '["array"]');
      const items = get("items");
      return {
        keys,
        item: isList && isObject(items ?? null) ? resolved(definitions, items ?? null) : undefined,
      };
    },
  };
}

/** What a `$ref` leads to, and that of it; undefined when it leads nowhere. */
function resolved(definitions: Json, schema: Json): MergeSchema | undefined {
  let current = schema;
  for (let steps = 0; steps < MAX_REFS; steps++) {
    const ref = valueAt(current, ["$ref"]);
    if (typeof ref !== "string" || ref === "") return ofSchema(definitions, current);
    const [first, ...path] = ref.startsWith("#") ? pointerSteps(ref.slice(1)) : [];
    if (first !== "definitions") return undefined;
    const next = valueAt(definitions, path);
    if (next === undefined) return undefined;
    current = next;
  }
  return undefined;
}

/** References that lead from one to the next; kustomize would follow a ring of them for ever. */
const MAX_REFS = 100;

/** The kinds of an OpenAPI document, in the place of those that are built in. A text says why it is none. */
export function documentSchemas(document: Json): MergeSchemas | string {
  const definitions = valueAt(document, ["definitions"]) ?? {};
  if (!isObject(document) || !isObject(definitions)) return "it is no OpenAPI document with definitions";
  const kinds = new Map<string, MergeSchema>();
  for (const definition of Object.values(definitions)) {
    if (!isObject(definition)) return "a definition is no mapping";
    const named = valueAt(definition, [KIND]);
    for (const one of isArray(named ?? null) ? (named as readonly Json[]) : []) {
      if (!isObject(one)) continue;
      const name = kindName(one);
      if (name === undefined) return `${KIND} without version or kind`;
      kinds.set(name, ofSchema(definitions, definition));
    }
  }
  return (apiVersion, kind) =>
    kinds.get(`${apiVersion}/${kind}`) ??
    (apiVersion === "kustomize.config.k8s.io/v1beta1" ? builtinSchemas(apiVersion, kind) : undefined);
}

const KIND = "x-kubernetes-group-version-kind";

function kindName(named: Json): string | undefined {
  const [group, version, kind] = ["group", "version", "kind"].map((member) => valueAt(named, [member]));
  if (typeof version !== "string" || typeof kind !== "string") return undefined;
  return `${typeof group === "string" && group !== "" ? `${group}/` : ""}${version}/${kind}`;
}

/** apiVersion/kind of the kinds that have paths in an OpenAPI document, and none of them in a namespace. */
export function clusterKinds(document: Json): ReadonlySet<string> {
  const paths = valueAt(document, ["paths"]) ?? {};
  const inNamespaces = new Map<string, boolean>();
  for (const [path, one] of isObject(paths) ? Object.entries(paths) : []) {
    const name = kindName(valueAt(one, ["get", KIND]) ?? null);
    if (name === undefined) continue;
    inNamespaces.set(name, inNamespaces.get(name) === true || path.includes("namespaces/{namespace}"));
  }
  return new Set([...inNamespaces].filter(([, isIn]) => !isIn).map(([name]) => name));
}

import { isArray, isObject, type Json, type JsonObject, valueAt } from "../json.ts";
import { subdomainSyntax } from "../name-syntax.ts";

/** What the schema store keeps of a CustomResourceDefinition. */
export interface StoredDefinition {
  readonly group: string;
  readonly kind: string;
  /** Names of its versions, as the definition orders them. */
  readonly versions: readonly string[];
  /** The definition with nothing but what says how instances look; its descriptions are there only when asked for. */
  readonly definition: JsonObject;
}

const kindName = /^[A-Za-z][A-Za-z0-9]{0,62}$/;
const versionName = /^[a-z][-a-z0-9]{0,62}$/;

/** Group and kind as the store takes them: they become names of files. */
export function isStorableKind(group: string, kind: string): boolean {
  return group.length <= 253 && subdomainSyntax.test(group) && kindName.test(kind);
}

/** What the store keeps of a CustomResourceDefinition of apiextensions.k8s.io/v1; a text that says why it cannot. */
export function storedDefinition(crd: JsonObject, descriptions: boolean): StoredDefinition | string {
  if (crd["apiVersion"] !== "apiextensions.k8s.io/v1" || crd["kind"] !== "CustomResourceDefinition")
    return "it is no CustomResourceDefinition of apiextensions.k8s.io/v1";
  const group = valueAt(crd, ["spec", "group"]);
  const kind = valueAt(crd, ["spec", "names", "kind"]);
  const versions = valueAt(crd, ["spec", "versions"]);
  if (typeof group !== "string" || typeof kind !== "string" || !isStorableKind(group, kind))
    return "spec.group or spec.names.kind is missing or no name";
  if (!isArray(versions) || versions.length === 0) return "spec.versions is empty";
  const kept: Json[] = [];
  const names: string[] = [];
  for (const version of versions) {
    const name = isObject(version) ? version["name"] : undefined;
    if (!isObject(version) || typeof name !== "string" || !versionName.test(name))
      return "a version of spec.versions has no name";
    names.push(name);
    kept.push(keptVersion(version, descriptions));
  }
  const spec = {
    group,
    ...membersOf(crd["spec"], ["names", "scope", "preserveUnknownFields"]),
    versions: kept,
  };
  const metadata = { name: `${textAt(crd, ["spec", "names", "plural"])}.${group}` };
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata,
    spec,
  };
  return { group, kind, versions: names, definition };
}

function textAt(value: Json, path: readonly string[]): string {
  const found = valueAt(value, path);
  return typeof found === "string" ? found : "";
}

/** Of a mapping the members of these names. */
function membersOf(value: Json | undefined, names: readonly string[]): JsonObject {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    names.flatMap((name) => {
      const member = Object.hasOwn(value, name) ? value[name] : undefined;
      return member === undefined ? [] : [[name, member] as const];
    }),
  );
}

const versionParts = [
  "name",
  "served",
  "storage",
  "deprecated",
  "deprecationWarning",
  "subresources",
  "selectableFields",
];

function keptVersion(version: JsonObject, descriptions: boolean): JsonObject {
  const schema = valueAt(version, ["schema", "openAPIV3Schema"]);
  return {
    ...membersOf(version, versionParts),
    ...(isObject(schema)
      ? { schema: { openAPIV3Schema: descriptions ? schema : withoutDescriptions(schema, 0) } }
      : {}),
  };
}

/** Deepest schema that is looked into; deeper parts stay as they are. */
const DEPTH = 200;
/** Keywords whose value is a schema, a list of schemas, and a mapping of schemas. */
const one: ReadonlySet<string> = new Set(["items", "additionalProperties", "not"]);
const many: ReadonlySet<string> = new Set(["allOf", "anyOf", "oneOf"]);
const named: ReadonlySet<string> = new Set(["properties", "patternProperties", "definitions"]);

/** A property may be called `description` too: only the keyword of a schema is left out. */
function withoutDescriptions(schema: JsonObject, depth: number): JsonObject {
  if (depth > DEPTH) return schema;
  const bare = (value: Json): Json => (isObject(value) ? withoutDescriptions(value, depth + 1) : value);
  const members: [string, Json][] = [];
  for (const [name, value] of Object.entries(schema)) {
    if (name === "description" || name === "externalDocs" || name === "example") continue;
    if (one.has(name)) members.push([name, bare(value)]);
    else if (many.has(name) && isArray(value)) members.push([name, value.map(bare)]);
    else if (named.has(name) && isObject(value))
      members.push([
        name,
        Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, bare(inner)])),
      ]);
    else members.push([name, value]);
  }
  return Object.fromEntries(members);
}

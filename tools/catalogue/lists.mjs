// Structured-merge keys of every list in the native kinds, as a graph of types that holds nothing but lists and the
// references that lead to them. Source: api/openapi-spec/v3 of k8s.io/kubernetes. The rule is that of
// kube-openapi pkg/schemaconv/smd.go (getListElementRelationship): list-type decides, else patch-strategy, else atomic.
import { firstMinor, resources } from "./discovery.mjs";
import { schemasOf } from "./openapi.mjs";

const prefix = "#/components/schemas/";

export function listTable(modules) {
  const definitions = new Map(); // name → newest body, with fields of older minors that the newest dropped
  const shapesByMinor = new Map(); // name.field → minor → shape text
  const roots = new Map(); // group/version/kind → definition name

  for (const module of modules) {
    const schemas = schemasOf(module);
    for (const [name, schema] of schemas) {
      const merged = definitions.get(name);
      definitions.set(name, {
        ...schema,
        properties: { ...merged?.properties, ...schema.properties },
      });
      for (const [field, property] of Object.entries(schema.properties ?? {})) {
        const shape = shapeOf(property, schemas);
        if (shape === undefined) continue;
        const key = `${name}\n${field}`;
        if (!shapesByMinor.has(key)) shapesByMinor.set(key, new Map());
        shapesByMinor.get(key).set(module.minor, JSON.stringify(shape));
      }
    }
    const kinds = kindsOf(schemas);
    for (const resource of resources(module)) {
      const key = `${resource.group}/${resource.version}/${resource.kind}`;
      const name = kinds.get(key);
      if (name !== undefined) roots.set(key, name);
    }
  }

  const shapes = [];
  const types = [];
  const numbers = new Map(); // definition name → index in types, once it is known to lead to a list
  const leads = new Map();

  /** Does the definition hold a list, itself or further down? */
  function leadsToList(name) {
    const seen = new Set();
    const stack = [name];
    while (stack.length > 0) {
      const next = stack.pop();
      if (seen.has(next)) continue;
      if (leads.get(next) === true) return true;
      seen.add(next);
      const found = targets(definitions.get(next));
      if (found.list) return true;
      stack.push(...found.references);
    }
    return false;
  }
  for (const name of definitions.keys()) leads.set(name, leadsToList(name));

  function shapeIndex(shape) {
    const text = JSON.stringify(shape);
    let index = shapes.indexOf(text);
    if (index < 0) index = shapes.push(text) - 1;
    return index;
  }

  function typeNumber(name) {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    const number = types.push({}) - 1;
    numbers.set(name, number);
    const body = {};
    const definition = definitions.get(name);
    for (const field of Object.keys(definition.properties ?? {}).sort()) {
      const entry = entryOf(definition.properties[field], `${name}\n${field}`);
      if (entry !== undefined) body[field] = entry;
    }
    types[number] = body;
    return number;
  }

  /** number = object of that type; [shape, item?] = list; {"*": entry} = map of entries. */
  function entryOf(schema, key) {
    const reference = referenceOf(schema);
    if (reference !== undefined) {
      const definition = definitions.get(reference);
      if (definition === undefined || leads.get(reference) !== true) return undefined;
      if (definition.type === "array" || definition.additionalProperties) return entryOf(definition);
      return typeNumber(reference);
    }
    if (schema.type === "array") {
      const item = entryOf(schema.items ?? {});
      const newest = shapeIndex(shapeOf(schema, definitions));
      const old = olderShapes(key, newest);
      if (old !== undefined) return item === undefined ? [newest, -1, old] : [newest, item, old];
      return item === undefined ? [newest] : [newest, item];
    }
    if (typeof schema.additionalProperties === "object") {
      const value = entryOf(schema.additionalProperties);
      return value === undefined ? undefined : { "*": value };
    }
    return undefined;
  }

  /** Shapes of older minors that differ: bit mask → shape. */
  function olderShapes(key, newest) {
    const seen = shapesByMinor.get(key);
    if (seen === undefined) return undefined;
    const differing = new Map();
    for (const [minor, text] of seen) {
      const index = shapeIndex(JSON.parse(text));
      if (index !== newest) differing.set(index, (differing.get(index) ?? 0) | (1 << (minor - firstMinor)));
    }
    return differing.size === 0 ? undefined : [...differing].map(([index, mask]) => [mask, index]);
  }

  const kinds = {};
  for (const key of [...roots.keys()].sort()) {
    const name = roots.get(key);
    if (leads.get(name) === true) kinds[key] = typeNumber(name);
  }
  return `// Made by tools/generate-catalogue.mjs from k8s.io/kubernetes ${modules.map((m) => `v${m.version}`).join(", ")} (api/openapi-spec/v3).
/** A number: an object of that type. A list: shape, type of its items (-1: none), shapes of other minors as [bit mask from 1.${firstMinor}, shape]. "*": the values of a map. */
export type ListEntry =
  | number
  | readonly [number, ListEntry?, (readonly (readonly [number, number])[])?]
  | { readonly "*": ListEntry };
export interface ShapeRow {
  readonly type: "map" | "set" | "atomic";
  readonly keys?: readonly string[];
  readonly defaults?: Readonly<Record<string, string | number | boolean>>;
}
export const shapes: readonly ShapeRow[] = [${shapes.join(",")}];
/** group/version/kind to type. */
export const kinds: Readonly<Record<string, number>> = ${JSON.stringify(kinds)};
export const types: readonly Readonly<Record<string, ListEntry>>[] = [
${types.map((type) => JSON.stringify(type)).join(",\n")},
];
`;
}

/** group/version/kind to definition; shared types like DeleteOptions name many kinds and are no resource. */
function kindsOf(schemas) {
  const kinds = new Map();
  for (const [name, schema] of schemas) {
    const marks = schema["x-kubernetes-group-version-kind"] ?? [];
    if (marks.length === 1) kinds.set(`${marks[0].group}/${marks[0].version}/${marks[0].kind}`, name);
  }
  return kinds;
}

function referenceOf(schema) {
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  return reference?.startsWith(prefix) ? reference.slice(prefix.length) : undefined;
}

function targets(schema) {
  const references = [];
  let list = false;
  const stack = [schema];
  while (stack.length > 0) {
    const next = stack.pop();
    if (next === undefined || typeof next !== "object") continue;
    const reference = referenceOf(next);
    if (reference !== undefined) references.push(reference);
    else if (next.type === "array") list = true;
    else stack.push(...Object.values(next.properties ?? {}), next.additionalProperties);
  }
  return { list, references };
}

/** Shape of a list schema; undefined when the schema is no list. */
function shapeOf(schema, definitions) {
  if (schema.type !== "array") return undefined;
  const type = schema["x-kubernetes-list-type"];
  const strategy = schema["x-kubernetes-patch-strategy"] ?? "";
  if (type === "map") return mapShape(schema["x-kubernetes-list-map-keys"], schema, definitions);
  if (type === "set") return { type: "set" };
  if (type !== undefined) return { type: "atomic" };
  if (strategy === "merge" || strategy === "merge,retainKeys") {
    const key = schema["x-kubernetes-patch-merge-key"];
    return key === undefined ? { type: "set" } : mapShape([key], schema, definitions);
  }
  return { type: "atomic" };
}

function mapShape(keys, schema, definitions) {
  const item = referenceOf(schema.items ?? {});
  const properties = (item === undefined ? schema.items : definitions.get(item))?.properties ?? {};
  const defaults = {};
  for (const key of keys) {
    const value = properties[key]?.default;
    // "" and 0 are the zero values of required fields (Go), not defaults that a writer may lean on.
    if (value !== undefined && value !== "" && value !== 0) defaults[key] = value;
  }
  return Object.keys(defaults).length === 0 ? { type: "map", keys } : { type: "map", keys, defaults };
}

import { LATEST_MINOR, resourceOf, SUPPORTED_MINORS } from "../catalogue/catalogue.ts";
import { isArray, isObject, type Json, type JsonArray } from "../json.ts";
import type { Field, Limits, ScalarKind, SchemaType, StructType } from "./schema-type.ts";
import { componentKinds, definitions, enums, gates, kinds } from "./schemas.generated.ts";

/** The fields of one minor; rows of the tables are read when a kind needs them. */
interface Minor {
  readonly bit: number;
  readonly structs: Map<number, StructType>;
  readonly enums: Map<number, SchemaType>;
}

const FIRST_MINOR = SUPPORTED_MINORS[0] ?? LATEST_MINOR;
const minors = new Map<number, Minor>();
const parsed = new Map<number, JsonArray>();

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/**
 * The schema of a native kind for a minor of Kubernetes (source: the Go types of k8s.io/api); undefined for kinds that
 * Kubernetes itself does not have. Of a version that the minor does not serve it is that of the nearest one that does.
 */
export function schemaOf(key: Kind, minor: number): StructType | undefined {
  return structAt(kinds, key, servingMinor(key, minor));
}

function servingMinor(key: Kind, minor: number): number {
  const type = resourceOf(key);
  if (type === undefined || type.minors.includes(minor) || type.offByDefault.includes(minor)) return minor;
  const serving = [...type.minors, ...type.offByDefault];
  return serving.reduce(
    (best, other) => (Math.abs(other - minor) < Math.abs(best - minor) ? other : best),
    serving[0] ?? minor,
  );
}

/** The schema of a file that a component reads at its start, e.g. `audit.k8s.io/v1 Policy`; no object of the API. */
export function componentSchemaOf(key: Kind, minor: number): StructType | undefined {
  return structAt(componentKinds, key, minor);
}

/** Every `group/version/kind` of component files. */
export function componentFileKinds(): readonly string[] {
  return Object.keys(componentKinds);
}

function structAt(
  table: Readonly<Record<string, number>>,
  { group, version, kind }: Kind,
  minor: number,
): StructType | undefined {
  const id = `${group}/${version}/${kind}`;
  const definition = Object.hasOwn(table, id) ? table[id] : undefined;
  return definition === undefined ? undefined : structOf(definition, minorAt(minor));
}

/** Minors of which a field of this name exists in a definition; empty when it never did. */
export function minorsOfField(definition: number, name: string): readonly number[] {
  let mask = 0;
  for (const field of rowOf(definition).slice(1)) {
    if (!isArray(field) || field[0] !== name) continue;
    mask |= typeof field[2] === "number" && field[2] !== 0 ? field[2] : -1;
  }
  return SUPPORTED_MINORS.filter((minor) => (mask & (1 << (minor - FIRST_MINOR))) !== 0);
}

function minorAt(minor: number): Minor {
  let found = minors.get(minor);
  if (found === undefined) {
    found = { bit: 1 << (minor - FIRST_MINOR), structs: new Map(), enums: new Map() };
    minors.set(minor, found);
  }
  return found;
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function rowOf(definition: number): JsonArray {
  let row = parsed.get(definition);
  if (row === undefined) {
    row = JSON.parse(definitions[definition] ?? "[]") as JsonArray;
    parsed.set(definition, row);
  }
  return row;
}

function structOf(definition: number, minor: Minor): StructType {
  const known = minor.structs.get(definition);
  if (known !== undefined) return known;
  const [go, ...rows] = rowOf(definition);
  const fields = new Map<string, Field>();
  const required: Field[] = [];
  for (const row of rows) {
    const field = isArray(row) ? fieldOf(row, minor) : undefined;
    if (field === undefined) continue;
    fields.set(field.name, field);
    if (field.required !== false) required.push(field);
  }
  const made: StructType = { shape: "struct", go: text(go), definition, fields, required };
  minor.structs.set(definition, made);
  return made;
}

const noLimits: Limits = {};
const noGates: readonly string[] = [];

function fieldOf([name, type, mask = 0, attributes]: JsonArray, minor: Minor): Field | undefined {
  if (typeof mask === "number" && mask !== 0 && (mask & minor.bit) === 0) return undefined;
  let made: SchemaType | undefined;
  const lazy = (): SchemaType => (made ??= typeOf(type ?? "any", minor));
  const plain: Field = {
    name: text(name),
    type: lazy,
    required: false,
    offGates: noGates,
    immutable: false,
    unionMember: false,
    limits: noLimits,
  };
  return isObject(attributes) ? { ...plain, ...attributesOf(attributes, minor) } : plain;
}

const requiredBy = [false, "published", "declared"] as const;

function attributesOf(attributes: { readonly [name: string]: Json }, minor: Minor): Partial<Field> {
  const { r, g, l, d, i, u, f, ...rest } = attributes;
  const limits = rest as Limits;
  return {
    required: (typeof r === "number" ? requiredBy[r] : undefined) ?? false,
    offGates: isArray(g) ? g.map(text).filter((gate) => isOff(gate, minor)) : noGates,
    ...(l === undefined ? {} : { list: isArray(l) ? l.map(text) : l === "set" ? "set" : "atomic" }),
    ...(d === undefined ? {} : { fallback: d }),
    immutable: i === 1,
    unionMember: u === 1,
    limits: Object.keys(limits).length === 0 ? noLimits : limits,
    ...(typeof f === "string" ? { format: f } : {}),
  };
}

/** A gate that the minor does not know has become a part of Kubernetes, or is not there yet and neither is its field. */
function isOff(gate: string, minor: Minor): boolean {
  const row = Object.hasOwn(gates, gate) ? gates[gate] : undefined;
  if (row === undefined) return false;
  return (row[1] & minor.bit) !== 0 && (row[0] & minor.bit) === 0;
}

function typeOf(encoded: Json, minor: Minor): SchemaType {
  if (typeof encoded === "number") return structOf(encoded, minor);
  if (typeof encoded === "string") return scalarOf(encoded, minor);
  if (isArray(encoded)) {
    const [item = "any", go = ""] = encoded;
    return { shape: "list", item: typeOf(item, minor), go: text(go) };
  }
  if (isObject(encoded)) {
    const { key = "string", of = "" } = encoded;
    return { shape: "map", value: typeOf(encoded["*"] ?? "any", minor), key: text(key), go: text(of) };
  }
  return { shape: "scalar", scalar: "any", go: "" };
}

function scalarOf(encoded: string, minor: Minor): SchemaType {
  const space = encoded.indexOf(" ");
  const kind = space < 0 ? encoded : encoded.slice(0, space);
  const go = space < 0 ? "" : encoded.slice(space + 1);
  return kind === "enum" ? enumOf(Number(go), minor) : { shape: "scalar", scalar: kind as ScalarKind, go };
}

function enumOf(number: number, minor: Minor): SchemaType {
  const known = minor.enums.get(number);
  if (known !== undefined) return known;
  const [go, ...rows] = JSON.parse(enums[number] ?? "[]") as JsonArray;
  const values: string[] = [];
  for (const row of rows) {
    if (!isArray(row)) continue;
    const [value, mask] = row;
    if (typeof value === "string" && typeof mask === "number" && (mask & minor.bit) !== 0) values.push(value);
  }
  const made: SchemaType = { shape: "enum", go: text(go), values: values.sort() };
  minor.enums.set(number, made);
  return made;
}

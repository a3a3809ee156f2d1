import { isArray, isObject, type Json, type JsonPath } from "../../../kube/json.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import { componentSchemaOf, schemaOf } from "../../../kube/schema/schemas.ts";
import type { SchemaType, StructType } from "../../../kube/schema/schema-type.ts";
import { deprecatedFields } from "./fields.generated.ts";
import type { Gvk } from "./lifecycle.ts";

interface Marked {
  readonly since: number;
  readonly text: string;
}

export interface DeprecatedField {
  readonly path: JsonPath;
  /** What the description says behind "Deprecated:". */
  readonly text: string;
}

const byName: ReadonlyMap<string, Marked> = new Map(
  deprecatedFields.map(([type, field, since, text]) => [`${type}.${field}`, { since, text }]),
);

interface Walk {
  readonly minor: number;
  readonly path: (string | number)[];
  readonly found: DeprecatedField[];
}

/** Uses that are told of one object. */
const MOST = 100;

/** Fields of an object whose description says "Deprecated:" in a minor. The status is the server's own. */
export function deprecatedFieldsOf(read: ReadObject, key: Gvk, minor: number): readonly DeprecatedField[] {
  const schema = schemaOf(key, minor) ?? componentSchemaOf(key, minor);
  if (schema === undefined) return [];
  const walk: Walk = { minor, path: [], found: [] };
  walkValue(read.object, schema, walk);
  return walk.found;
}

function walkValue(value: Json, type: SchemaType, walk: Walk): void {
  if (type.shape === "struct" && isObject(value)) walkStruct(value, type, walk);
  else if (type.shape === "list" && isArray(value)) {
    for (const [index, item] of value.entries()) step(index, item, type.item, walk);
  } else if (type.shape === "map" && isObject(value)) {
    for (const [name, member] of Object.entries(value)) step(name, member, type.value, walk);
  }
}

function step(name: string | number, value: Json, type: SchemaType, walk: Walk): void {
  if (type.shape === "scalar" || type.shape === "enum") return;
  walk.path.push(name);
  walkValue(value, type, walk);
  walk.path.pop();
}

function walkStruct(value: Readonly<Record<string, Json>>, type: StructType, walk: Walk): void {
  for (const [name, member] of Object.entries(value)) {
    const field = type.fields.get(name);
    if (field === undefined || walk.found.length >= MOST) continue;
    if (walk.path.length === 0 && name === "status") continue;
    const marked = byName.get(`${type.go}.${name}`);
    if (marked !== undefined && marked.since <= walk.minor && isSet(member))
      walk.found.push({ path: [...walk.path, name], text: marked.text });
    else step(name, member, field.type(), walk);
  }
}

/** An empty text is what was not set. */
function isSet(value: Json): boolean {
  return value !== "" && value !== null;
}

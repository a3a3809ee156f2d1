import { isArray, isObject, type Json, type JsonObject } from "../json.ts";
import { memberSchema, type Structural } from "./schema.ts";

/**
 * The value as the server keeps it: nulls that the schema does not allow are dropped, defaults are filled in
 * (k8s.io/apiextensions-apiserver pkg/apiserver/schema/defaulting). A copy only where something changes.
 */
export function withDefaults(value: Json, schema: Structural | undefined): Json {
  if (schema === undefined) return value;
  if (isArray(value)) {
    const { items } = schema;
    if (items === undefined) return value;
    const made = value.map((item) =>
      isBadNull(item, items) ? (items.default ?? item) : withDefaults(item, items),
    );
    return made.some((item, at) => item !== value[at]) ? made : value;
  }
  return isObject(value) ? membersWithDefaults(value, schema) : value;
}

function isBadNull(value: Json | undefined, schema: Structural): boolean {
  return value === null && !schema.nullable;
}

function membersWithDefaults(value: JsonObject, schema: Structural): JsonObject {
  const entries = new Map<string, Json>();
  let changed = false;
  for (const [name, member] of Object.entries(value)) {
    const inner = memberSchema(schema, name);
    if (inner !== undefined && isBadNull(member, inner)) {
      changed = true;
      // A default takes its place; without one it is as if it were not there.
      if (inner.default !== undefined) entries.set(name, withDefaults(inner.default, inner));
      continue;
    }
    const made = withDefaults(member, inner);
    changed ||= made !== member;
    entries.set(name, made);
  }
  for (const [name, property] of schema.properties) {
    if (property.default === undefined || entries.has(name)) continue;
    changed = true;
    entries.set(name, withDefaults(property.default, property));
  }
  return changed ? Object.fromEntries(entries) : value;
}

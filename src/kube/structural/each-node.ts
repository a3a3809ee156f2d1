import { isArray, isObject, type Json, type JsonPath } from "../json.ts";
import { memberSchema, type Structural } from "./schema.ts";

/** Every value that a schema speaks of, with its schema and path: first a value, then what is in it. */
export function eachNode(
  value: Json,
  schema: Structural,
  path: JsonPath,
  visit: (value: Json, schema: Structural, path: JsonPath) => void,
): void {
  visit(value, schema, path);
  if (isArray(value)) {
    const { items } = schema;
    if (items !== undefined)
      for (const [at, item] of value.entries()) eachNode(item, items, [...path, at], visit);
  } else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      const inner = memberSchema(schema, name);
      if (inner !== undefined) eachNode(member, inner, [...path, name], visit);
    }
  }
}

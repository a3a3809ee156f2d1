import type { Json, JsonObject } from "../../kube/json.ts";
import type { Field, Grammar, RecordField } from "./field.ts";

/** JSON Schema of a record: a closed plain object, as tools of models and of MCP want their input. */
export function recordSchema(shape: RecordField): JsonObject {
  const properties: [string, Json][] = Object.entries(shape.members).map(([key, { field, description }]) => [
    key,
    { description, ...fieldSchema(field) },
  ]);
  const required = Object.entries(shape.members)
    .filter(([, member]) => member.required)
    .map(([key]) => key);
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

function fieldSchema(field: Field): JsonObject {
  switch (field.kind) {
    case "text":
      return { type: "string", ...limits(field.grammar) };
    case "integer":
      return { type: "integer", minimum: field.least, maximum: field.most };
    case "choice":
      return { type: "string", enum: field.values };
    case "scalar":
      return { type: ["string", "integer", "boolean"], minimum: 0, ...limits(field.grammar) };
    case "list":
      return {
        type: "array",
        items: fieldSchema(field.items),
        ...(field.least === 0 ? {} : { minItems: field.least }),
        maxItems: field.most,
      };
    case "record":
      break;
  }
  return recordSchema(field);
}

function limits({ pattern, most }: Grammar): JsonObject {
  return { ...(pattern === undefined ? {} : { pattern: pattern.source }), maxLength: most };
}

import type { Json, JsonObject } from "../json.ts";
import type { ChoiceShape, RecordShape, Shape } from "./shape.ts";

/** JSON Schema (draft 7, which every editor reads) of a document of ours. */
export function jsonSchemaOf(
  shape: RecordShape | ChoiceShape,
  about: { readonly id: string; readonly title: string; readonly description: string },
): JsonObject {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    $id: about.id,
    title: about.title,
    description: about.description,
    ...schema(shape),
  };
}

function schema(shape: Shape): JsonObject {
  switch (shape.kind) {
    case "any":
      return {};
    case "nullable":
      return { anyOf: [schema(shape.shape), { type: "null" }] };
    case "text":
      return shape.pattern === undefined
        ? { type: "string" }
        : { type: "string", pattern: shape.pattern.source };
    case "literal":
      return { enum: shape.values };
    case "integer":
      return { type: "integer", minimum: shape.least, maximum: shape.most };
    case "number":
    case "boolean":
    case "object":
      return { type: shape.kind };
    case "list":
      return {
        type: "array",
        items: schema(shape.items),
        ...(shape.least === 0 ? {} : { minItems: shape.least }),
        ...(shape.distinct ? { uniqueItems: true } : {}),
      };
    case "map":
      return { type: "object", additionalProperties: schema(shape.values) };
    case "record":
      return recordSchema(shape);
    case "choice":
      break;
  }
  return { anyOf: shape.shapes.map(recordSchema) };
}

function recordSchema(shape: RecordShape): JsonObject {
  const properties: Record<string, Json> = {};
  for (const [key, member] of Object.entries(shape.members)) {
    properties[key] =
      member.description === undefined
        ? schema(member.shape)
        : { description: member.description, ...schema(member.shape) };
  }
  const required = Object.entries(shape.members)
    .filter(([, member]) => member.required)
    .map(([key]) => key);
  return {
    type: "object",
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    properties,
  };
}

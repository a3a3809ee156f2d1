import type { Json, JsonObject } from "../json.ts";
import type { ChoiceShape, RecordShape, Shape } from "./shape.ts";

export interface SchemaHead {
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

/** JSON Schema (draft 7, which every editor reads) of a document of ours: it names every key that there may be. */
export function jsonSchemaOf(shape: RecordShape | ChoiceShape, about: SchemaHead): JsonObject {
  return headed(about, schema(shape, false));
}

/** The same for what programs read of us: a later version may say more, so that keys without a name are not refused. */
export function openJsonSchemaOf(shape: RecordShape | ChoiceShape, about: SchemaHead): JsonObject {
  return headed(about, schema(shape, true));
}

function headed({ id, title, description }: SchemaHead, body: JsonObject): JsonObject {
  return { $schema: "http://json-schema.org/draft-07/schema#", $id: id, title, description, ...body };
}

function schema(shape: Shape, open: boolean): JsonObject {
  switch (shape.kind) {
    case "any":
      return {};
    case "nullable":
      return { anyOf: [schema(shape.shape, open), { type: "null" }] };
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
        items: schema(shape.items, open),
        ...(shape.least === 0 ? {} : { minItems: shape.least }),
        ...(shape.distinct ? { uniqueItems: true } : {}),
      };
    case "map":
      return { type: "object", additionalProperties: schema(shape.values, open) };
    case "record":
      return recordSchema(shape, open);
    case "choice":
      break;
  }
  return { anyOf: shape.shapes.map((one) => recordSchema(one, open)) };
}

function recordSchema(shape: RecordShape, open: boolean): JsonObject {
  const properties: Record<string, Json> = {};
  for (const [key, member] of Object.entries(shape.members)) {
    properties[key] =
      member.description === undefined
        ? schema(member.shape, open)
        : { description: member.description, ...schema(member.shape, open) };
  }
  const required = Object.entries(shape.members)
    .filter(([, member]) => member.required)
    .map(([key]) => key);
  return {
    type: "object",
    ...(open ? {} : { additionalProperties: false }),
    ...(required.length === 0 ? {} : { required }),
    properties,
  };
}

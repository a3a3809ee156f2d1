import { isObject, type JsonObject } from "../json.ts";
import type { Explained, ExplainedField } from "./explained.ts";
import type { Field, SchemaType, StructType } from "./schema-type.ts";

/** Descriptions by definition, as JSON: descriptions.generated.ts, which only those load who ask for it. */
export type Descriptions = readonly string[];

/** A native kind, explained. */
export function explainNative(schema: StructType, descriptions: Descriptions): Explained {
  return explained(schema, textsOf(schema, descriptions)(""), [], descriptions);
}

function textsOf({ definition }: StructType, descriptions: Descriptions): (field: string) => string {
  const parsed: unknown = JSON.parse(descriptions[definition] ?? "{}");
  const texts: JsonObject = isObject(parsed as JsonObject) ? (parsed as JsonObject) : {};
  return (field) => {
    const text = Object.hasOwn(texts, field) ? texts[field] : undefined;
    return typeof text === "string" ? text : "";
  };
}

function explained(
  type: SchemaType,
  description: string,
  facts: readonly string[],
  descriptions: Descriptions,
): Explained {
  const members = membersOf(type);
  return {
    type: typeText(type),
    description:
      description === "" && members !== undefined ? textsOf(members, descriptions)("") : description,
    values: valuesOf(type),
    facts,
    fields: () => (members === undefined ? [] : fieldsOf(members, descriptions)),
  };
}

function fieldsOf(type: StructType, descriptions: Descriptions): readonly ExplainedField[] {
  const text = textsOf(type, descriptions);
  return [...type.fields.values()].map((field) => ({
    name: field.name,
    required: field.required !== false,
    is: explained(field.type(), text(field.name), factsOf(field), descriptions),
  }));
}

/** The struct that a path goes on into, through lists and maps. */
function membersOf(type: SchemaType): StructType | undefined {
  if (type.shape === "struct") return type;
  if (type.shape === "list") return membersOf(type.item);
  return type.shape === "map" ? membersOf(type.value) : undefined;
}

function valuesOf(type: SchemaType): readonly string[] {
  if (type.shape === "enum") return type.values.filter((value) => value !== "");
  return type.shape === "list" ? valuesOf(type.item) : [];
}

const scalars: Readonly<Record<string, string>> = {
  bool: "boolean",
  float32: "number",
  float64: "number",
  bytes: "base64 text",
  quantity: "Quantity",
  intstr: "IntOrString",
  time: "Time",
  microtime: "MicroTime",
  duration: "Duration",
  any: "anything",
};

function typeText(type: SchemaType): string {
  switch (type.shape) {
    case "struct":
      return type.go.slice(type.go.indexOf(".") + 1);
    case "list":
      return `[]${typeText(type.item)}`;
    case "map":
      return `map[string]${typeText(type.value)}`;
    case "enum":
      return "string";
    default:
      return scalars[type.scalar] ?? type.scalar;
  }
}

function factsOf(field: Field): readonly string[] {
  const { min, max, items, length, bytes } = field.limits;
  const facts: string[] = [];
  if (field.fallback !== undefined) facts.push(`default: ${JSON.stringify(field.fallback)}`);
  if (min !== undefined) facts.push(`at least ${min}`);
  if (max !== undefined) facts.push(`at most ${max}`);
  if (items !== undefined) facts.push(`at most ${items} items`);
  if (length !== undefined) facts.push(`at most ${length} characters`);
  if (bytes !== undefined) facts.push(`at most ${bytes} bytes`);
  if (field.format !== undefined) facts.push(`format: ${field.format}`);
  if (field.immutable) facts.push("cannot be changed later");
  if (field.unionMember) facts.push("one of several that exclude each other");
  if (Array.isArray(field.list)) facts.push(`items are told apart by ${field.list.join(" and ")}`);
  else if (field.list === "set") facts.push("every item once");
  for (const gate of field.offGates) facts.push(`feature gate ${gate}, off by default`);
  return facts;
}

import { isArray, isObject, type Json, type JsonObject } from "../json.ts";
import type { Explained, ExplainedField } from "./explained.ts";

/** The schema of a custom resource (`openAPIV3Schema`), explained. */
export function explainOpenApi(schema: JsonObject): Explained {
  return {
    type: typeText(schema),
    description: text(own(schema, "description")),
    values: valuesOf(schema),
    facts: factsOf(schema),
    fields: () => fieldsOf(schema),
  };
}

function own(schema: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(schema, name) ? schema[name] : undefined;
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function fieldsOf(schema: JsonObject): readonly ExplainedField[] {
  const inner = own(schema, "items") ?? own(schema, "additionalProperties");
  const properties = own(schema, "properties");
  if (!isObject(properties)) return isObject(inner) ? fieldsOf(inner) : [];
  const required = own(schema, "required");
  const names = new Set(isArray(required) ? required : []);
  return Object.keys(properties)
    .sort()
    .flatMap((name) => {
      const property = properties[name];
      return isObject(property) ? [{ name, required: names.has(name), is: explainOpenApi(property) }] : [];
    });
}

function typeText(schema: JsonObject): string {
  if (own(schema, "x-kubernetes-int-or-string") === true) return "IntOrString";
  const type = text(own(schema, "type"));
  const items = own(schema, "items");
  if (type === "array") return `[]${isObject(items) ? typeText(items) : "anything"}`;
  const values = own(schema, "additionalProperties");
  if (type === "object" && isObject(values)) return `map[string]${typeText(values)}`;
  const format = text(own(schema, "format"));
  if (type === "integer" && /^int(?:32|64)$/.test(format)) return format;
  return type === "" ? "anything" : type;
}

function valuesOf(schema: JsonObject): readonly string[] {
  const values = own(schema, "enum");
  if (!isArray(values)) return [];
  return values.map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
}

const limits: Readonly<Record<string, string>> = {
  minimum: "at least",
  maximum: "at most",
  minLength: "characters at least",
  maxLength: "characters at most",
  minItems: "items at least",
  maxItems: "items at most",
  pattern: "pattern",
  format: "format",
};

function factsOf(schema: JsonObject): readonly string[] {
  const facts: string[] = [];
  const fallback = own(schema, "default");
  if (fallback !== undefined) facts.push(`default: ${JSON.stringify(fallback)}`);
  for (const [name, words] of Object.entries(limits)) {
    const limit = own(schema, name);
    if (typeof limit === "number" || typeof limit === "string") facts.push(`${words}: ${limit}`);
  }
  const keys = own(schema, "x-kubernetes-list-map-keys");
  if (isArray(keys)) facts.push(`items are told apart by ${keys.map(text).join(" and ")}`);
  const rules = own(schema, "x-kubernetes-validations");
  for (const rule of isArray(rules) ? rules : []) {
    if (isObject(rule)) facts.push(`rule: ${text(own(rule, "message")) || text(own(rule, "rule"))}`);
  }
  return facts;
}

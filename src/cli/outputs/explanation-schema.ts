import type { JsonObject } from "../../kube/json.ts";
import { openJsonSchemaOf, type SchemaHead } from "../../kube/shape/json-schema.ts";
import { explainedElsewhere, explainedFinding } from "./check-shapes.ts";

const text: JsonObject = { type: "string" };
const texts: JsonObject = { type: "array", items: text };

/** Of a type or field: fields have fields again, which no shape can say. */
const node: JsonObject = {
  type: { ...text, description: "As people read it: []Container, map[string]Quantity, int32." },
  description: text,
  values: { ...texts, description: "Values that it may have; absent when any." },
  facts: { ...texts, description: "Default, limits, feature gates, how lists are joined." },
  fields: { type: "array", items: { $ref: "#/$defs/field" } },
};

/** JSON Schema of `kubeops explain -o json`: of a finding, a check of another tool, or a kind or field. */
export function explanationSchema(about: SchemaHead): JsonObject {
  const of = (shape: Parameters<typeof openJsonSchemaOf>[0]): JsonObject => {
    const { type = "object", required = [], properties = {} } = openJsonSchemaOf(shape, about);
    return { type, required, properties };
  };
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    $id: about.id,
    title: about.title,
    description: about.description,
    anyOf: [
      of(explainedFinding),
      of(explainedElsewhere),
      {
        type: "object",
        required: ["apiVersion", "kind", "field"],
        properties: {
          apiVersion: { const: "kubernetes-operations.dev/v1" },
          kind: { const: "Explanation" },
          field: {
            type: "object",
            required: ["resource", "path", "type", "description"],
            properties: {
              resource: {
                type: "object",
                required: ["group", "version", "kind"],
                properties: { group: text, version: text, kind: text },
              },
              path: { ...texts, description: "Fields from the kind on; empty: the kind itself." },
              note: text,
              required: { type: "boolean" },
              ...node,
            },
          },
        },
      },
    ],
    $defs: {
      field: {
        type: "object",
        required: ["name", "required", "type", "description"],
        properties: { name: text, required: { type: "boolean" }, ...node },
      },
    },
  };
}

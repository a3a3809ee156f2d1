import { placeSchema } from "../analysis/findings/report-schema.ts";
import { errorTable } from "../kube/error-table.ts";
import type { JsonObject } from "../kube/json.ts";
import { SCHEMA_DRAFT, schemaAddress } from "../kube/schema-address.ts";

/** JSON Schema of what every command prints on standard error when it fails and JSON was asked for. */
export const errorSchema: JsonObject = {
  $schema: SCHEMA_DRAFT,
  $id: schemaAddress("error"),
  title: "Error",
  description: "What a command prints on standard error when it fails and -o json was given.",
  type: "object",
  properties: {
    apiVersion: { const: "kubernetes-operations.dev/v1" },
    kind: { const: "Error" },
    code: {
      description: "See docs/reference/errors.md. BUG is a fault of kubeops itself.",
      enum: [...Object.keys(errorTable).sort(), "BUG"],
    },
    message: { type: "string" },
    place: placeSchema,
    hint: { type: "string", description: "What to do." },
  },
  required: ["apiVersion", "kind", "code", "message"],
};

import type { JsonObject } from "./json.ts";
import { SCHEMA_DRAFT, schemaAddress } from "./schema-address.ts";

/** API version of everything that kubeops writes and reads for itself. */
const VERSION = "kubernetes-operations.dev/v1";

/** JSON Schema of a document of ours, `{apiVersion, kind, …}`, as it is published under a name; `required`: besides these two. */
export function documentSchema(
  name: string,
  kind: string,
  document: {
    readonly description: string;
    readonly properties: JsonObject;
    readonly required: readonly string[];
    readonly definitions?: JsonObject;
  },
): JsonObject {
  const { description, properties, required, definitions } = document;
  return {
    $schema: SCHEMA_DRAFT,
    $id: schemaAddress(name),
    title: kind,
    description,
    type: "object",
    properties: { apiVersion: { const: VERSION }, kind: { const: kind }, ...properties },
    required: ["apiVersion", "kind", ...required],
    ...(definitions === undefined ? {} : { $defs: definitions }),
  };
}

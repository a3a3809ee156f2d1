/** The address of a published JSON Schema of ours (folder schemas/), as files name it; editors complete by it. */
export function schemaAddress(name: string): string {
  return `https://kubernetes-operations.dev/schemas/${name}.schema.json`;
}

/** The draft of the schemas that are written by hand. They use only what every draft since 7 reads the same way. */
export const SCHEMA_DRAFT = "https://json-schema.org/draft/2020-12/schema";

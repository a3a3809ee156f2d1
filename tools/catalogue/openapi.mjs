import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The definitions of a module of k8s.io/kubernetes by their full names, from its OpenAPI documents (api/openapi-spec/v3). */
export function schemasOf(module) {
  const folder = join(module.folder, "api", "openapi-spec", "v3");
  const schemas = new Map();
  for (const file of readdirSync(folder).sort()) {
    const document = JSON.parse(readFileSync(join(folder, file), "utf8"));
    for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
      if (!schemas.has(name)) schemas.set(name, schema);
    }
  }
  return schemas;
}

import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../../src/kube/json.ts";
import type { ControlPlane } from "../control-plane.ts";

/** The schemas that the server itself publishes (they have the enums that the published files lack). */
export interface Schemas {
  /** Schema of an object's kind. */
  kind(apiVersion: string, kind: string): JsonObject | undefined;
  /** The schema behind references, and its name where it has one. */
  resolve(schema: JsonObject): { readonly name: string; readonly schema: JsonObject };
}

export async function serverSchemas(plane: ControlPlane): Promise<Schemas> {
  const index = await plane.admin("GET", "/openapi/v3");
  const paths = valueAt(index.body, ["paths"]);
  const definitions = new Map<string, JsonObject>();
  const kinds = new Map<string, JsonObject>();
  for (const [path, entry] of Object.entries(isObject(paths) ? paths : {}).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    if (!/^api/.test(path)) continue;
    const url = valueAt(entry, ["serverRelativeURL"]);
    const { body } = await plane.admin("GET", String(url));
    const schemas = valueAt(body, ["components", "schemas"]);
    for (const [name, schema] of Object.entries(isObject(schemas) ? schemas : {})) {
      if (!isObject(schema)) continue;
      definitions.set(name, schema);
      const types = schema["x-kubernetes-group-version-kind"];
      for (const type of isArray(types) ? types : []) {
        const group = valueAt(type, ["group"]);
        const version = valueAt(type, ["version"]);
        kinds.set(`${group === "" ? "" : `${group}/`}${version} ${valueAt(type, ["kind"])}`, schema);
      }
    }
  }
  const resolve = (schema: JsonObject): { name: string; schema: JsonObject } => {
    const reference = schema["$ref"] ?? valueAt(schema, ["allOf", 0, "$ref"]);
    if (typeof reference !== "string") return { name: "", schema };
    const name = reference.slice(reference.lastIndexOf("/") + 1);
    return { name, schema: definitions.get(name) ?? {} };
  };
  return { kind: (apiVersion, kind) => kinds.get(`${apiVersion} ${kind}`), resolve };
}

export function enumOf(schema: JsonObject): readonly Json[] {
  const values = schema["enum"];
  return isArray(values) ? values : [];
}

import type { Field, StructType } from "../../../kube/schema/schema-type.ts";

/** Does the API server refuse an object without the field? */
export function isEnforced(type: StructType, field: Field): boolean {
  return field.required === "declared" || !notEnforced.has(`${type.go}.${field.name}`);
}

/** Fields that the published schema calls required and the server does without (measured on kube-apiserver 1.37). */
const notEnforced: ReadonlySet<string> = new Set([]);

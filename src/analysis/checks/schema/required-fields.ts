import type { Field, StructType } from "../../../kube/schema/schema-type.ts";
import { enforced } from "./enforced.generated.ts";

const names: ReadonlySet<string> = new Set(enforced);

/**
 * Does the API server refuse an object without the field? The published schema calls fields required that only are no
 * pointers in Go; of those the ones count that the server was seen to refuse. What declarative validation requires, it
 * refuses.
 */
export function isEnforced(type: StructType, field: Field): boolean {
  return field.required === "declared" || names.has(`${type.go}.${field.name}`);
}

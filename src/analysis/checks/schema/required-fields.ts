import type { JsonPath } from "../../../kube/json.ts";
import type { Field, StructType } from "../../../kube/schema/schema-type.ts";
import { enforced } from "./enforced.generated.ts";

const names: ReadonlySet<string> = new Set(enforced);

/**
 * Does the API server refuse an object without the field? The published schema calls fields required that only are no
 * pointers in Go; of those the ones count that the server was seen to refuse. What declarative validation requires, it
 * refuses.
 */
export function isEnforced(type: StructType, field: Field, path: JsonPath): boolean {
  if (field.required !== "declared" && !names.has(`${type.go}.${field.name}`)) return false;
  return !unread.some((holds) => holds(path));
}

/** Where the server does not look at a value of a type that it looks at elsewhere (measured with kube-apiserver 1.37.2). */
const unread: readonly ((path: JsonPath) => boolean)[] = [
  // Owners of the metadata of templates.
  (path) => path.at(-2) === "ownerReferences" && path[0] !== "metadata",
  // The selector of a HorizontalPodAutoscaler's metric.
  (path) => path.includes("metric") && path.includes("selector"),
  // The source of a claim is dropped, unless it has a kind that a claim can come from.
  (path) => path.length === 2 && path[1] === "dataSource",
];

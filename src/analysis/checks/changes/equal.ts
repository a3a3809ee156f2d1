import { isArray, isObject, type Json, type JsonObject } from "../../../kube/json.ts";
import { parseQuantity } from "../../../kube/quantity.ts";

/** Members whose values are amounts of resources, by name. */
const amounts = new Set(["limits", "requests", "capacity", "hard", "overhead", "podFixed"]);

function empty(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === "") return true;
  if (isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

/**
 * Whether the server takes two values for the same (apiequality.Semantic.DeepEqual): nothing, an empty list and an empty
 * mapping are one, and so are `1` and `1000m` of a resource. What Go keeps behind a pointer differs from nothing even when
 * it is a zero value; this cannot tell it from the others and takes both for the same.
 */
export function semanticallyEqual(
  before: Json | undefined,
  after: Json | undefined,
  inAmounts = false,
): boolean {
  if (empty(before) && empty(after)) return true;
  if (before === undefined || after === undefined || before === null || after === null) return false;
  if (isArray(before))
    return (
      isArray(after) &&
      before.length === after.length &&
      before.every((item, index) => semanticallyEqual(item, after[index]))
    );
  if (isObject(before)) return isObject(after) && sameMembers(before, after);
  return before === after || (inAmounts && sameAmount(before, after));
}

function sameAmount(before: Json, after: Json): boolean {
  const [left, right] = [before, after].map((value) =>
    typeof value === "string" || typeof value === "number" ? parseQuantity(value) : undefined,
  );
  return left !== undefined && right !== undefined && left.nano === right.nano;
}

function sameMembers(before: JsonObject, after: JsonObject): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const name of names) {
    const left = Object.hasOwn(before, name) ? before[name] : undefined;
    const right = Object.hasOwn(after, name) ? after[name] : undefined;
    // Inside a list of amounts each member is one.
    if (amounts.has(name) && isObject(left) && isObject(right)) {
      if (!sameAmounts(left, right)) return false;
    } else if (!semanticallyEqual(left, right)) return false;
  }
  return true;
}

export function sameAmounts(before: JsonObject, after: JsonObject): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].every((name) => semanticallyEqual(before[name], after[name], true));
}

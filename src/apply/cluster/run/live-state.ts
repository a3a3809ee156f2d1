import { canonicalJson } from "../../../kube/canonical-json.ts";
import type { JsonObject } from "../../../kube/json.ts";
import { maskLive } from "../../../plan/change/mask.ts";
import { semanticDiff } from "../../../plan/change/semantic-diff.ts";
import { printable } from "../../../kube/printable.ts";

/** Whether two live forms of an object are one state. */
export function sameState(left: JsonObject | null, right: JsonObject | null): boolean {
  if (left === null || right === null) return left === right;
  return canonicalJson(maskLive(left)) === canonicalJson(maskLive(right));
}

/** The fields in which two forms of an object differ, without their values (kernel K17). */
export function differingFields(left: JsonObject, right: JsonObject): string {
  const paths = semanticDiff(left, right, null).map(({ path }) => printable(path));
  const shown = paths.slice(0, 5).join(", ");
  return paths.length > 5 ? `${shown} and ${paths.length - 5} more` : shown;
}

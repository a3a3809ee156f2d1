import { canonicalJson } from "../../../kube/canonical-json.ts";
import { macHex } from "../../../kube/digest.ts";
import type { JsonObject } from "../../../kube/json.ts";
import { maskLive, maskResult } from "../../../plan/change/mask.ts";
import { semanticDiff } from "../../../plan/change/semantic-diff.ts";
import { printable } from "../../../kube/printable.ts";

/** What a result is compared with: the object as it stood, and as it was asked for. */
export interface Known {
  readonly live: JsonObject | null;
  readonly desired: JsonObject | null;
}

/** MAC of what the server made, or would make, of an object, as plans hold it (kernel K2). */
export function resultMac(macKey: Uint8Array, result: JsonObject, known: Known): string {
  return macHex(macKey, "object", canonicalJson(maskResult(result, known)));
}

/** MAC of a live object, as plans hold it. */
export function liveMac(macKey: Uint8Array, live: JsonObject): string {
  return macHex(macKey, "object", canonicalJson(maskLive(live)));
}

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

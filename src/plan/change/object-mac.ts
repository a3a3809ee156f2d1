import { canonicalJson } from "../../kube/canonical-json.ts";
import { macHex } from "../../kube/digest.ts";
import type { JsonObject } from "../../kube/json.ts";
import { type Known, maskLive, maskResult } from "./mask.ts";

/** MAC of an object's canonical JSON under the trust root's key, as plans hold it (kernel K17). */
export function objectMac(macKey: Uint8Array, object: JsonObject): string {
  return macHex(macKey, "object", canonicalJson(object));
}

/** MAC of a live object. */
export function liveMac(macKey: Uint8Array, live: JsonObject): string {
  return objectMac(macKey, maskLive(live));
}

/** MAC of what the server made, or would make, of an object (kernel K2). */
export function resultMac(macKey: Uint8Array, result: JsonObject, known: Known): string {
  return objectMac(macKey, maskResult(result, known));
}

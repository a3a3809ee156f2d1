import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { canonicalJson } from "./canonical-json.ts";

/** SHA-256 of text (as UTF-8) or bytes, in lower-case hexadecimal. */
export function sha256Hex(data: string | Uint8Array): string {
  return bytesToHex(sha256(typeof data === "string" ? utf8ToBytes(data) : data));
}

/** `sha256:<hex>` over the canonical JSON of a value. */
export function jsonDigest(value: unknown): string {
  return `sha256:${sha256Hex(canonicalJson(value))}`;
}

/** What a MAC says of its text. */
export type MacPurpose =
  /** A request and its intent are what the trust root's owner asked for. */
  | "request"
  /** An object as it stands, or as a server makes it. */
  | "object"
  /** A live value at one place of one object. */
  | "value"
  /** A value within an object whose values facts must not see. */
  | "projection"
  /** A step of a journal. */
  | "journal";

/**
 * HMAC-SHA-256 in lower-case hexadecimal. The key is the trust root's: a plain digest of a short secret can be guessed.
 * Plans show MACs of values that anybody may have written; the purpose keeps one from standing for a request or a step.
 */
export function macHex(key: Uint8Array, purpose: MacPurpose, text: string): string {
  return bytesToHex(hmac(sha256, key, utf8ToBytes(`kubernetes-operations.dev/v1 ${purpose}\n${text}`)));
}

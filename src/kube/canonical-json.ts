import { OpsError } from "./ops-error.ts";

/**
 * Canonical JSON by RFC 8785 (JCS): keys sorted by UTF-16 code units, no white space, ECMAScript numbers.
 * Members whose value is undefined are left out. A lone surrogate or a number that JSON has no form for throws.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new OpsError("INPUT_MALFORMED", `${value} has no form in JSON`);
    return JSON.stringify(value);
  }
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new OpsError("INPUT_ENCODING", "a text holds half of a surrogate pair");
    return JSON.stringify(value);
  }
  if (Array.isArray(value))
    return `[${value.map((item) => canonicalJson(item === undefined ? null : item)).join(",")}]`;
  if (typeof value === "object") {
    const record = value as Readonly<Record<string, unknown>>;
    const members: string[] = [];
    // The default sort compares UTF-16 code units, which is what RFC 8785 3.2.3 asks for.
    for (const key of Object.keys(record).sort()) {
      const member = record[key];
      if (member !== undefined) members.push(`${canonicalJson(key)}:${canonicalJson(member)}`);
    }
    return `{${members.join(",")}}`;
  }
  throw new OpsError("INPUT_MALFORMED", `a ${typeof value} has no form in JSON`);
}

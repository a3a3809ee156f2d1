import { goInteger, resolvePlain, type Scalar } from "./resolve-scalar.ts";
import type { YamlProblemCode } from "../yaml-problems.ts";

/** A scalar that its tag does not fit. */
export interface Refusal {
  readonly code: YamlProblemCode;
  /** What the tag asks for. */
  readonly wants: string;
}

const prefix = "tag:yaml.org,2002:";

/**
 * The value of a scalar with a full tag ("" when it has none), as go-yaml v2 resolves it (resolve.go, decode.go scalar):
 * `!!str`, `!!bool`, `!!int`, `!!float`, `!!null`, `!!timestamp` and `!!binary` are known; every other tag leaves the text.
 * A tag of these makes a quoted scalar be read like a plain one.
 */
export function resolveTagged(tag: string, text: string, plain: boolean): Scalar | Refusal {
  if (tag === "") return plain ? resolvePlain(text) : text;
  if (!tag.startsWith(prefix)) return text;
  switch (tag.slice(prefix.length)) {
    case "bool":
      return expect(text, "a boolean", (value) => typeof value === "boolean");
    case "null":
      return expect(text, "null", (value) => value === null);
    case "int":
      return expect(text, "an integer", (value) => isInteger(value, text));
    case "float":
      return expect(text, "a number", (value) => isFloat(value, text));
    case "timestamp":
      return isTimestamp(text) ? text : { code: "yaml/tag", wants: "a timestamp" };
    case "binary":
      return binary(text);
    default:
      return text;
  }
}

function expect(text: string, wants: string, fits: (value: Scalar) => boolean): Scalar | Refusal {
  const value = resolvePlain(text);
  return fits(value) ? value : { code: "yaml/tag", wants };
}

function isNumber(value: Scalar): boolean {
  return typeof value === "number" || (typeof value === "object" && value !== null);
}

function isInteger(value: Scalar, text: string): boolean {
  return isNumber(value) && !text.startsWith(".") && goInteger(text.replaceAll("_", "")) !== undefined;
}

/** go-yaml turns int64 into a float here and fails on what only uint64 holds. */
function isFloat(value: Scalar, text: string): boolean {
  const integer = text.startsWith(".") ? undefined : goInteger(text.replaceAll("_", ""));
  return isNumber(value) && (integer === undefined || integer < 2n ** 63n);
}

const timestamp =
  /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(?:Z|[-+]([0-9]{2}):([0-9]{2})))|(?: ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?))?$/;

/** A time in one of the layouts of go-yaml resolve.go allowedTimestampFormats. */
function isTimestamp(text: string): boolean {
  const match = timestamp.exec(text);
  if (match === null) return false;
  const part = (index: number): number => Number(match[index] ?? "0");
  const days = new Date(Date.UTC(2000, part(2), 0)).getUTCDate();
  const february29 = part(2) === 2 && part(3) === 29 && !isLeap(part(1));
  return (
    part(2) >= 1 &&
    part(2) <= 12 &&
    part(3) >= 1 &&
    part(3) <= days &&
    !february29 &&
    part(4) + part(9) <= 23 &&
    part(5) + part(10) <= 59 &&
    part(6) + part(11) <= 59 &&
    part(7) <= 24 &&
    part(8) <= 60
  );
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Base64 as Go's StdEncoding reads it: padded, line ends skipped. Bytes that are no UTF-8 have no form in JSON. */
function binary(text: string): string | Refusal {
  const refusal: Refusal = { code: "yaml/tag", wants: "base64 of UTF-8 text" };
  const packed = text.replace(/[\r\n]/g, "");
  if (!base64.test(packed)) return refusal;
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refusal;
  }
}

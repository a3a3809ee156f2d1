import { spend, spendText } from "../meter.ts";
import { goQuote } from "../../go-quote.ts";
import { toDouble, toText } from "../convert.ts";
import { durationText, timestampText } from "../time.ts";
import {
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
  typeNameOf,
  utf8,
} from "../values.ts";

/** `'%s and %.2f'.format([a, b])` (cel-go ext/formatting.go). */

const PRECISION = 6;
const MAX_PRECISION = 100;
const MAX_RESULT = 64 * 1024 * 1024;

class Refused extends Error {}

export function formatText(format: CelValue, list: CelValue): CelValue {
  const args = list as CelList;
  const text = format as string;
  let result = "";
  let next = 0;
  try {
    for (let at = 0; at < text.length; at++) {
      const character = text[at] ?? "";
      if (character !== "%") {
        result += character;
        continue;
      }
      at++;
      if (at >= text.length) throw new Refused("unexpected end of string");
      if (text[at] === "%") {
        result += "%";
        continue;
      }
      const clause = clauseAt(text, at);
      at = clause.end;
      if (next >= args.size) throw new Refused(`index ${next} out of range`);
      result += formatted(clause, args.at(next++));
      if (result.length > MAX_RESULT) return new CelError("operation cancelled: actual cost limit exceeded");
    }
  } catch (error) {
    if (error instanceof Refused) return new CelError(error.message);
    throw error;
  }
  return result;
}

interface Clause {
  readonly verb: string;
  readonly precision: number | undefined;
  readonly end: number;
}

function clauseAt(text: string, start: number): Clause {
  const match = /^(?:\.([0-9]*))?([\s\S])/.exec(text.slice(start));
  if (match === null) throw new Refused("unexpected end of string");
  const [all, digits, verb = ""] = match;
  if (digits === "")
    throw new Refused(`error while parsing precision: strconv.Atoi: parsing "": invalid syntax`);
  const precision = digits === undefined ? undefined : Number(digits);
  if (precision !== undefined && precision > MAX_PRECISION)
    throw new Refused(`precision ${digits} exceeds maximum allowed precision ${MAX_PRECISION}`);
  if (!"sdfebxXo".includes(verb))
    throw new Refused(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  return { verb, precision, end: start + all.length - 1 };
}

function formatted({ verb, precision }: Clause, value: CelValue): string {
  switch (verb) {
    case "s":
      return asText(value);
    case "d":
      return asDecimal(value);
    case "f":
      return fixed(number(value, "fixed-point"), precision ?? PRECISION);
    case "e":
      // The server takes the precision for a width.
      return scientific(number(value, "scientific")).padStart(precision ?? PRECISION);
    case "b":
      if (typeof value === "boolean") return value ? "1" : "0";
      return integer(value, "only integers and bools can be formatted as binary").toString(2);
    case "o":
      return integer(value, "octal clause can only be used on integers").toString(8);
    default: {
      const hex = asHex(value);
      return verb === "X" ? hex.toUpperCase() : hex;
    }
  }
}

function wrong(rule: string, value: CelValue): Refused {
  return new Refused(`error during formatting: ${rule}, was given ${typeNameOf(value)}`);
}

function integer(value: CelValue, rule: string): bigint {
  if (typeof value === "bigint") return value;
  if (value instanceof CelUint) return value.value;
  throw wrong(rule, value);
}

function asDecimal(value: CelValue): string {
  return String(integer(value, "decimal clause can only be used on integers"));
}

function number(value: CelValue, clause: string): number {
  const special = value === "NaN" || value === "Infinity" || value === "-Infinity";
  if (typeof value === "number") return value;
  if (!special) throw wrong(`${clause} clause can only be used on doubles`, value);
  const converted = toDouble(value);
  return typeof converted === "number" ? converted : Number.NaN;
}

const INFINITY = "\u221e";

function fixed(value: number, precision: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? `-${INFINITY}` : INFINITY;
  const [whole = "", fraction] = exactFixed(value, precision).split(".");
  // The server prints in the locale en-US.
  const grouped = whole.replace(/\B(?=(?:[0-9]{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** toFixed turns to an exponent from 10²¹ on. */
function exactFixed(value: number, precision: number): string {
  if (Math.abs(value) < 1e21) {
    // JavaScript rounds a tie up, Go to the even digit; only short binary fractions can be ties.
    const doubled = Math.abs(value) * 10 ** precision * 2;
    const tie = Number.isInteger(value * 2 ** 20) && Number.isSafeInteger(doubled) && doubled % 4 === 1;
    return tie
      ? `${value < 0 ? "-" : ""}${((doubled - 1) / 2 / 10 ** precision).toFixed(precision)}`
      : value.toFixed(precision);
  }
  return `${BigInt(value)}${precision === 0 ? "" : `.${"0".repeat(precision)}`}`;
}

function scientific(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? `-${INFINITY}` : INFINITY;
  const [digits = "", exponent = "+0"] = value.toExponential(PRECISION).split("e");
  const power = exponent.slice(1).padStart(2, "0");
  return `${digits}\u00d710${superscript((exponent.startsWith("-") ? "-" : "") + power)}`;
}

function superscript(text: string): string {
  return text.replace(/[-0-9]/g, (character) =>
    character === "-"
      ? "\u207b"
      : ("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[Number(character)] ?? ""),
  );
}

function asHex(value: CelValue): string {
  if (typeof value === "string" || value instanceof Uint8Array) {
    const bytes = typeof value === "string" ? utf8(value) : value;
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  return integer(value, "only integers, byte buffers, and strings can be formatted as hex").toString(16);
}

function asText(value: CelValue): string {
  spend(1);
  if (typeof value === "string") spendText(value.length);
  if (value === null) return "null";
  if (value instanceof CelList) return `[${[...value].map(inner).join(", ")}]`;
  if (value instanceof CelMap) return mapText(value);
  const text = toText(value);
  if (typeof text !== "string" || isOther(value))
    throw wrong(
      "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
      value,
    );
  return text;
}

function isOther(value: CelValue): boolean {
  const name = typeNameOf(value);
  return name.startsWith("net.") || name.startsWith("kubernetes.");
}

function mapText(map: CelMap): string {
  const pairs = map.keys().map((key): readonly [string, string] => {
    if (typeof key === "object") {
      if (!(key instanceof CelUint))
        throw new Refused(
          `error during formatting: no formatting function for map key of type ${typeNameOf(key)}`,
        );
      return [String(key.value), inner(map.find(key) ?? null)];
    }
    return [inner(key), inner(map.find(key) ?? null)];
  });
  const sorted = pairs.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  return `{${sorted.map(([key, value]) => `${key}:${value}`).join(", ")}}`;
}

/** A value inside a list or map: as a literal of CEL. */
function inner(value: CelValue): string {
  if (typeof value === "string") return goQuote(value);
  if (value instanceof Uint8Array) return `b${goQuote(asText(value))}`;
  if (value instanceof CelTimestamp) return `timestamp("${timestampText(value)}")`;
  if (value instanceof CelDuration) return `duration("${durationText(value)}")`;
  if (value instanceof CelTypeValue) return value.name;
  if (typeof value === "number") {
    if (Number.isNaN(value)) return '"NaN"';
    return Number.isFinite(value) ? exactFixed(value, PRECISION) : value < 0 ? '"-Inf"' : '"+Inf"';
  }
  return asText(value);
}

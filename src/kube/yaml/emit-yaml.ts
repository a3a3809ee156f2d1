import { isArray, type Json, type JsonArray, type JsonObject } from "../json.ts";
import { OpsError } from "../ops-error.ts";
import { isSafePlain } from "./scalars/safe-plain.ts";

/** Longest key that is written before its colon on one line: libyaml looks ahead 1,024 characters for the colon. */
const MAX_SIMPLE_KEY = 1000;

/**
 * JSON as block YAML, one way only: two spaces a level, lists at the column of their key as kubectl prints them, keys in
 * the order given, no line folded. A string is plain only where every reader of YAML (1.1, 1.2, go-yaml v2) takes it for
 * that string; text of several lines is a literal block where that is exact. Ends with a line end. Nothing of the text
 * can move a terminal or hide: control, format and other invisible characters are escapes.
 * @throws {OpsError} INPUT_ENCODING for half of a surrogate pair, INPUT_MALFORMED for a number that JSON has no form for.
 */
export function emitYaml(value: Json): string {
  const out: string[] = [];
  if (isArray(value) && value.length > 0) emitList(out, value, 0, "");
  else if (isMapping(value)) emitMapping(out, value, 0, "");
  else out.push(typeof value === "string" ? topText(value) : scalar(value, 0), "\n");
  return out.join("");
}

/** A mapping that has members; the empty one is written like a scalar. */
function isMapping(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !isArray(value) && Object.keys(value).length > 0;
}

/** `first` is what stands before the first line already: nothing, or the dashes of lists. */
function emitMapping(out: string[], mapping: JsonObject, column: number, first: string): void {
  let lead = first;
  for (const [key, value] of Object.entries(mapping)) {
    const name = quoted(key);
    if (name.length > MAX_SIMPLE_KEY) out.push(lead, "? ", name, "\n", " ".repeat(column), ":");
    else out.push(lead, name, ":");
    lead = " ".repeat(column);
    if (isArray(value) && value.length > 0) {
      out.push("\n");
      emitList(out, value, column, lead);
    } else if (isMapping(value)) {
      out.push("\n");
      emitMapping(out, value, column + 2, " ".repeat(column + 2));
    } else out.push(" ", scalar(value, column), "\n");
  }
}

function emitList(out: string[], list: JsonArray, column: number, first: string): void {
  let lead = first;
  for (const item of list) {
    out.push(lead, "- ");
    lead = " ".repeat(column);
    if (isArray(item) && item.length > 0) emitList(out, item, column + 2, "");
    else if (isMapping(item)) emitMapping(out, item, column + 2, "");
    else out.push(scalar(item, column), "\n");
  }
}

/** A scalar or empty collection, in a collection that stands at `column`. Of a literal block without its last line end. */
function scalar(value: Json, column: number): string {
  if (typeof value === "string") return text(value, column);
  if (typeof value === "number") return number(value);
  if (value === null || typeof value === "boolean") return String(value);
  return isArray(value) ? "[]" : "{}";
}

/**
 * The shortest digits, but all digits of an integer that is not exact otherwise, and with an exponent a point as well, for
 * which YAML 1.1 asks.
 */
function number(value: number): string {
  if (!Number.isFinite(value)) throw new OpsError("INPUT_MALFORMED", `${value} has no form in JSON`);
  const digits = JSON.stringify(value);
  if (digits.includes("e")) return digits.includes(".") ? digits : digits.replace("e", ".0e");
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? String(BigInt(value)) : digits;
}

function quoted(value: string): string {
  checked(value);
  return isSafePlain(value) ? value : doubleQuoted(value);
}

function checked(value: string): void {
  if (!value.isWellFormed()) throw new OpsError("INPUT_ENCODING", "a text holds half of a surrogate pair");
}

/** Readers count the indentation of a block that is a whole document differently, so there is none. */
function topText(value: string): string {
  return quoted(value);
}

function text(value: string, column: number): string {
  checked(value);
  if (isSafePlain(value)) return value;
  return isLiteral(value) ? literal(value, column) : doubleQuoted(value);
}

/** Text of several lines in which only visible characters and inner spaces stand, and no line ends with a space. */
function isLiteral(value: string): boolean {
  const breakAt = value.indexOf("\n");
  if (breakAt < 0 || breakAt === value.length - 1 || /^\n*$/.test(value)) return false;
  return !escaped.test(value.replaceAll("\n", "")) && !/ (?:\n|$)/.test(value);
}

function literal(value: string, column: number): string {
  const body = value.replace(/\n+$/, "");
  const ends = value.length - body.length;
  const chomping = ends === 0 ? "-" : ends === 1 ? "" : "+";
  // A reader takes the indentation from the first line, which misleads it when that line begins with a space or is empty.
  const indicator = /^[ \n]/.test(body) ? "2" : "";
  const indent = " ".repeat(column + 2);
  const lines = body.split("\n").map((line) => (line === "" ? "" : indent + line));
  return `|${indicator}${chomping}\n${lines.join("\n")}${"\n".repeat(Math.max(ends - 1, 0))}`;
}

/** What does not stand as itself in double quotes: everything but letters, digits, marks of writing, symbols and the space. */
const escaped = /[^\p{L}\p{N}\p{P}\p{S} ]/u;
const escapedOrSpecial = /[^\p{L}\p{N}\p{P}\p{S} ]|["\\]/gu;
const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\t", "\\t"],
  ["\r", "\\r"],
  ["\0", "\\0"],
]);

function doubleQuoted(value: string): string {
  const body = value.replace(escapedOrSpecial, (character) => {
    const short = shortEscapes.get(character);
    if (short !== undefined) return short;
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  });
  return `"${body}"`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, "0");
}

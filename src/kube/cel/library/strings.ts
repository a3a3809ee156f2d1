import { goEscapes } from "../../go-quote.ts";
import type { LibraryFunction } from "../declare.ts";
import { CelError, type CelList, type CelValue, codePoints, listOf } from "../values.ts";
import { formatText } from "./format-text.ts";

/** Strings of cel-go ext/strings.go, version 2. */

/** More characters than any object may have: a result that long is a bomb. */
const MAX_RESULT = 64 * 1024 * 1024;

function text(value: CelValue): string {
  return value as string;
}

function limited(size: number, make: () => string): CelValue {
  return size > MAX_RESULT ? new CelError("operation cancelled: actual cost limit exceeded") : make();
}

/** Is every code point one UTF-16 unit? */
function isFlat(value: string): boolean {
  return codePoints(value) === value.length;
}

function outOfRange(at: bigint): CelError {
  return new CelError(`index out of range: ${at}`);
}

function charAt(value: CelValue, at: CelValue): CelValue {
  const place = at as bigint;
  const points = isFlat(text(value)) ? text(value) : Array.from(text(value));
  if (place < 0n || place > BigInt(points.length)) return outOfRange(place);
  return points[Number(place)] ?? "";
}

function indexOf(value: CelValue, part: CelValue, from: CelValue): CelValue {
  const offset = typeof from === "bigint" ? from : 0n;
  if (offset < 0n) return outOfRange(offset);
  const size = BigInt(codePoints(text(value)));
  if (part === "") return offset > size ? size : offset;
  if (offset >= size) return -1n;
  return BigInt(found(text(value), text(part), Number(offset), "first"));
}

function lastIndexOf(value: CelValue, part: CelValue, from: CelValue): CelValue {
  const size = BigInt(codePoints(text(value)));
  if (typeof from !== "bigint" && part !== "" && text(value).length < text(part).length) return -1n;
  const offset = typeof from === "bigint" ? from : size - (part === "" ? 0n : 1n);
  if (offset < 0n) return outOfRange(offset);
  if (part === "") return offset > size ? size : offset;
  if (offset >= size) return -1n;
  return BigInt(found(text(value), text(part), Number(offset), "last"));
}

/** Place in code points of the first part from a place on, or of the last up to it; −1 when there is none. */
function found(value: string, part: string, offset: number, which: "first" | "last"): number {
  if (isFlat(value)) return which === "first" ? value.indexOf(part, offset) : value.lastIndexOf(part, offset);
  const unit = unitOf(value, offset);
  const at = which === "first" ? value.indexOf(part, unit) : value.lastIndexOf(part, unit);
  return at < 0 ? -1 : codePoints(value.slice(0, at));
}

/** UTF-16 place of a place in code points. */
function unitOf(value: string, point: number): number {
  let unit = 0;
  for (let seen = 0; seen < point && unit < value.length; seen++) {
    unit += (value.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
  }
  return unit;
}

function substring(value: CelValue, from: CelValue, to: CelValue): CelValue {
  const start = from as bigint;
  const size = BigInt(codePoints(text(value)));
  const end = typeof to === "bigint" ? to : size;
  if (typeof to === "bigint" && start > end)
    return new CelError(`invalid substring range. start: ${start}, end: ${end}`);
  if (start < 0n || start > size) return outOfRange(start);
  if (end < 0n || end > size) return outOfRange(end);
  return text(value).slice(unitOf(text(value), Number(start)), unitOf(text(value), Number(end)));
}

function asciiCase(pattern: RegExp, by: (text: string) => string): (value: CelValue) => CelValue {
  return (value) => text(value).replace(pattern, by);
}

function replace(value: CelValue, old: CelValue, fresh: CelValue, limit: CelValue): CelValue {
  const most = typeof limit === "bigint" && limit >= 0n ? Number(limit) : Number.POSITIVE_INFINITY;
  const source = text(value);
  if (most === 0) return source;
  const parts = old === "" ? ["", ...Array.from(source), ""] : source.split(text(old));
  // An empty text stands before each character and at the end.
  const count = Math.min(parts.length - 1, most);
  const added = count * (text(fresh).length - text(old).length);
  return limited(source.length + added, () => {
    const head = parts.slice(0, count + 1).join(text(fresh));
    const tail = parts.slice(count + 1);
    return tail.length === 0 ? head : head + text(old) + tail.join(text(old));
  });
}

function split(value: CelValue, separator: CelValue, limit: CelValue): CelValue {
  const most = typeof limit === "bigint" ? Number(limit) : -1;
  if (most === 0) return listOf([]);
  const parts = separator === "" ? Array.from(text(value)) : text(value).split(text(separator));
  if (most < 0 || parts.length <= most) return listOf(parts);
  return listOf([...parts.slice(0, most - 1), parts.slice(most - 1).join(text(separator))]);
}

function join(list: CelValue, separator: CelValue): CelValue {
  const parts: string[] = [];
  const between = typeof separator === "string" ? separator : "";
  let size = 0;
  for (const part of list as CelList) {
    if (typeof part !== "string") return new CelError("join: invalid input");
    parts.push(part);
    size += part.length + between.length;
  }
  return limited(size, () => parts.join(between));
}

function quote(value: CelValue): CelValue {
  let quoted = "";
  for (const character of text(value)) quoted += goEscapes.get(character) ?? character;
  return `"${quoted}"`;
}

/** White space of Go's unicode.IsSpace; JavaScript's trim takes U+FEFF too, and not U+0085. */
const outerSpace =
  /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

function trim(value: CelValue): CelValue {
  return text(value).replace(outerSpace, "");
}

export const stringFunctions: readonly LibraryFunction[] = [
  { name: "charAt", since: 0, overloads: [["string_char_at_int", ".(string, int) string", charAt]] },
  {
    name: "indexOf",
    since: 0,
    overloads: [
      ["string_index_of_string", ".(string, string) int", indexOf],
      ["string_index_of_string_int", ".(string, string, int) int", indexOf],
    ],
  },
  {
    name: "lastIndexOf",
    since: 0,
    overloads: [
      ["string_last_index_of_string", ".(string, string) int", lastIndexOf],
      ["string_last_index_of_string_int", ".(string, string, int) int", lastIndexOf],
    ],
  },
  {
    name: "lowerAscii",
    since: 0,
    overloads: [
      ["string_lower_ascii", ".(string) string", asciiCase(/[A-Z]+/g, (part) => part.toLowerCase())],
    ],
  },
  {
    name: "upperAscii",
    since: 0,
    overloads: [
      ["string_upper_ascii", ".(string) string", asciiCase(/[a-z]+/g, (part) => part.toUpperCase())],
    ],
  },
  {
    name: "replace",
    since: 0,
    overloads: [
      ["string_replace_string_string", ".(string, string, string) string", replace],
      ["string_replace_string_string_int", ".(string, string, string, int) string", replace],
    ],
  },
  {
    name: "split",
    since: 0,
    overloads: [
      ["string_split_string", ".(string, string) list(string)", split],
      ["string_split_string_int", ".(string, string, int) list(string)", split],
    ],
  },
  {
    name: "substring",
    since: 0,
    overloads: [
      ["string_substring_int", ".(string, int) string", substring],
      ["string_substring_int_int", ".(string, int, int) string", substring],
    ],
  },
  { name: "trim", since: 0, overloads: [["string_trim", ".(string) string", trim]] },
  { name: "format", since: 29, overloads: [["string_format", ".(string, list(dyn)) string", formatText]] },
  { name: "strings.quote", since: 29, overloads: [["strings_quote", "(string) string", quote]] },
  {
    name: "join",
    since: 0,
    overloads: [
      ["list_join", ".(list(string)) string", join],
      ["list_join_string", ".(list(string), string) string", join],
    ],
  },
];

import type { NodeSink } from "./node-sink.ts";
import type { OddNumber } from "./scalars/resolve-scalar.ts";

/** Where a JSON text ends, or where and why it is none. */
export type JsonEnd =
  | { readonly end: number }
  | { readonly at: number; readonly reason: string; readonly tooDeep: boolean };

const numberToken = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const integerToken = /^-?[0-9]+$/;
/** Characters that a JSON string holds as they are. */
const stringRun = /[ !#-[\]-\uffff]*/y;
const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);
const literals: readonly (readonly [string, boolean | null])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

/** First position from `at` on that is no JSON white space. */
export function skipJsonSpace(text: string, at: number): number {
  let position = at;
  for (;;) {
    const code = text.charCodeAt(position);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return position;
    position++;
  }
}

/**
 * Reads one JSON object that begins at `start` into the builder, strictly by RFC 8259 and without recursion. Offsets
 * given to the builder count from `start`.
 */
export function readJson(text: string, start: number, builder: NodeSink, maxDepth: number): JsonEnd {
  /** What closes each open collection. */
  const open: string[] = [];
  let at = start;
  let reason = "";
  let tooDeep = false;
  let wantsValue = true;

  function fail(why: string): JsonEnd {
    return { at, reason: why, tooDeep };
  }

  function string(): string | undefined {
    at++;
    let value = "";
    for (;;) {
      stringRun.lastIndex = at;
      const run = stringRun.exec(text)?.[0] ?? "";
      value += run;
      at += run.length;
      const character = text[at];
      if (character === '"') {
        at++;
        return value;
      }
      if (character !== "\\") {
        reason = at >= text.length ? "a string has no end" : "a control character in a string";
        return undefined;
      }
      const escape = text[at + 1] ?? "";
      const simple = escapes.get(escape);
      if (simple !== undefined) {
        value += simple;
        at += 2;
      } else if (escape === "u" && /^[0-9a-fA-F]{4}$/.test(text.slice(at + 2, at + 6))) {
        value += String.fromCharCode(Number.parseInt(text.slice(at + 2, at + 6), 16));
        at += 6;
      } else {
        reason = "an unknown escape in a string";
        return undefined;
      }
    }
  }

  /** A string as value or key; false when it is none. */
  function text1(): boolean {
    const from = at;
    const value = string();
    if (value === undefined) return false;
    // Go's decoder puts U+FFFD for half of a surrogate pair: what is written is not what is read.
    if (!value.isWellFormed())
      builder.problem("yaml/encoding", from - start, "a string holds half of a surrogate pair");
    builder.quoted(value.toWellFormed(), from - start, at - start);
    return true;
  }

  function scalar(): boolean {
    const from = at;
    if (text[at] === '"') return text1();
    for (const [word, value] of literals) {
      if (text.startsWith(word, at)) {
        at += word.length;
        builder.resolved(value, word, from - start, at - start);
        return true;
      }
    }
    numberToken.lastIndex = at;
    const token = numberToken.exec(text)?.[0];
    if (token === undefined) {
      reason = at >= text.length ? "the text ends too early" : `unexpected ${text[at] ?? ""}`;
      return false;
    }
    // A point or an exponent that is begun and not ended makes no number: `1.`, `1e` (encoding/json scanner.go, state1).
    const next = text[at + token.length];
    const begun = next === "." ? !/[.eE]/.test(token) : (next === "e" || next === "E") && !/[eE]/.test(token);
    if (begun) {
      at += token.length;
      reason = "a number ends too early";
      return false;
    }
    at += token.length;
    builder.resolved(jsonNumber(token), token, from - start, at - start);
    return true;
  }

  function openCollection(): boolean {
    if (open.length >= maxDepth) {
      tooDeep = true;
      reason = "too deep";
      return false;
    }
    const mapping = text[at] === "{";
    if (mapping) builder.openMapping(at - start, undefined);
    else builder.openList(at - start, undefined);
    open.push(mapping ? "}" : "]");
    at = skipJsonSpace(text, at + 1);
    if (text[at] === open.at(-1)) {
      closeCollection();
      return true;
    }
    wantsValue = true;
    return !mapping || key();
  }

  function closeCollection(): void {
    at++;
    open.pop();
    builder.close(at - start);
    wantsValue = false;
  }

  function key(): boolean {
    if (text[at] !== '"') {
      reason = "a key must be a string";
      return false;
    }
    if (!text1()) return false;
    at = skipJsonSpace(text, at);
    if (text[at] !== ":") {
      reason = "a colon must follow a key";
      return false;
    }
    at++;
    return true;
  }

  function separator(): boolean {
    const end = open.at(-1);
    if (text[at] === end) {
      closeCollection();
      return true;
    }
    if (text[at] !== ",") {
      reason = `expected , or ${end}`;
      return false;
    }
    at = skipJsonSpace(text, at + 1);
    wantsValue = true;
    return end === "]" || key();
  }

  do {
    at = skipJsonSpace(text, at);
    let done: boolean;
    if (!wantsValue) done = separator();
    else if (text[at] === "{" || text[at] === "[") done = openCollection();
    else {
      wantsValue = false;
      done = scalar();
    }
    if (!done) return fail(reason);
  } while (open.length > 0);
  return { end: at };
}

function jsonNumber(token: string): number | OddNumber {
  const value = Number(token) + 0;
  if (!Number.isFinite(value)) return { odd: "not-json", value, digits: undefined };
  if (integerToken.test(token) && BigInt(value) !== BigInt(token))
    return { odd: "not-exact", value, digits: undefined };
  return value;
}

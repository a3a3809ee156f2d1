import { codePoints } from "./values.ts";

export type TokenKind =
  | "ident"
  | "quoted-ident"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "op"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
  /** The decoded text of strings. */
  readonly string?: string;
  readonly bytes?: Uint8Array;
  /** Why its decoded form is none. */
  readonly fault?: string;
}

export interface LexFault {
  readonly at: number;
  readonly message: string;
}

const space = /[\t \r\n\f]+/y;
const comment = /\/\/[^\n]*/y;
const number =
  /(?<double>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)|(?<uint>0x[0-9a-fA-F]+[uU]|[0-9]+[uU])|(?<int>0x[0-9a-fA-F]+|[0-9]+)/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const quotedWord = /`[A-Za-z0-9_.\-/ ]+`/y;
const operator = /==|!=|<=|>=|&&|\|\||[[\]{}().,\-!?:+*/%<>]/y;
const stringStart = /([bB])?([rR])?("""|'''|"|')/y;

/** Tokens of an expression in the order of its text; the last one is the end. A fault ends them early. */
export function tokensOf(source: string): { readonly tokens: readonly Token[]; readonly fault?: LexFault } {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source) ?? undefined;
  };
  for (;;) {
    const skipped = match(space) ?? match(comment);
    if (skipped !== undefined) {
      at += skipped[0].length;
      continue;
    }
    if (at >= source.length) break;
    const text = readString(source, at);
    if (text !== undefined) {
      if ("message" in text) return { tokens, fault: text };
      tokens.push(text.token);
      at = text.end;
      continue;
    }
    const found = match(number);
    if (found !== undefined) {
      const kind =
        found.groups?.["double"] !== undefined
          ? "double"
          : found.groups?.["uint"] !== undefined
            ? "uint"
            : "int";
      tokens.push({ kind, text: found[0], at });
      at += found[0].length;
      continue;
    }
    const name = match(word);
    if (name !== undefined) {
      // `in`, `true`, `false` and `null` are words of the grammar.
      tokens.push({ kind: name[0] === "in" ? "op" : "ident", text: name[0], at });
      at += name[0].length;
      continue;
    }
    const quoted = match(quotedWord);
    if (quoted !== undefined) {
      tokens.push({ kind: "quoted-ident", text: quoted[0].slice(1, -1), at });
      at += quoted[0].length;
      continue;
    }
    const symbol = match(operator);
    if (symbol === undefined) {
      const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
      return { tokens, fault: { at, message: `Syntax error: token recognition error at: '${character}'` } };
    }
    tokens.push({ kind: "op", text: symbol[0], at });
    at += symbol[0].length;
  }
  tokens.push({ kind: "end", text: "<EOF>", at: source.length });
  return { tokens };
}

function readString(
  source: string,
  start: number,
): { readonly token: Token; readonly end: number } | LexFault | undefined {
  stringStart.lastIndex = start;
  const opened = stringStart.exec(source);
  if (opened === null) return undefined;
  const [prefix, bytes, raw, quote = '"'] = opened;
  const long = quote.length === 3;
  let at = start + prefix.length;
  for (;;) {
    if (at >= source.length) return unended(source, start);
    if (source.startsWith(quote, at)) break;
    const character = source[at];
    if (!long && (character === "\n" || character === "\r")) return unended(source, start);
    at += character === "\\" && raw === undefined ? 2 : 1;
  }
  const end = at + quote.length;
  const inner = source.slice(start + prefix.length, at).replaceAll(/\r\n?/g, "\n");
  const text = source.slice(start, end);
  if (bytes !== undefined) {
    const read = unescapeBytes(inner, raw !== undefined);
    return typeof read === "string"
      ? { token: { kind: "bytes", text, at: start, fault: read }, end }
      : { token: { kind: "bytes", text, at: start, bytes: read.bytes }, end };
  }
  const read = raw === undefined ? unescapeText(inner) : { text: inner };
  return typeof read === "string"
    ? { token: { kind: "string", text, at: start, fault: read }, end }
    : { token: { kind: "string", text, at: start, string: read.text }, end };
}

function unended(source: string, at: number): LexFault {
  const rest = source.slice(at, at + 40);
  return { at, message: `Syntax error: token recognition error at: '${rest.split("\n")[0] ?? ""}'` };
}

const simple: ReadonlyMap<string, number> = new Map([
  ["a", 7],
  ["b", 8],
  ["f", 12],
  ["n", 10],
  ["r", 13],
  ["t", 9],
  ["v", 11],
  ["\\", 92],
  ["'", 39],
  ['"', 34],
  ["`", 96],
  ["?", 63],
]);
const hexDigits: ReadonlyMap<string, number> = new Map([
  ["x", 2],
  ["X", 2],
  ["u", 4],
  ["U", 8],
]);
const UNABLE = "unable to unescape string";

interface Escape {
  readonly value: number;
  readonly length: number;
  /** A byte in bytes literals, not a code point. */
  readonly numeric: boolean;
}

/** The escape after the backslash at `at`; a text says why it is none. */
function escapeAt(inner: string, at: number): Escape | string {
  const letter = inner[at + 1];
  if (letter === undefined) return `${UNABLE}, found '\\' as last character`;
  const plain = simple.get(letter);
  if (plain !== undefined) return { value: plain, length: 2, numeric: false };
  const digits = hexDigits.get(letter);
  if (digits !== undefined) {
    const hex = inner.slice(at + 2, at + 2 + digits);
    if (hex.length < digits || !/^[0-9a-fA-F]+$/.test(hex)) return UNABLE;
    return { value: Number.parseInt(hex, 16), length: 2 + digits, numeric: digits === 2 };
  }
  if (!/[0-3]/.test(letter)) return UNABLE;
  const octal = inner.slice(at + 1, at + 4);
  if (!/^[0-3][0-7][0-7]$/.test(octal)) return "unable to unescape octal sequence in string";
  return { value: Number.parseInt(octal, 8), length: 4, numeric: true };
}

function unescapeText(inner: string): { readonly text: string } | string {
  if (!inner.includes("\\")) return { text: inner };
  let text = "";
  for (let at = 0; at < inner.length; ) {
    const next = inner.indexOf("\\", at);
    if (next < 0) return { text: text + inner.slice(at) };
    text += inner.slice(at, next);
    const escape = escapeAt(inner, next);
    if (typeof escape === "string") return escape;
    if (escape.value > 0x10ffff || (escape.value >= 0xd800 && escape.value <= 0xdfff))
      return "invalid unicode code point";
    text += String.fromCodePoint(escape.value);
    at = next + escape.length;
  }
  return { text };
}

function unescapeBytes(inner: string, raw: boolean): { readonly bytes: Uint8Array } | string {
  const encoder = new TextEncoder();
  if (raw || !inner.includes("\\")) return { bytes: encoder.encode(inner) };
  const bytes: number[] = [];
  for (let at = 0; at < inner.length; ) {
    if (inner[at] !== "\\") {
      const character = String.fromCodePoint(inner.codePointAt(at) ?? 0);
      bytes.push(...encoder.encode(character));
      at += character.length;
      continue;
    }
    const escape = escapeAt(inner, at);
    if (typeof escape === "string") return escape;
    // \u and \U are no escapes of bytes.
    if (!escape.numeric && /[uU]/.test(inner[at + 1] ?? "")) return UNABLE;
    bytes.push(escape.value & 0xff);
    at += escape.length;
  }
  return { bytes: Uint8Array.from(bytes) };
}

/** Line from 1 and column from 0 in code points, as cel-go counts them. */
export function locate(source: string, at: number): { readonly line: number; readonly column: number } {
  const before = source.slice(0, at);
  const start = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: codePoints(before.slice(start)) };
}

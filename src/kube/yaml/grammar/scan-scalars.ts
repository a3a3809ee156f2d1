import {
  isBlank,
  isBlankOrEnd,
  isBreak,
  isDocumentIndicator,
  type Scanner,
  skipLine,
} from "./scanner-state.ts";
import { SyntaxFailure } from "./token.ts";

/** Folds line ends between two pieces of a flow scalar: one becomes a space, of several all but the first stay. */
function folded(extraBreaks: number): string {
  return extraBreaks === 0 ? " " : "\n".repeat(extraBreaks);
}

/** A plain scalar from the current position (go-yaml scannerc.go yaml_parser_scan_plain_scalar). */
export function scanPlain(s: Scanner): string {
  const { text } = s;
  const indent = s.indent + 1;
  const inFlow = s.flowLevel > 0;
  let value = "";
  /** What stands between the last piece and the next one. */
  let gap = "";
  let broken = false;
  let extraBreaks = 0;
  for (;;) {
    if (isDocumentIndicator(s) || text.charCodeAt(s.pos) === 35) break;
    const start = s.pos;
    const end = plainRunEnd(text, start, inFlow);
    if (end > start) {
      const piece = text.slice(start, end);
      if (value === "") value = piece;
      else value += (broken ? folded(extraBreaks) : gap) + piece;
      gap = "";
      broken = false;
      extraBreaks = 0;
      s.pos = end;
      s.plainEnd = end;
    }
    let code = text.charCodeAt(s.pos);
    if (!isBlank(code) && !isBreak(code)) break;
    const gapStart = s.pos;
    for (; isBlank(code) || isBreak(code); code = text.charCodeAt(s.pos)) {
      if (isBreak(code)) {
        if (broken) extraBreaks++;
        else {
          broken = true;
          extraBreaks = 0;
        }
        skipLine(s);
      } else {
        if (code === 9 && broken && s.pos - s.lineStart < indent)
          throw new SyntaxFailure(s.pos, "a tab cannot stand in the indentation");
        s.pos++;
      }
    }
    if (!broken) gap += text.slice(gapStart, s.pos);
    if (!inFlow && s.pos - s.lineStart < indent) break;
  }
  // A line end after the scalar: a key may begin.
  if (broken) s.keyAllowed = true;
  return value;
}

/** End of a run of a plain scalar without white space: at `: `, and in a flow collection at its indicators. */
export function plainRunEnd(text: string, start: number, inFlow: boolean): number {
  let end = start;
  for (;;) {
    const code = text.charCodeAt(end);
    if (code <= 32) {
      if (isBlankOrEnd(code)) return end;
    } else if (code === 58) {
      if (isBlankOrEnd(text.charCodeAt(end + 1))) return end;
    } else if (
      inFlow &&
      (code === 44 || code === 63 || code === 91 || code === 93 || code === 123 || code === 125)
    ) {
      return end;
    }
    end++;
  }
}

/** A quoted scalar from its opening quote (scannerc.go yaml_parser_scan_flow_scalar). */
export function scanQuoted(s: Scanner, single: boolean): string {
  const { text } = s;
  const at = s.pos;
  const quote = single ? 39 : 34;
  s.pos++;
  let value = "";
  for (;;) {
    if (isDocumentIndicator(s))
      throw new SyntaxFailure(at, "the quoted text has no end before the next document");
    const start = s.pos;
    let code = text.charCodeAt(s.pos);
    while (code !== quote && code !== 92 && !isBlankOrEnd(code)) code = text.charCodeAt(++s.pos);
    if (s.pos > start) value += text.slice(start, s.pos);
    if (code === quote) {
      if (!single || text.charCodeAt(s.pos + 1) !== 39) {
        s.pos++;
        return value;
      }
      value += "'";
      s.pos += 2;
    } else if (code === 92) {
      if (single) {
        value += "\\";
        s.pos++;
      } else if (isBreak(text.charCodeAt(s.pos + 1))) {
        s.pos++;
        skipLine(s);
        value += "\n".repeat(skipGap(s));
      } else value += scanEscape(s);
    } else if (code === 0) throw new SyntaxFailure(at, "the quoted text has no end");
    else value += scanGap(s);
  }
}

/** White space inside a quoted scalar: kept on one line, folded over several. */
function scanGap(s: Scanner): string {
  const start = s.pos;
  while (isBlank(s.text.charCodeAt(s.pos))) s.pos++;
  if (!isBreak(s.text.charCodeAt(s.pos))) return s.text.slice(start, s.pos);
  skipLine(s);
  return folded(skipGap(s));
}

/** Goes over white space and gives how many line ends were in it. */
function skipGap(s: Scanner): number {
  let breaks = 0;
  for (;;) {
    const code = s.text.charCodeAt(s.pos);
    if (isBreak(code)) {
      breaks++;
      skipLine(s);
    } else if (isBlank(code)) s.pos++;
    else return breaks;
  }
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["0", "\0"],
  ["a", "\u0007"],
  ["b", "\b"],
  ["t", "\t"],
  ["\t", "\t"],
  ["n", "\n"],
  ["v", "\v"],
  ["f", "\f"],
  ["r", "\r"],
  ["e", "\u001b"],
  [" ", " "],
  ['"', '"'],
  ["'", "'"],
  ["\\", "\\"],
  ["N", "\u0085"],
  ["_", "\u00a0"],
  ["L", "\u2028"],
  ["P", "\u2029"],
]);
const escapeLengths: ReadonlyMap<string, number> = new Map([
  ["x", 2],
  ["u", 4],
  ["U", 8],
]);
const hexadecimal = /^[0-9a-fA-F]+$/;

function scanEscape(s: Scanner): string {
  const letter = s.text[s.pos + 1] ?? "";
  const simple = escapes.get(letter);
  if (simple !== undefined) {
    s.pos += 2;
    return simple;
  }
  const length = escapeLengths.get(letter);
  if (length === undefined) throw new SyntaxFailure(s.pos, `\\${letter} is not an escape of YAML 1.1`);
  const digits = s.text.slice(s.pos + 2, s.pos + 2 + length);
  if (digits.length < length || !hexadecimal.test(digits))
    throw new SyntaxFailure(s.pos, `${length} hexadecimal digits must follow \\${letter}`);
  const code = Number.parseInt(digits, 16);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
    throw new SyntaxFailure(s.pos, `\\${letter}${digits} is not a character`);
  s.pos += 2 + length;
  return String.fromCodePoint(code);
}

/** A literal or folded block scalar from its indicator (scannerc.go yaml_parser_scan_block_scalar). */
export function scanBlockScalar(s: Scanner, literal: boolean): string {
  const { text } = s;
  const header = scanBlockHeader(s);
  const base = s.indent >= 0 ? s.indent : 0;
  const block = { indent: header.increment > 0 ? base + header.increment : 0 };
  let value = "";
  let lineBreak = false;
  let breaks = scanBlockBreaks(s, block);
  let blankBefore = false;
  while (s.pos - s.lineStart === block.indent && text.charCodeAt(s.pos) !== 0) {
    const blank = isBlank(text.charCodeAt(s.pos));
    if (lineBreak) {
      if (literal || blankBefore || blank) value += "\n";
      else if (breaks === 0) value += " ";
    }
    if (breaks > 0) value += "\n".repeat(breaks);
    blankBefore = blank;
    const start = s.pos;
    const line = text.slice(start, text.indexOf("\n", start));
    const lone = line.indexOf("\r");
    value += lone < 0 ? line : line.slice(0, lone);
    const end = start + (lone < 0 ? line.length : lone);
    s.pos = end;
    skipLine(s);
    lineBreak = true;
    breaks = scanBlockBreaks(s, block);
  }
  if (header.chomping >= 0 && lineBreak) value += "\n";
  if (header.chomping > 0) value += "\n".repeat(breaks);
  return value;
}

const blockHeader = /[|>](?:([+-])([0-9])?|([0-9])([+-])?)?[ \t]*(?:#[^\r\n\0]*)?/y;

function scanBlockHeader(s: Scanner): { readonly chomping: number; readonly increment: number } {
  const at = s.pos;
  blockHeader.lastIndex = at;
  const match = blockHeader.exec(s.text);
  const sign = match?.[1] ?? match?.[4];
  const digit = match?.[2] ?? match?.[3];
  if (digit === "0") throw new SyntaxFailure(at, "the indentation of a block of text cannot be 0");
  s.pos = at + (match?.[0].length ?? 1);
  const code = s.text.charCodeAt(s.pos);
  if (!isBreak(code) && code !== 0)
    throw new SyntaxFailure(at, "a line end must follow the mark of a block of text");
  if (isBreak(code)) skipLine(s);
  return { chomping: sign === "+" ? 1 : sign === "-" ? -1 : 0, increment: Number(digit ?? "0") };
}

/** Goes over empty lines and the indentation of the next one; finds the indentation when none is set yet. */
function scanBlockBreaks(s: Scanner, block: { indent: number }): number {
  let breaks = 0;
  let deepest = 0;
  for (;;) {
    let column = s.pos - s.lineStart;
    while ((block.indent === 0 || column < block.indent) && s.text.charCodeAt(s.pos) === 32) {
      s.pos++;
      column++;
    }
    if (column > deepest) deepest = column;
    const code = s.text.charCodeAt(s.pos);
    if (code === 9 && (block.indent === 0 || column < block.indent))
      throw new SyntaxFailure(s.pos, "a tab cannot stand in the indentation of a block of text");
    if (!isBreak(code)) break;
    breaks++;
    skipLine(s);
  }
  if (block.indent === 0) block.indent = Math.max(deepest, s.indent + 1, 1);
  return breaks;
}

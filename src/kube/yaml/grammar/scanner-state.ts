import type { YamlToken } from "./token.ts";

/** Where the scanner stands. The text ends with a line end and a NUL; columns count UTF-16 units. */
export interface Scanner {
  readonly text: string;
  pos: number;
  /** Offset at which the line of `pos` begins, and how many lines stand before it. */
  lineStart: number;
  line: number;
  flowLevel: number;
  indent: number;
  readonly indents: number[];
  /** A simple key may begin here: at the start of a line, after an indicator. */
  keyAllowed: boolean;
  /** One candidate for a simple key at each flow level. */
  readonly keys: SimpleKey[];
  /** No level below this one has a possible key. */
  lowestKey: number;
  readonly queue: YamlToken[];
  head: number;
  /** Tokens handed out so far. */
  parsed: number;
  ended: boolean;
  /** Offset behind the last plain scalar; white space that was looked at behind it does not count. */
  plainEnd: number;
}

export interface SimpleKey {
  possible: boolean;
  /** The token before which KEY would go is held back for it. go-yaml forgets that of an empty flow collection. */
  listed: boolean;
  required: boolean;
  token: number;
  pos: number;
  line: number;
  column: number;
}

export function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

export function isBreak(code: number): boolean {
  return code === 10 || code === 13;
}

export function isBlankOrEnd(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9 || code === 0;
}

/** Goes over a line end: `\n`, `\r\n` or a lone `\r`. Of `\r\r\n` the splitter of streams takes one `\r` away. */
export function skipLine(s: Scanner): void {
  const { text } = s;
  let { pos } = s;
  if (text.charCodeAt(pos) === 13) {
    if (text.charCodeAt(pos + 1) === 10) pos++;
    else if (text.charCodeAt(pos + 1) === 13 && text.charCodeAt(pos + 2) === 10) pos += 2;
  }
  s.pos = pos + 1;
  s.line++;
  s.lineStart = s.pos;
}

/** `---` or `...` as a word of its own, at the start of a line. */
export function isDocumentIndicator(s: Scanner): boolean {
  if (s.pos !== s.lineStart) return false;
  const code = s.text.charCodeAt(s.pos);
  return (
    (code === 45 || code === 46) &&
    s.text.charCodeAt(s.pos + 1) === code &&
    s.text.charCodeAt(s.pos + 2) === code &&
    isBlankOrEnd(s.text.charCodeAt(s.pos + 3))
  );
}

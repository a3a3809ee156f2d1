import { scanBlockScalar, scanPlain, scanQuoted } from "./scan-scalars.ts";
import {
  isBlank,
  isBlankOrEnd,
  isBreak,
  isDocumentIndicator,
  type Scanner,
  type SimpleKey,
  skipLine,
} from "./scanner-state.ts";
import { SyntaxFailure, Token, type TokenKind, type YamlToken } from "./token.ts";

/** Farthest that the colon may stand from the start of a simple key, in characters (scannerc.go yaml_simple_key_is_valid). */
const MAX_KEY = 1024;

/** How many tokens stay in the queue after they were handed out. */
const QUEUE = 512;

/**
 * Tokens of one YAML document, by the rules of go-yaml v2's scanner (go.yaml.in/yaml/v2 scannerc.go, a port of libyaml:
 * YAML 1.1 with its own exceptions), because the API server reads what that scanner reads. No other reader of YAML in
 * JavaScript follows these rules. Tokens are named as there, so that the two can be laid side by side.
 */
export function yamlScanner(text: string): Scanner {
  // go-yaml drops a byte order mark from the start of what it is given.
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  return {
    text: text.endsWith("\n") ? `${text}\0` : `${text}\n\0`,
    pos: start,
    lineStart: start,
    line: 0,
    flowLevel: 0,
    indent: -1,
    indents: [],
    keyAllowed: true,
    keys: [noKey()],
    lowestKey: 0,
    queue: [],
    head: 0,
    parsed: 0,
    ended: false,
    plainEnd: start,
  };
}

function noKey(): SimpleKey {
  return { possible: false, listed: false, required: false, token: 0, pos: 0, line: 0, column: 0 };
}

/** The next token, which stays next until it is skipped. */
export function peek(s: Scanner): YamlToken {
  while (s.head === s.queue.length || headMayBeKey(s)) {
    if (s.head === s.queue.length && s.ended)
      return { kind: Token.streamEnd, at: s.pos, end: s.pos, text: "" };
    fetchNext(s);
  }
  // The loop ends only where the queue has a head.
  return s.queue[s.head] ?? { kind: Token.streamEnd, at: s.pos, end: s.pos, text: "" };
}

export function skip(s: Scanner): void {
  s.head++;
  s.parsed++;
  // Emptying an array gives its store back, so it is not done for every token.
  if (s.head < QUEUE) return;
  s.queue.splice(0, s.head);
  s.head = 0;
}

/** Whether the head of the queue may turn out to begin a simple key, so that a KEY token must go before it. */
function headMayBeKey(s: Scanner): boolean {
  // Candidates of lower levels have earlier tokens, and no listed candidate's token has been handed out.
  while (s.lowestKey < s.keys.length && !isListed(s.keys[s.lowestKey])) s.lowestKey++;
  const key = s.keys[s.lowestKey];
  return key !== undefined && key.token === s.parsed && isValidKey(s, key);
}

function isListed(key: SimpleKey | undefined): boolean {
  return key !== undefined && key.possible && key.listed;
}

function isValidKey(s: Scanner, key: SimpleKey): boolean {
  if (!key.possible) return false;
  if (key.line === s.line && !isFar(s, key.pos)) return true;
  if (key.required) throw new SyntaxFailure(key.pos, "a colon must follow this key on the same line");
  key.possible = false;
  return false;
}

function isFar(s: Scanner, from: number): boolean {
  if (s.pos - from <= MAX_KEY) return false;
  return s.pos - from > 2 * MAX_KEY || Array.from(s.text.slice(from, s.pos)).length > MAX_KEY;
}

function push(s: Scanner, kind: TokenKind, at: number, text = ""): void {
  s.queue.push({ kind, at, end: kind === Token.plain ? s.plainEnd : s.pos, text });
}

/** Notes that a simple key may begin at the current position. */
function saveKey(s: Scanner): void {
  if (!s.keyAllowed) return;
  const key = s.keys[s.flowLevel];
  if (key === undefined) return;
  removeKey(s);
  const column = s.pos - s.lineStart;
  key.possible = true;
  key.listed = true;
  key.required = s.flowLevel === 0 && s.indent === column;
  key.token = s.parsed + (s.queue.length - s.head);
  key.pos = s.pos;
  key.line = s.line;
  key.column = column;
  if (s.flowLevel < s.lowestKey) s.lowestKey = s.flowLevel;
}

function removeKey(s: Scanner): void {
  const key = s.keys[s.flowLevel];
  if (key === undefined || !key.possible) return;
  if (key.required) throw new SyntaxFailure(key.pos, "a colon must follow this key on the same line");
  key.possible = false;
}

/** Opens a block collection at a column that is deeper than the open one; its token goes before the `number`th. */
function rollIndent(s: Scanner, column: number, number: number, kind: TokenKind, at: number): void {
  if (s.flowLevel > 0 || s.indent >= column) return;
  s.indents.push(s.indent);
  s.indent = column;
  insert(s, number, { kind, at, end: at, text: "" });
}

/** Puts a token before the `number`th; at the end when that has been handed out already, or when it is -1. */
function insert(s: Scanner, number: number, token: YamlToken): void {
  const { queue } = s;
  queue.push(token);
  if (number < s.parsed) return;
  // Only a few tokens stand behind it; splice would cost more.
  const place = s.head + number - s.parsed;
  for (let index = queue.length - 1; index > place; index--) queue[index] = queue[index - 1] ?? token;
  queue[place] = token;
}

/** Closes the block collections that are deeper than a column. */
function unrollIndent(s: Scanner, column: number): void {
  if (s.flowLevel > 0) return;
  while (s.indent > column) {
    push(s, Token.blockEnd, s.pos);
    s.indent = s.indents.pop() ?? -1;
  }
}

function toNextToken(s: Scanner): void {
  const { text } = s;
  for (;;) {
    let code = text.charCodeAt(s.pos);
    while (code === 32 || (code === 9 && (s.flowLevel > 0 || !s.keyAllowed))) code = text.charCodeAt(++s.pos);
    if (code === 35) {
      while (!isBreak(code) && code !== 0) code = text.charCodeAt(++s.pos);
    }
    if (!isBreak(code)) return;
    skipLine(s);
    if (s.flowLevel === 0) s.keyAllowed = true;
  }
}

const C = {
  tab: 9,
  exclamation: 33,
  doubleQuote: 34,
  hash: 35,
  percent: 37,
  ampersand: 38,
  singleQuote: 39,
  star: 42,
  comma: 44,
  dash: 45,
  colon: 58,
  greater: 62,
  question: 63,
  at: 64,
  openBracket: 91,
  closeBracket: 93,
  grave: 96,
  openBrace: 123,
  bar: 124,
  closeBrace: 125,
} as const;

function fetchNext(s: Scanner): void {
  toNextToken(s);
  const code = s.text.charCodeAt(s.pos);
  const column = s.pos - s.lineStart;
  unrollIndent(s, column);
  if (code === 0) {
    unrollIndent(s, -1);
    removeKey(s);
    s.keyAllowed = false;
    s.ended = true;
    push(s, Token.streamEnd, s.pos);
    return;
  }
  if (column === 0 && (code === C.percent || isDocumentIndicator(s))) {
    fetchDocumentMark(s, code);
    return;
  }
  const blankAfter = isBlankOrEnd(s.text.charCodeAt(s.pos + 1));
  if (fetchIndicator(s, code, blankAfter) || fetchNode(s, code)) return;
  if (!startsPlain(s, code, blankAfter))
    throw new SyntaxFailure(s.pos, `the character ${s.text[s.pos] ?? ""} cannot begin a value here`);
  saveKey(s);
  s.keyAllowed = false;
  const at = s.pos;
  push(s, Token.plain, at, scanPlain(s));
}

function fetchDocumentMark(s: Scanner, code: number): void {
  if (code === C.percent) throw new SyntaxFailure(s.pos, "a directive cannot stand here");
  unrollIndent(s, -1);
  removeKey(s);
  s.keyAllowed = false;
  push(s, code === C.dash ? Token.documentStart : Token.documentEnd, s.pos);
  s.pos += 3;
}

function fetchIndicator(s: Scanner, code: number, blankAfter: boolean): boolean {
  switch (code) {
    case C.openBracket:
      fetchFlowStart(s, Token.flowSequence);
      return true;
    case C.openBrace:
      fetchFlowStart(s, Token.flowMapping);
      return true;
    case C.closeBracket:
      fetchFlowEnd(s, Token.flowSequenceEnd);
      return true;
    case C.closeBrace:
      fetchFlowEnd(s, Token.flowMappingEnd);
      return true;
    case C.comma:
      removeKey(s);
      s.keyAllowed = true;
      push(s, Token.flowEntry, s.pos++);
      return true;
    case C.dash:
      if (!blankAfter) return false;
      fetchBlockEntry(s);
      return true;
    case C.question:
      if (s.flowLevel === 0 && !blankAfter) return false;
      fetchKey(s);
      return true;
    case C.colon:
      if (s.flowLevel === 0 && !blankAfter) return false;
      fetchValue(s);
      return true;
    default:
      return false;
  }
}

function fetchFlowStart(s: Scanner, kind: TokenKind): void {
  saveKey(s);
  s.flowLevel++;
  const key = noKey();
  key.token = s.parsed + (s.queue.length - s.head);
  s.keys.push(key);
  s.keyAllowed = true;
  push(s, kind, s.pos++);
}

function fetchFlowEnd(s: Scanner, kind: TokenKind): void {
  removeKey(s);
  if (s.flowLevel > 0) {
    s.flowLevel--;
    const inner = s.keys.pop();
    const outer = s.keys[s.flowLevel];
    // A level without a candidate of its own still names its bracket's token, under which the outer one is listed.
    if (outer !== undefined && outer.token === inner?.token) outer.listed = false;
    if (s.lowestKey > s.flowLevel) s.lowestKey = s.flowLevel;
  }
  s.keyAllowed = false;
  push(s, kind, s.pos++);
}

function fetchBlockEntry(s: Scanner): void {
  if (s.flowLevel === 0) {
    if (!s.keyAllowed) throw new SyntaxFailure(s.pos, "a list item cannot begin here");
    rollIndent(s, s.pos - s.lineStart, -1, Token.blockSequence, s.pos);
  }
  removeKey(s);
  s.keyAllowed = true;
  push(s, Token.blockEntry, s.pos++);
}

function fetchKey(s: Scanner): void {
  if (s.flowLevel === 0) {
    if (!s.keyAllowed) throw new SyntaxFailure(s.pos, "a key cannot begin here");
    rollIndent(s, s.pos - s.lineStart, -1, Token.blockMapping, s.pos);
  }
  removeKey(s);
  s.keyAllowed = s.flowLevel === 0;
  push(s, Token.key, s.pos++);
}

function fetchValue(s: Scanner): void {
  const key = s.keys[s.flowLevel];
  if (key !== undefined && isValidKey(s, key)) {
    insert(s, key.token, { kind: Token.key, at: key.pos, end: key.pos, text: "" });
    rollIndent(s, key.column, key.token, Token.blockMapping, key.pos);
    key.possible = false;
    s.keyAllowed = false;
  } else {
    if (s.flowLevel === 0) {
      if (!s.keyAllowed)
        throw new SyntaxFailure(
          s.pos,
          "a value after a colon cannot stand here; is a line indented wrongly, or a text with a colon not in quotes?",
        );
      rollIndent(s, s.pos - s.lineStart, -1, Token.blockMapping, s.pos);
    }
    s.keyAllowed = s.flowLevel === 0;
  }
  push(s, Token.value, s.pos++);
}

function fetchNode(s: Scanner, code: number): boolean {
  switch (code) {
    case C.star:
    case C.ampersand: {
      saveKey(s);
      s.keyAllowed = false;
      const at = s.pos;
      push(s, code === C.star ? Token.alias : Token.anchor, at, scanAnchor(s));
      return true;
    }
    case C.exclamation: {
      saveKey(s);
      s.keyAllowed = false;
      const at = s.pos;
      push(s, Token.tag, at, scanTag(s));
      return true;
    }
    case C.bar:
    case C.greater: {
      if (s.flowLevel > 0) return false;
      removeKey(s);
      s.keyAllowed = true;
      const at = s.pos;
      push(s, Token.quoted, at, scanBlockScalar(s, code === C.bar));
      return true;
    }
    case C.singleQuote:
    case C.doubleQuote: {
      saveKey(s);
      s.keyAllowed = false;
      const at = s.pos;
      push(s, Token.quoted, at, scanQuoted(s, code === C.singleQuote));
      return true;
    }
    default:
      return false;
  }
}

const neverPlain = new Uint8Array(128);
for (const character of "-?:,[]{}#&*!|>'\"%@`\t") neverPlain[character.charCodeAt(0)] = 1;

function startsPlain(s: Scanner, code: number, blankAfter: boolean): boolean {
  if ((neverPlain[code] ?? 0) === 0) return true;
  // go-yaml asks for a space or tab here, not for a line end: `-` before one is an entry anyway.
  if (code === C.dash) return !isBlank(s.text.charCodeAt(s.pos + 1));
  return s.flowLevel === 0 && (code === C.question || code === C.colon) && !blankAfter;
}

const anchorName = /[0-9A-Za-z_-]+/y;
const afterAnchor = /[\s\0?:,\]}%@`]/y;

function scanAnchor(s: Scanner): string {
  anchorName.lastIndex = s.pos + 1;
  const name = anchorName.exec(s.text)?.[0] ?? "";
  afterAnchor.lastIndex = s.pos + 1 + name.length;
  if (name === "" || !afterAnchor.test(s.text))
    throw new SyntaxFailure(s.pos, "the name of an anchor or alias is of letters, digits, - and _");
  s.pos += 1 + name.length;
  return name;
}

const tagHandle = /!(?:[0-9A-Za-z_-]*!)?/y;
const tagUri = /(?:[0-9A-Za-z_\-;/?:@&=+$,.!~*'()[\]]|%[0-9A-Fa-f]{2})*/y;

/** A tag, as its full name. Nothing can declare handles in a chunk, so only `!` and `!!` are known. */
function scanTag(s: Scanner): string {
  const at = s.pos;
  let name: string;
  if (s.text.charCodeAt(at + 1) === 60) {
    const uri = match(tagUri, s.text, at + 2);
    s.pos = at + 2 + uri.length;
    if (uri === "" || s.text[s.pos] !== ">")
      throw new SyntaxFailure(at, "a tag in <> must hold a name and end with >");
    s.pos++;
    name = decodeTag(uri, at);
  } else {
    const handle = match(tagHandle, s.text, at);
    const uri = match(tagUri, s.text, at + handle.length);
    s.pos = at + handle.length + uri.length;
    if (handle === "!") name = `!${decodeTag(uri, at)}`;
    else if (handle !== "!!") throw new SyntaxFailure(at, `the tag handle ${handle} is not declared`);
    else if (uri === "") throw new SyntaxFailure(at, "a tag must have a name after !!");
    else name = `tag:yaml.org,2002:${decodeTag(uri, at)}`;
  }
  if (!isBlankOrEnd(s.text.charCodeAt(s.pos))) throw new SyntaxFailure(s.pos, "a space must follow a tag");
  return name;
}

function match(expression: RegExp, text: string, at: number): string {
  expression.lastIndex = at;
  return expression.exec(text)?.[0] ?? "";
}

function decodeTag(uri: string, at: number): string {
  if (!uri.includes("%")) return uri;
  try {
    return decodeURIComponent(uri);
  } catch {
    throw new SyntaxFailure(at, "the escapes of a tag are not UTF-8");
  }
}

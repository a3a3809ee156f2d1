import type { NodeSink } from "../node-sink.ts";
import { takeKey, takeValue } from "./plain-lines.ts";
import { peek, skip, yamlScanner } from "./scanner.ts";
import type { Scanner } from "./scanner-state.ts";
import { SyntaxFailure, Token, type TokenKind } from "./token.ts";

/**
 * Parses one YAML document into the builder by the grammar of go-yaml v2 (go.yaml.in/yaml/v2 parserc.go, a port of
 * libyaml), without recursion. Like go-yaml's Unmarshal it reads the first document only; what follows is a problem,
 * since the server would pass over it in silence.
 */
export function parseDocument(text: string, builder: NodeSink, maxDepth: number): void {
  const parser: Parser = {
    scanner: yamlScanner(text),
    builder,
    states: [],
    state: State.blockNode,
    depth: 0,
    maxDepth,
    done: false,
  };
  try {
    if (peek(parser.scanner).kind === Token.documentStart) skip(parser.scanner);
    // After a mark of its start a document may be empty; without one it has at least a value.
    const { kind } = peek(parser.scanner);
    if (kind === Token.streamEnd) return;
    if (kind === Token.documentEnd && parser.scanner.parsed > 0) {
      checkRest(parser);
      return;
    }
    parser.states.push(State.end);
    while (!parser.done && !builder.failed()) step(parser);
    if (!builder.failed()) checkRest(parser);
  } catch (error) {
    if (!(error instanceof SyntaxFailure)) throw error;
    builder.fail("yaml/syntax", Math.min(error.at, text.length), error.message);
  }
}

const State = {
  end: 0,
  blockNode: 1,
  blockSequenceFirst: 2,
  blockSequence: 3,
  indentlessSequence: 4,
  blockMappingFirst: 5,
  blockMappingKey: 6,
  blockMappingValue: 7,
  flowSequenceFirst: 8,
  flowSequence: 9,
  flowPairKey: 10,
  flowPairValue: 11,
  flowPairEnd: 12,
  flowMappingFirst: 13,
  flowMappingKey: 14,
  flowMappingValue: 15,
  flowMappingEmptyValue: 16,
} as const;
type StateKind = (typeof State)[keyof typeof State];

interface Parser {
  readonly scanner: Scanner;
  readonly builder: NodeSink;
  readonly states: StateKind[];
  state: StateKind;
  depth: number;
  readonly maxDepth: number;
  done: boolean;
}

function step(p: Parser): void {
  switch (p.state) {
    case State.end:
      p.done = true;
      return;
    case State.blockNode:
      parseNode(p, true, false);
      return;
    case State.blockSequenceFirst:
      skip(p.scanner);
      parseBlockSequence(p);
      return;
    case State.blockSequence:
      parseBlockSequence(p);
      return;
    case State.indentlessSequence:
      parseIndentlessSequence(p);
      return;
    case State.blockMappingFirst:
      skip(p.scanner);
      parseBlockKey(p);
      return;
    case State.blockMappingKey:
      parseBlockKey(p);
      return;
    case State.blockMappingValue:
      parseBlockValue(p);
      return;
    default:
      stepFlow(p);
  }
}

function stepFlow(p: Parser): void {
  switch (p.state) {
    case State.flowSequenceFirst:
      skip(p.scanner);
      parseFlowSequence(p, true);
      return;
    case State.flowSequence:
      parseFlowSequence(p, false);
      return;
    case State.flowPairKey:
      parseFlowPairKey(p);
      return;
    case State.flowPairValue:
      parseFlowPairValue(p);
      return;
    case State.flowPairEnd:
      closeCollection(p, State.flowSequence, -1);
      return;
    case State.flowMappingFirst:
      skip(p.scanner);
      parseFlowKey(p, true);
      return;
    case State.flowMappingKey:
      parseFlowKey(p, false);
      return;
    case State.flowMappingValue:
      parseFlowValue(p);
      return;
    default:
      empty(p, -1, State.flowMappingKey);
  }
}

function popState(p: Parser): StateKind {
  return p.states.pop() ?? State.end;
}

/** Reads a node and comes back to a state. */
function node(p: Parser, after: StateKind, block: boolean, indentless: boolean): void {
  p.states.push(after);
  parseNode(p, block, indentless);
}

/** A value that is left out. Where there is no place for it (-1) it stands where its key stands. */
function empty(p: Parser, at: number, next: StateKind): void {
  p.builder.plain("", at, at);
  p.state = next;
}

function openCollection(
  p: Parser,
  mapping: boolean,
  at: number,
  anchor: string | undefined,
  next: StateKind,
): void {
  p.depth++;
  if (p.depth > p.maxDepth) {
    p.builder.fail("yaml/too-deep", at, String(p.maxDepth));
    return;
  }
  if (mapping) p.builder.openMapping(at, anchor);
  else p.builder.openList(at, anchor);
  p.state = next;
}

/** `end` is the offset behind the bracket of a flow collection; -1 for collections that end with their last part. */
function closeCollection(p: Parser, next: StateKind, end: number): void {
  p.depth--;
  p.builder.close(end);
  p.state = next;
}

function parseNode(p: Parser, block: boolean, indentless: boolean): void {
  const s = p.scanner;
  let token = peek(s);
  if (token.kind === Token.plain) {
    p.builder.plain(token.text, token.at, token.end);
    skip(s);
    p.state = popState(p);
    return;
  }
  if (token.kind === Token.alias) {
    p.builder.alias(token.text, token.at, token.end);
    skip(s);
    p.state = popState(p);
    return;
  }
  const at = token.at;
  const { anchor, tag } = parseProperties(s);
  token = peek(s);
  if (indentless && token.kind === Token.blockEntry) {
    openCollection(p, false, token.at, anchor, State.indentlessSequence);
    return;
  }
  switch (token.kind) {
    case Token.plain:
    case Token.quoted: {
      const plain = token.kind === Token.plain;
      if (anchor === undefined && tag === "") p.builder.quoted(token.text, token.at, token.end);
      else p.builder.scalar({ text: token.text, plain, tag }, token.at, anchor, token.end);
      skip(s);
      p.state = popState(p);
      return;
    }
    case Token.flowSequence:
      openCollection(p, false, token.at, anchor, State.flowSequenceFirst);
      return;
    case Token.flowMapping:
      openCollection(p, true, token.at, anchor, State.flowMappingFirst);
      return;
    case Token.blockSequence:
      if (!block) break;
      openCollection(p, false, token.at, anchor, State.blockSequenceFirst);
      return;
    case Token.blockMapping:
      if (!block) break;
      openCollection(p, true, token.at, anchor, State.blockMappingFirst);
      return;
    default:
  }
  if (anchor === undefined && tag === "") throw unexpected(token.kind, token.at);
  p.builder.scalar({ text: "", plain: true, tag }, at, anchor, -1);
  p.state = popState(p);
}

/** One anchor and one tag, in either order. */
function parseProperties(s: Scanner): { readonly anchor: string | undefined; readonly tag: string } {
  let anchor: string | undefined;
  let tag = "";
  for (;;) {
    const token = peek(s);
    if (token.kind === Token.anchor && anchor === undefined) anchor = token.text;
    else if (token.kind === Token.tag && tag === "") tag = token.text;
    else return { anchor, tag };
    skip(s);
  }
}

function unexpected(kind: TokenKind, at: number): SyntaxFailure {
  const what = names.get(kind) ?? "this";
  return new SyntaxFailure(at, `a value was expected, found ${what}`);
}

const names: ReadonlyMap<TokenKind, string> = new Map<TokenKind, string>([
  [Token.streamEnd, "the end of the document"],
  [Token.documentStart, "the start of a document"],
  [Token.documentEnd, "the end of the document (...)"],
  [Token.blockSequence, "a list of lines inside brackets"],
  [Token.blockMapping, "a mapping of lines inside brackets"],
  [Token.blockEnd, "the end of an indented part"],
  [Token.flowSequenceEnd, "]"],
  [Token.flowMappingEnd, "}"],
  [Token.flowEntry, "a comma"],
  [Token.blockEntry, "a list item"],
  [Token.key, "a key"],
  [Token.value, "a colon"],
  [Token.anchor, "a second anchor"],
  [Token.tag, "a second tag"],
]);

function parseBlockSequence(p: Parser): void {
  const s = p.scanner;
  const entry = peek(s);
  if (entry.kind === Token.blockEnd) {
    skip(s);
    closeCollection(p, popState(p), -1);
    return;
  }
  if (entry.kind !== Token.blockEntry)
    throw new SyntaxFailure(entry.at, "a list item was expected here; is the line indented wrongly?");
  skip(s);
  if (plainValue(p, State.blockSequence)) return;
  const { kind } = peek(s);
  if (kind === Token.blockEntry || kind === Token.blockEnd) empty(p, entry.at, State.blockSequence);
  else node(p, State.blockSequence, true, false);
}

function parseIndentlessSequence(p: Parser): void {
  const s = p.scanner;
  const entry = peek(s);
  if (entry.kind !== Token.blockEntry) {
    closeCollection(p, popState(p), -1);
    return;
  }
  skip(s);
  if (plainValue(p, State.indentlessSequence)) return;
  const { kind } = peek(s);
  if (kind === Token.blockEntry || kind === Token.key || kind === Token.value || kind === Token.blockEnd)
    empty(p, entry.at, State.indentlessSequence);
  else node(p, State.indentlessSequence, true, false);
}

function parseBlockKey(p: Parser): void {
  const s = p.scanner;
  const key = takeKey(s);
  if (key !== undefined) {
    p.builder.plain(key.text, key.at, key.end);
    parseAfterColon(p);
    return;
  }
  const token = peek(s);
  if (token.kind === Token.blockEnd) {
    skip(s);
    closeCollection(p, popState(p), -1);
    return;
  }
  if (token.kind !== Token.key)
    throw new SyntaxFailure(token.at, "a key was expected here; is the line indented wrongly?");
  skip(s);
  const { kind } = peek(s);
  if (kind === Token.key || kind === Token.value || kind === Token.blockEnd)
    empty(p, token.at, State.blockMappingValue);
  else node(p, State.blockMappingValue, true, true);
}

function parseBlockValue(p: Parser): void {
  const s = p.scanner;
  if (peek(s).kind !== Token.value) {
    empty(p, -1, State.blockMappingKey);
    return;
  }
  skip(s);
  parseAfterColon(p);
}

/** Reads a value that fills the rest of its line and comes back to a state; false where there is none. */
function plainValue(p: Parser, after: StateKind): boolean {
  const value = takeValue(p.scanner);
  if (value === undefined) return false;
  p.builder.plain(value.text, value.at, value.end);
  p.state = after;
  return true;
}

function parseAfterColon(p: Parser): void {
  if (plainValue(p, State.blockMappingKey)) return;
  const { kind } = peek(p.scanner);
  if (kind === Token.key || kind === Token.value || kind === Token.blockEnd)
    empty(p, -1, State.blockMappingKey);
  else node(p, State.blockMappingKey, true, true);
}

function parseFlowSequence(p: Parser, first: boolean): void {
  const s = p.scanner;
  let token = peek(s);
  if (token.kind !== Token.flowSequenceEnd && !first) {
    if (token.kind !== Token.flowEntry) throw new SyntaxFailure(token.at, "a comma or ] was expected here");
    skip(s);
    token = peek(s);
  }
  if (token.kind === Token.flowSequenceEnd) {
    skip(s);
    closeCollection(p, popState(p), token.end);
  } else if (token.kind === Token.key) {
    openCollection(p, true, token.at, undefined, State.flowPairKey);
    skip(s);
  } else node(p, State.flowSequence, false, false);
}

function parseFlowPairKey(p: Parser): void {
  const token = peek(p.scanner);
  const { kind } = token;
  if (kind !== Token.value && kind !== Token.flowEntry && kind !== Token.flowSequenceEnd) {
    node(p, State.flowPairValue, false, false);
    return;
  }
  skip(p.scanner);
  empty(p, token.at, State.flowPairValue);
}

function parseFlowPairValue(p: Parser): void {
  const s = p.scanner;
  if (peek(s).kind === Token.value) {
    skip(s);
    const { kind } = peek(s);
    if (kind !== Token.flowEntry && kind !== Token.flowSequenceEnd) {
      node(p, State.flowPairEnd, false, false);
      return;
    }
  }
  empty(p, -1, State.flowPairEnd);
}

function parseFlowKey(p: Parser, first: boolean): void {
  const s = p.scanner;
  let token = peek(s);
  if (token.kind !== Token.flowMappingEnd && !first) {
    if (token.kind !== Token.flowEntry) throw new SyntaxFailure(token.at, "a comma or } was expected here");
    skip(s);
    token = peek(s);
  }
  if (token.kind === Token.flowMappingEnd) {
    skip(s);
    closeCollection(p, popState(p), token.end);
    return;
  }
  if (token.kind !== Token.key) {
    node(p, State.flowMappingEmptyValue, false, false);
    return;
  }
  skip(s);
  const { kind } = peek(s);
  if (kind === Token.value || kind === Token.flowEntry || kind === Token.flowMappingEnd)
    empty(p, token.at, State.flowMappingValue);
  else node(p, State.flowMappingValue, false, false);
}

function parseFlowValue(p: Parser): void {
  const s = p.scanner;
  if (peek(s).kind === Token.value) {
    skip(s);
    const { kind } = peek(s);
    if (kind !== Token.flowEntry && kind !== Token.flowMappingEnd) {
      node(p, State.flowMappingKey, false, false);
      return;
    }
  }
  empty(p, -1, State.flowMappingKey);
}

const onlyComments = /^(?:[ \t]*(?:#[^\r\n]*)?[\r\n]+)*[ \t]*\0?$/;

/** Everything after the document but comments and marks of its end is passed over by the server. */
function checkRest(p: Parser): void {
  const token = peek(p.scanner);
  if (token.kind === Token.streamEnd) return;
  if (token.kind === Token.documentEnd) {
    const rest = p.scanner.text.slice(token.at + 3);
    if (onlyComments.test(rest)) return;
  }
  p.builder.problem("yaml/ignored-content", token.at);
}

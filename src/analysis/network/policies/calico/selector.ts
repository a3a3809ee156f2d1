import { byText } from "../../../../kube/by-text.ts";
import { type Labels, matchesSelector, type SelectorOperator } from "../../../../kube/selector.ts";

/**
 * A selector of Calico as a tree (projectcalico/calico libcalico-go/lib/selector): what `has(a) && b in {'x'}` says about
 * one map of labels.
 */
export type CalicoSelector =
  /** `all()` and the empty text. */
  | { readonly kind: "all" }
  /** `global()`: everything, except in the namespaceSelector of a rule, where it means what has no namespace. */
  | { readonly kind: "global" }
  | { readonly kind: "test"; readonly key: string; readonly test: Test; readonly values: readonly string[] }
  | { readonly kind: "not"; readonly of: CalicoSelector }
  | { readonly kind: "and" | "or"; readonly of: readonly CalicoSelector[] };

/** `equals` and `in` are one; `!=` and `not in` are their negation, which a missing label passes. */
export type Test = "has" | "in" | "not in" | "starts with" | "ends with" | "contains";

/** What a requirement calls each test, and its opposite. */
export const operators: Readonly<Record<Test, readonly [SelectorOperator, SelectorOperator]>> = {
  has: ["Exists", "DoesNotExist"],
  in: ["In", "NotIn"],
  "not in": ["NotIn", "In"],
  "starts with": ["StartsWith", "NotStartsWith"],
  "ends with": ["EndsWith", "NotEndsWith"],
  contains: ["Contains", "NotContains"],
};

/** Why a text is no selector, and where: characters from 0. `tooBig`: Calico would read it. */
export interface SelectorFault {
  readonly message: string;
  readonly at: number;
  readonly tooBig: boolean;
}

export type SelectorRead =
  | { readonly selector: CalicoSelector; readonly fault?: undefined }
  | { readonly selector?: undefined; readonly fault: SelectorFault };

/** Characters of a selector, and brackets inside of each other; Calico has no limit but that of the object. */
const MOST_TEXT = 1 << 16;
const MOST_DEPTH = 100;
/** tokenizer.MaxLabelLength */
const MOST_LABEL = 512;

/** Reads a selector with the grammar and the quirks of Calico's own parser. The work grows with the text. */
export function parseCalicoSelector(text: string): SelectorRead {
  try {
    if (text.length > MOST_TEXT) throw new Fault(`is longer than ${MOST_TEXT} characters`, MOST_TEXT, true);
    return { selector: new Parser(tokensOf(text)).read() };
  } catch (error) {
    if (error instanceof Fault)
      return { fault: { message: error.message, at: error.at, tooBig: error.tooBig } };
    throw error;
  }
}

class Fault extends Error {
  readonly at: number;
  readonly tooBig: boolean;

  constructor(message: string, at: number, tooBig = false) {
    super(message);
    this.at = at;
    this.tooBig = tooBig;
  }
}

/** Does a selector select what has these labels? */
export function matchesCalico(selector: CalicoSelector, labels: Labels): boolean {
  switch (selector.kind) {
    case "all":
    case "global":
      return true;
    case "not":
      return !matchesCalico(selector.of, labels);
    case "and":
      return selector.of.every((each) => matchesCalico(each, labels));
    case "or":
      return selector.of.some((each) => matchesCalico(each, labels));
    default: {
      const { key, test, values } = selector;
      return matchesSelector([{ key, operator: operators[test][0], values }], labels);
    }
  }
}

// --- tokens (tokenizer.go AppendTokens)

type Word = Test | "==" | "!=";
type Token =
  | { readonly kind: "label" | "string" | "has"; readonly value: string; readonly at: number }
  | { readonly kind: "word"; readonly word: Word; readonly at: number }
  | {
      readonly kind: "(" | ")" | "{" | "}" | "," | "!" | "&&" | "||" | "all" | "global" | "end";
      readonly at: number;
    };

const blank = /[ \t]*/y;
const identifier = /[A-Za-z0-9_./-]*/y;
/** Blanks may stand between the words and behind them, and then no other name may begin there. */
const words: readonly { readonly pattern: RegExp; readonly word: Word }[] = [
  { pattern: /contains(?![A-Za-z0-9_./-])/y, word: "contains" },
  { pattern: /starts[ \t]*with[ \t]*(?![ \tA-Za-z0-9_./-])/y, word: "starts with" },
  { pattern: /ends[ \t]*with[ \t]*(?![ \tA-Za-z0-9_./-])/y, word: "ends with" },
  { pattern: /not[ \t]*in[ \t]*(?![ \tA-Za-z0-9_./-])/y, word: "not in" },
  { pattern: /in(?![A-Za-z0-9_./-])/y, word: "in" },
];

function end(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; ; ) {
    at = Math.max(at, end(blank, text, at));
    if (at >= text.length) {
      tokens.push({ kind: "end", at: text.length });
      return tokens;
    }
    const read = tokenAt(text, at, tokens.at(-1)?.kind === "label");
    tokens.push(read.token);
    at = read.next;
  }
}

interface TokenRead {
  readonly token: Token;
  readonly next: number;
}

function tokenAt(text: string, at: number, afterLabel: boolean): TokenRead {
  const first = text[at] ?? "";
  switch (first) {
    case "(":
    case ")":
    case "{":
    case "}":
    case ",":
      return { token: { kind: first, at }, next: at + 1 };
    case '"':
    case "'": {
      const close = text.indexOf(first, at + 1);
      if (close < 0) throw new Fault("unterminated string", at);
      return { token: { kind: "string", value: text.slice(at + 1, close), at }, next: close + 1 };
    }
    case "=":
      if (!text.startsWith("==", at)) throw new Fault("expected ==", at);
      return { token: { kind: "word", word: "==", at }, next: at + 2 };
    case "!":
      return text.startsWith("!=", at)
        ? { token: { kind: "word", word: "!=", at }, next: at + 2 }
        : { token: { kind: "!", at }, next: at + 1 };
    case "&":
    case "|": {
      const kind = first === "&" ? "&&" : "||";
      if (!text.startsWith(kind, at)) throw new Fault(`expected ${kind}`, at);
      return { token: { kind, at }, next: at + 2 };
    }
    default:
      return afterLabel ? wordAt(text, at) : nameAt(text, at);
  }
}

function wordAt(text: string, at: number): TokenRead {
  for (const { pattern, word } of words) {
    const next = end(pattern, text, at);
    if (next >= 0) return { token: { kind: "word", word, at }, next };
  }
  throw new Fault("expected an operator after the label", at);
}

function nameAt(text: string, at: number): TokenRead {
  for (const kind of ["has", "all", "global"] as const) {
    if (!text.startsWith(`${kind}(`, at)) continue;
    let next = Math.max(at, end(blank, text, at + kind.length + 1));
    const value = kind === "has" ? labelAt(text, next) : "";
    next = end(blank, text, next + value.length);
    if (text[next] !== ")") throw new Fault(`no closing ')' after ${kind}(`, next);
    return { token: kind === "has" ? { kind, value, at } : { kind, at }, next: next + 1 };
  }
  const value = labelAt(text, at);
  return { token: { kind: "label", value, at }, next: at + value.length };
}

function labelAt(text: string, at: number): string {
  const value = text.slice(at, end(identifier, text, at));
  if (value === "") throw new Fault("expected the name of a label", at);
  if (value.length > MOST_LABEL) throw new Fault("the name of a label is too long", at);
  return value;
}

// --- the grammar (parser.go)

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  read(): CalicoSelector {
    if (this.#peek().kind === "end") return { kind: "all" };
    const selector = this.#or();
    if (this.#peek().kind !== "end") throw new Fault("unexpected content", this.#peek().at);
    return selector;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: "end", at: 0 };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }

  #or(): CalicoSelector {
    return this.#joined("or", "||", () => this.#joined("and", "&&", () => this.#operation()));
  }

  #joined(kind: "and" | "or", by: "&&" | "||", read: () => CalicoSelector): CalicoSelector {
    const first = read();
    const of = [first];
    while (this.#peek().kind === by) {
      this.#take();
      of.push(read());
    }
    return of.length === 1 ? first : { kind, of };
  }

  #operation(): CalicoSelector {
    let negated = false;
    for (; this.#peek().kind === "!"; this.#take()) negated = !negated;
    const made = this.#operand();
    return negated ? { kind: "not", of: made } : made;
  }

  #operand(): CalicoSelector {
    const token = this.#take();
    switch (token.kind) {
      case "has":
        return { kind: "test", key: token.value, test: "has", values: [] };
      case "all":
      case "global":
        return { kind: token.kind };
      case "label":
        return this.#comparison(token.value);
      case "(": {
        if (++this.#depth > MOST_DEPTH)
          throw new Fault(`more than ${MOST_DEPTH} brackets inside of each other`, token.at, true);
        const inner = this.#or();
        this.#depth--;
        if (this.#peek().kind !== ")") throw new Fault("expected )", this.#peek().at);
        this.#take();
        return inner;
      }
      default:
        throw new Fault(token.kind === "end" ? "the selector ends too early" : "unexpected", token.at);
    }
  }

  #comparison(key: string): CalicoSelector {
    const token = this.#take();
    if (token.kind !== "word") throw new Fault("expected an operator after the label", token.at);
    if (token.word === "in" || token.word === "not in")
      return { kind: "test", key, test: token.word, values: this.#set() };
    const value = this.#take();
    if (value.kind !== "string") throw new Fault("expected a text in quotes", value.at);
    const test = token.word === "==" ? "in" : token.word === "!=" ? "not in" : token.word;
    return { kind: "test", key, test, values: [value.value] };
  }

  /** `{'a', "b"}`; it may be empty, and a comma may stand before its end. */
  #set(): readonly string[] {
    const open = this.#take();
    if (open.kind !== "{") throw new Fault("expected a set in {}", open.at);
    const values = new Set<string>();
    for (let token = this.#peek(); token.kind === "string"; token = this.#peek()) {
      this.#take();
      values.add(token.value);
      if (this.#peek().kind !== ",") break;
      this.#take();
    }
    if (this.#peek().kind !== "}") throw new Fault("expected }", this.#peek().at);
    this.#take();
    return [...values].sort(byText);
  }
}

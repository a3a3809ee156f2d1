import {
  type CelProblem,
  childrenOf,
  type Expr,
  type FieldEntry,
  type LiteralValue,
  type MapEntry,
  MAX_CODE_POINTS,
  MAX_DEPTH,
} from "./ast.ts";
import { type Token, tokensOf } from "./lexer.ts";
import { macroOf, type MacroParts } from "./macros.ts";
import { codePoints, CelUint } from "./values.ts";

export interface ParsedCel {
  readonly expr: Expr;
  /** Ids are below this number. */
  readonly ids: number;
}

export interface ParseOptions {
  /** May expressions use what was introduced with this minor? */
  readonly introduced: (minor: number) => boolean;
}

/** Words that are no names of variables. */
const reserved: ReadonlySet<string> = new Set(
  "as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);
const literals: ReadonlyMap<string, LiteralValue> = new Map<string, LiteralValue>([
  ["true", true],
  ["false", false],
  ["null", null],
]);
const relations: ReadonlySet<string> = new Set(["<", "<=", ">=", ">", "==", "!=", "in"]);
const MAX_INT = 2n ** 63n;
const MAX_UINT = 2n ** 64n;

/** Expressions that macros may write a second time. */
const COPIES = 1000;
const COPIES_A_TOKEN = 4;

class Stop extends Error {
  readonly problem: CelProblem;
  constructor(problem: CelProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** Reads an expression (grammar: cel-go parser/gen/CEL.g4); what is wrong with it, otherwise. */
export function parseCel(source: string, options: ParseOptions): ParsedCel | readonly CelProblem[] {
  const size = source.length > MAX_CODE_POINTS ? codePoints(source) : 0;
  if (size > MAX_CODE_POINTS)
    return [
      {
        at: -1,
        message: `expression code point size exceeds limit: size: ${size}, limit ${MAX_CODE_POINTS}`,
      },
    ];
  const { tokens, fault } = tokensOf(source);
  if (fault !== undefined) return [fault];
  const parser = new Parser(tokens, options);
  try {
    const expr = parser.whole();
    return parser.problems.length > 0 ? parser.problems : { expr, ids: parser.ids };
  } catch (error) {
    if (error instanceof Stop) return [...parser.problems, error.problem];
    throw error;
  }
}

class Parser {
  readonly problems: CelProblem[] = [];
  readonly #tokens: readonly Token[];
  readonly #options: ParseOptions;
  #next = 0;
  #ids = 0;
  #nesting = 0;
  #copies = 0;
  readonly #mostCopies: number;
  readonly #sizes = new Map<Expr, number>();

  constructor(tokens: readonly Token[], options: ParseOptions) {
    this.#tokens = tokens;
    this.#options = options;
    this.#mostCopies = COPIES + COPIES_A_TOKEN * tokens.length;
  }

  get ids(): number {
    return this.#ids;
  }

  whole(): Expr {
    const expr = this.#expr();
    if (this.#peek().kind !== "end") this.#unexpected("<EOF>");
    return expr;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: "end", text: "<EOF>", at: 0 };
  }

  #isOp(text: string): boolean {
    const token = this.#peek();
    return token.kind === "op" && token.text === text;
  }

  #take(text: string): Token | undefined {
    return this.#isOp(text) ? this.#tokens[this.#next++] : undefined;
  }

  #expect(text: string): Token {
    return this.#take(text) ?? this.#unexpected(`'${text}'`);
  }

  #unexpected(wanted: string): never {
    const token = this.#peek();
    throw new Stop({
      at: token.at,
      message: `Syntax error: mismatched input '${token.text}' expecting ${wanted}`,
    });
  }

  #id(): number {
    return this.#ids++;
  }

  #call(at: number, name: string, target: Expr | undefined, args: readonly Expr[]): Expr {
    return { kind: "call", id: this.#id(), at, name, target, args };
  }

  /** One level deeper, up to the limit of the server. */
  #deeper<T>(work: () => T): T {
    this.#nesting++;
    if (this.#nesting > MAX_DEPTH)
      throw new Stop({ at: -1, message: `expression recursion limit exceeded: ${MAX_DEPTH}` });
    const result = work();
    this.#nesting--;
    return result;
  }

  /** A left-recursive rule nests with every repetition. */
  #chained(count: number): void {
    if (count + this.#nesting > MAX_DEPTH)
      throw new Stop({ at: -1, message: "max recursion depth exceeded" });
  }

  #expr(): Expr {
    return this.#deeper(() => {
      const condition = this.#logic("||");
      const mark = this.#take("?");
      if (mark === undefined) return condition;
      const then = this.#logic("||");
      this.#expect(":");
      const otherwise = this.#expr();
      return this.#call(mark.at, "_?_:_", undefined, [condition, then, otherwise]);
    });
  }

  /** `a || b || c`, and `&&` below it, each as one call. */
  #logic(operator: "||" | "&&"): Expr {
    const below = (): Expr => (operator === "||" ? this.#logic("&&") : this.#relation());
    const first = below();
    const at = this.#peek().at;
    const terms = [first];
    while (this.#take(operator) !== undefined) terms.push(below());
    return terms.length === 1 ? first : this.#call(at, operator === "||" ? "_||_" : "_&&_", undefined, terms);
  }

  #relation(): Expr {
    let left = this.#sum();
    for (let count = 1; ; count++) {
      const token = this.#peek();
      if (token.kind !== "op" || !relations.has(token.text)) return left;
      this.#chained(count);
      this.#next++;
      const right = this.#sum();
      left = this.#call(token.at, token.text === "in" ? "@in" : `_${token.text}_`, undefined, [left, right]);
    }
  }

  #sum(): Expr {
    return this.#binary(["+", "-"], () => this.#binary(["*", "/", "%"], () => this.#unary()));
  }

  #binary(operators: readonly string[], below: () => Expr): Expr {
    let left = below();
    for (let count = 1; ; count++) {
      const token = this.#peek();
      if (token.kind !== "op" || !operators.includes(token.text)) return left;
      this.#chained(count);
      this.#next++;
      left = this.#call(token.at, `_${token.text}_`, undefined, [left, below()]);
    }
  }

  #unary(): Expr {
    const first = this.#peek();
    if (first.kind !== "op" || (first.text !== "!" && first.text !== "-")) return this.#member();
    let count = 0;
    while (this.#take(first.text) !== undefined) count++;
    const after = this.#peek();
    // One sign right before a number is a part of it; several are operators.
    if (count === 1 && first.text === "-" && (after.kind === "int" || after.kind === "double")) {
      this.#next--;
      return this.#member();
    }
    const operand = this.#member();
    return count % 2 === 0
      ? operand
      : this.#call(first.at, first.text === "!" ? "!_" : "-_", undefined, [operand]);
  }

  #member(): Expr {
    let expr = this.#primary();
    for (let count = 1; ; count++) {
      const dot = this.#take(".");
      const bracket = dot === undefined ? this.#take("[") : undefined;
      if (dot !== undefined) expr = this.#selected(dot, expr);
      else if (bracket !== undefined) expr = this.#indexed(bracket, expr);
      else return expr;
      this.#chained(count);
    }
  }

  #indexed(bracket: Token, operand: Expr): Expr {
    const optional = this.#take("?") !== undefined;
    const index = this.#expr();
    this.#expect("]");
    return this.#call(bracket.at, optional ? "_[?_]" : "_[_]", undefined, [operand, index]);
  }

  #selected(dot: Token, operand: Expr): Expr {
    const optional = this.#take("?");
    const name = this.#peek();
    if (name.kind !== "ident" && name.kind !== "quoted-ident") this.#unexpected("IDENTIFIER");
    if (name.kind === "quoted-ident" && !this.#options.introduced(34))
      throw new Stop({ at: name.at, message: "unsupported syntax: '`'" });
    // Words of the grammar are no names of fields either.
    if (name.kind === "ident" && literals.has(name.text)) this.#unexpected("IDENTIFIER");
    this.#next++;
    if (optional !== undefined) {
      const field: Expr = { kind: "literal", id: this.#id(), at: name.at, value: name.text };
      return this.#call(dot.at, "_?._", undefined, [operand, field]);
    }
    const open = name.kind === "ident" ? this.#take("(") : undefined;
    if (open === undefined)
      return { kind: "select", id: this.#id(), at: dot.at, operand, field: name.text, test: false };
    return this.#callOrMacro(open.at, name.text, operand, this.#args());
  }

  #args(): readonly Expr[] {
    const args: Expr[] = [];
    if (this.#take(")") !== undefined) return args;
    do args.push(this.#expr());
    while (this.#take(",") !== undefined);
    this.#expect(")");
    return args;
  }

  #callOrMacro(at: number, name: string, target: Expr | undefined, args: readonly Expr[]): Expr {
    const macro = macroOf(name, args.length, target !== undefined, this.#options.introduced);
    return macro?.(this.#parts(at), target, args) ?? this.#call(at, name, target, args);
  }

  #parts(at: number): MacroParts {
    return {
      literal: (value) => ({ kind: "literal", id: this.#id(), at, value }),
      ident: (name) => ({ kind: "ident", id: this.#id(), at, name }),
      list: (...items) => ({ kind: "list", id: this.#id(), at, items, optional: new Set() }),
      map: (...entries) => ({
        kind: "map",
        id: this.#id(),
        at,
        entries: entries.map(([key, value]) => ({ id: this.#id(), at, key, value, optional: false })),
      }),
      call: (name, ...args) => this.#call(at, name, undefined, args),
      member: (name, target, ...args) => this.#call(at, name, target, args),
      fold: (parts) => ({ kind: "fold", id: this.#id(), at, ...parts }),
      select: (operand, field, test) => ({ kind: "select", id: this.#id(), at, operand, field, test }),
      twice: (part) => this.#copied(at, part),
      fault: (expr, message) => {
        this.problems.push({ at: expr.at, message });
        return { kind: "literal", id: this.#id(), at, value: false };
      },
    };
  }

  /** Each `optMap` in a row doubles what stands before it: past a limit nobody looks at it to its end, the server neither. */
  #copied(at: number, part: Expr): void {
    this.#copies += this.#partsOf(part);
    if (this.#copies > this.#mostCopies)
      throw new Stop({ at, message: "optMap and optFlatMap make the expression too large" });
  }

  /** How many expressions one is made of, each as often as it stands there. */
  #partsOf(expr: Expr): number {
    const known = this.#sizes.get(expr);
    if (known !== undefined) return known;
    const size = childrenOf(expr).reduce((sum, child) => sum + this.#partsOf(child), 1);
    this.#sizes.set(expr, size);
    return size;
  }

  #primary(): Expr {
    const token = this.#peek();
    if (token.kind === "op") return this.#bracketed(token);
    this.#next++;
    switch (token.kind) {
      case "int":
      case "uint":
      case "double":
      case "string":
      case "bytes":
        return this.#literal(token, "");
      case "ident":
        return this.#named(token, "");
      default:
        this.#next--;
        return this.#unexpected("an expression");
    }
  }

  #bracketed(token: Token): Expr {
    this.#next++;
    switch (token.text) {
      case "(": {
        const expr = this.#expr();
        this.#expect(")");
        return expr;
      }
      case "[":
        return this.#list(token);
      case "{":
        return this.#map(token);
      case ".": {
        const name = this.#peek();
        if (name.kind !== "ident") this.#unexpected("IDENTIFIER");
        this.#next++;
        return this.#named(name, ".");
      }
      case "-": {
        const number = this.#peek();
        if (number.kind === "int" || number.kind === "double") {
          this.#next++;
          return this.#literal(number, "-", token.at);
        }
        break;
      }
      default:
    }
    this.#next--;
    return this.#unexpected("an expression");
  }

  #literal(token: Token, sign: "" | "-", at: number = token.at): Expr {
    return { kind: "literal", id: this.#id(), at, value: this.#value(token, sign) };
  }

  #value(token: Token, sign: string): LiteralValue {
    if (token.fault !== undefined) {
      this.problems.push({ at: token.at, message: token.fault });
      return "";
    }
    switch (token.kind) {
      case "string":
        return token.string ?? "";
      case "bytes":
        return token.bytes ?? new Uint8Array();
      case "double": {
        const value = Number(sign + token.text);
        if (!Number.isFinite(value)) this.problems.push({ at: token.at, message: "invalid double literal" });
        return value;
      }
      case "uint": {
        const value = BigInt(token.text.slice(0, -1));
        if (value >= MAX_UINT) this.problems.push({ at: token.at, message: "invalid uint literal" });
        return new CelUint(BigInt.asUintN(64, value));
      }
      default: {
        // A hundred thousand digits are refused by their number, not by their value.
        const value = token.text.length > 40 && !/^0+/.test(token.text) ? MAX_UINT : BigInt(token.text);
        const signed = sign === "-" ? -value : value;
        if (signed >= MAX_INT || signed < -MAX_INT)
          this.problems.push({ at: token.at, message: "invalid int literal" });
        return BigInt.asIntN(64, signed);
      }
    }
  }

  #named(token: Token, dot: "" | "."): Expr {
    const known = dot === "" ? literals.get(token.text) : undefined;
    if (known !== undefined) return { kind: "literal", id: this.#id(), at: token.at, value: known };
    const message = this.#messageName(token, dot);
    if (message !== undefined) return message;
    if (reserved.has(token.text)) {
      this.problems.push({ at: token.at, message: `reserved identifier: ${token.text}` });
    }
    const name = dot + token.text;
    const open = this.#take("(");
    if (open !== undefined) return this.#callOrMacro(open.at, name, undefined, this.#args());
    return { kind: "ident", id: this.#id(), at: token.at, name };
  }

  /** `a.b.C{…}`; undefined when no brace follows the name. */
  #messageName(first: Token, dot: string): Expr | undefined {
    let ahead = this.#next;
    let name = dot + first.text;
    for (;;) {
      const token = this.#tokens[ahead];
      if (token?.kind === "op" && token.text === "{") break;
      const part = this.#tokens[ahead + 1];
      if (token?.kind !== "op" || token.text !== "." || part?.kind !== "ident") return undefined;
      name += `.${part.text}`;
      ahead += 2;
    }
    this.#next = ahead;
    const open = this.#expect("{");
    const id = this.#id();
    const fields: FieldEntry[] = [];
    while (this.#take("}") === undefined) {
      const optional = this.#take("?") !== undefined;
      const field = this.#peek();
      if (field.kind !== "ident" && field.kind !== "quoted-ident") this.#unexpected("IDENTIFIER");
      this.#next++;
      const colon = this.#expect(":");
      fields.push({ id: this.#id(), at: colon.at, field: field.text, value: this.#expr(), optional });
      if (this.#take(",") === undefined && !this.#isOp("}")) this.#unexpected("'}'");
    }
    return { kind: "struct", id, at: open.at, name, fields };
  }

  #list(open: Token): Expr {
    const id = this.#id();
    const items: Expr[] = [];
    const optional = new Set<number>();
    while (this.#take("]") === undefined) {
      if (this.#take("?") !== undefined) optional.add(items.length);
      items.push(this.#expr());
      if (this.#take(",") === undefined && !this.#isOp("]")) this.#unexpected("']'");
    }
    return { kind: "list", id, at: open.at, items, optional };
  }

  #map(open: Token): Expr {
    const id = this.#id();
    const entries: MapEntry[] = [];
    while (this.#take("}") === undefined) {
      const optional = this.#take("?") !== undefined;
      const key = this.#expr();
      const colon = this.#expect(":");
      entries.push({ id: this.#id(), at: colon.at, key, value: this.#expr(), optional });
      if (this.#take(",") === undefined && !this.#isOp("}")) this.#unexpected("'}'");
    }
    return { kind: "map", id, at: open.at, entries };
  }
}

/**
 * Reads the literals of a Go source file: what a table of tests is made of. Upstream's tables are read where they lie, never
 * copied. Functions in literals are skipped; everything else that is not understood throws.
 */
export type GoValue =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "name"; readonly value: string }
  | { readonly kind: "call"; readonly callee: GoValue; readonly args: readonly GoValue[] }
  | { readonly kind: "member"; readonly of: GoValue; readonly name: string }
  | { readonly kind: "binary"; readonly operator: string; readonly left: GoValue; readonly right: GoValue }
  | { readonly kind: "function" }
  | {
      readonly kind: "composite";
      readonly type: string;
      readonly entries: readonly { readonly key?: GoValue; readonly value: GoValue }[];
    };

const token =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|("(?:[^"\\\n]|\\.)*")|(`[^`]*`)|('(?:[^'\\\n]|\\.)*')|([A-Za-z_][A-Za-z0-9_]*)|([0-9][0-9a-zA-Z_.]*)|(:=|\.\.\.|&&|\|\||==|!=|<=|>=|[-+*/%&|^!<>=.,:;()[\]{}])/gy;

interface Token {
  readonly kind: "text" | "raw" | "rune" | "name" | "number" | "mark";
  readonly text: string;
}

function tokens(source: string): readonly Token[] {
  const found: Token[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < source.length) {
    const at = token.lastIndex;
    const match = token.exec(source);
    if (match === null) throw new Error(`no Go token at ${at}: ${source.slice(at, at + 30)}`);
    const [, text, raw, rune, name, number, mark] = match;
    if (text !== undefined) found.push({ kind: "text", text });
    else if (raw !== undefined) found.push({ kind: "raw", text: raw });
    else if (rune !== undefined) found.push({ kind: "rune", text: rune });
    else if (name !== undefined) found.push({ kind: "name", text: name });
    else if (number !== undefined) found.push({ kind: "number", text: number });
    else if (mark !== undefined) found.push({ kind: "mark", text: mark });
  }
  return found;
}

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;
  constructor(list: readonly Token[]) {
    this.#tokens = list;
  }
  peek(ahead: number = 0): string {
    return this.#tokens[this.#at + ahead]?.text ?? "";
  }
  kind(): Token["kind"] | "end" {
    return this.#tokens[this.#at]?.kind ?? "end";
  }
  take(text?: string): string {
    const next = this.peek();
    if (text !== undefined && next !== text)
      throw new Error(
        `expected ${text}, found ${next} after ${this.#tokens
          .slice(this.#at - 8, this.#at)
          .map((one) => one.text)
          .join(" ")}`,
      );
    this.#at++;
    return next;
  }
  /** Skips a group in brackets, at its opening one. */
  skip(): void {
    const closing: Readonly<Record<string, string>> = { "{": "}", "(": ")", "[": "]" };
    const stack: string[] = [];
    do {
      const next = this.take();
      if (next === "") throw new Error("a bracket is not closed");
      const close = closing[next];
      if (close !== undefined) stack.push(close);
      else if (next === stack.at(-1)) stack.pop();
    } while (stack.length > 0);
  }
}

/** The value that begins at the end of the first text that matches. */
export function goValueAfter(source: string, start: RegExp): GoValue {
  const found = start.exec(source);
  if (found === null) throw new Error(`nothing in the Go file matches ${String(start)}`);
  return goValue(source.slice(found.index + found[0].length));
}

export function goValue(text: string): GoValue {
  return expression(new Reader(tokens(text)));
}

function expression(reader: Reader): GoValue {
  let left = unary(reader);
  while (["+", "-", "*", "/", "==", "&&", "||"].includes(reader.peek())) {
    const operator = reader.take();
    left = { kind: "binary", operator, left, right: unary(reader) };
  }
  return left;
}

function unary(reader: Reader): GoValue {
  if (["&", "*", "!", "-"].includes(reader.peek())) {
    reader.take();
    return unary(reader);
  }
  return chained(reader, primary(reader));
}

function chained(reader: Reader, start: GoValue): GoValue {
  let value = start;
  for (;;) {
    if (reader.peek() === "(") value = { kind: "call", callee: value, args: args(reader) };
    else if (reader.peek() === ".") {
      reader.take();
      value = { kind: "member", of: value, name: reader.take() };
    } else if (reader.peek() === "{" && isType(value)) value = composite(reader, typeText(value));
    else return value;
  }
}

/** A name that a composite literal may follow: `rbacv1.PolicyRule{`, `escalationTest{`. */
function isType(value: GoValue): boolean {
  return value.kind === "name" || (value.kind === "member" && value.of.kind === "name");
}

function typeText(value: GoValue): string {
  if (value.kind === "name") return value.value;
  return value.kind === "member" ? `${typeText(value.of)}.${value.name}` : "";
}

function primary(reader: Reader): GoValue {
  switch (reader.kind()) {
    case "text":
      return { kind: "text", value: JSON.parse(reader.take()) as string };
    case "raw":
      return { kind: "text", value: reader.take().slice(1, -1) };
    case "rune":
    case "number":
      return { kind: "number", value: Number(reader.take().replaceAll("_", "")) };
    case "name": {
      if (reader.peek() === "func") return skipFunction(reader);
      if (reader.peek() === "map" || reader.peek() === "struct") return composite(reader, type(reader));
      return { kind: "name", value: reader.take() };
    }
    default:
      if (reader.peek() === "[") return composite(reader, type(reader));
      if (reader.peek() === "{") return composite(reader, "");
      if (reader.peek() === "(") {
        reader.take("(");
        const inner = expression(reader);
        reader.take(")");
        return inner;
      }
      throw new Error(`no Go value begins with ${reader.peek()}`);
  }
}

function skipFunction(reader: Reader): GoValue {
  reader.take("func");
  reader.skip();
  while (reader.peek() !== "{") reader.take();
  reader.skip();
  return { kind: "function" };
}

function type(reader: Reader): string {
  let text = "";
  for (;;) {
    const next = reader.peek();
    if (next === "struct") {
      reader.take();
      reader.skip();
      return `${text}struct`;
    }
    if (next === "[") {
      reader.take();
      while (reader.peek() !== "]") text += reader.take();
      reader.take("]");
      text += "[]";
    } else if (next === "map") text += reader.take();
    else if (next === "*" || next === "." || reader.kind() === "name") text += reader.take();
    else return text;
  }
}

function composite(reader: Reader, name: string): GoValue {
  // A conversion: `[]byte("…")`.
  if (reader.peek() === "(")
    return { kind: "call", callee: { kind: "name", value: name }, args: args(reader) };
  reader.take("{");
  const entries: { key?: GoValue; value: GoValue }[] = [];
  while (reader.peek() !== "}") {
    const first = expression(reader);
    if (reader.peek() === ":") {
      reader.take();
      entries.push({ key: first, value: expression(reader) });
    } else entries.push({ value: first });
    if (reader.peek() === ",") reader.take();
  }
  reader.take("}");
  return { kind: "composite", type: name, entries };
}

function args(reader: Reader): readonly GoValue[] {
  reader.take("(");
  const found: GoValue[] = [];
  while (reader.peek() !== ")") {
    found.push(expression(reader));
    if (reader.peek() === "...") reader.take();
    if (reader.peek() === ",") reader.take();
  }
  reader.take(")");
  return found;
}

// --- what a test asks of a value

/** The field of a struct literal; undefined when it is left out. */
export function field(value: GoValue | undefined, name: string): GoValue | undefined {
  if (value?.kind !== "composite") return undefined;
  return value.entries.find(({ key }) => key?.kind === "name" && key.value === name)?.value;
}

/** The elements of a list literal. */
export function elements(value: GoValue | undefined): readonly GoValue[] {
  return value?.kind === "composite" ? value.entries.map((entry) => entry.value) : [];
}

export function goText(value: GoValue | undefined): string {
  return value?.kind === "text" ? value.value : "";
}

export function goTexts(value: GoValue | undefined): readonly string[] {
  return elements(value).map(goText);
}

export function goFlag(value: GoValue | undefined): boolean {
  return value?.kind === "name" && value.value === "true";
}

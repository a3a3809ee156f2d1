import { isArray, isObject, type Json, valueAt } from "./json.ts";
import { subdomainSyntax } from "./name-syntax.ts";

export type Labels = Readonly<Record<string, string>>;

/** The last six are those of Calico, which look into the value; no LabelSelector has them. The negative ones hold where the key is missing. */
export type SelectorOperator =
  | "In"
  | "NotIn"
  | "Exists"
  | "DoesNotExist"
  | "Gt"
  | "Lt"
  | "StartsWith"
  | "NotStartsWith"
  | "EndsWith"
  | "NotEndsWith"
  | "Contains"
  | "NotContains";

export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  /** Sorted, without repeats. */
  readonly values: readonly string[];
}

/** All of its requirements must hold; an empty one selects everything. */
export type Selector = readonly Requirement[];

/** Does every requirement hold for these labels? (apimachinery pkg/labels/selector.go, Requirement.Matches) */
export function matchesSelector(selector: Selector, labels: Labels): boolean {
  return selector.every((requirement) => matchesRequirement(requirement, labels));
}

function matchesRequirement({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  const inside = textOperators[operator];
  if (inside !== undefined)
    return (value !== undefined && matchesText(inside.operator, value, values[0] ?? "")) === inside.holds;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default: {
      const label = value === undefined ? undefined : integer(value);
      const bound = integer(values[0] ?? "");
      if (label === undefined || bound === undefined) return false;
      return operator === "Gt" ? label > bound : label < bound;
    }
  }
}

export type TextOperator = "StartsWith" | "EndsWith" | "Contains";

/** The operators that look into values: which test, and whether it must hold. */
export const textOperators: Readonly<
  Partial<Record<SelectorOperator, { readonly operator: TextOperator; readonly holds: boolean }>>
> = {
  StartsWith: { operator: "StartsWith", holds: true },
  NotStartsWith: { operator: "StartsWith", holds: false },
  EndsWith: { operator: "EndsWith", holds: true },
  NotEndsWith: { operator: "EndsWith", holds: false },
  Contains: { operator: "Contains", holds: true },
  NotContains: { operator: "Contains", holds: false },
};

/** Does a value start with, end with or contain a text? */
export function matchesText(operator: TextOperator, value: string, text: string): boolean {
  if (operator === "StartsWith") return value.startsWith(text);
  return operator === "EndsWith" ? value.endsWith(text) : value.includes(text);
}

/**
 * The requirements of a LabelSelector (metav1.LabelSelectorAsSelector): an empty one selects everything. Undefined for
 * what selects nothing: no selector at all, and a selector that the API server refuses.
 */
export function selectorOf(selector: Json | undefined): Selector | undefined {
  if (!isObject(selector)) return undefined;
  const requirements: Requirement[] = [];
  const labels = valueAt(selector, ["matchLabels"]) ?? {};
  const expressions = valueAt(selector, ["matchExpressions"]) ?? [];
  if (!isObject(labels) || !isArray(expressions)) return undefined;
  for (const [key, value] of Object.entries(labels)) {
    if (typeof value !== "string") return undefined;
    requirements.push({ key, operator: "In", values: [value] });
  }
  for (const expression of expressions) {
    const requirement = requirementOf(expression);
    if (requirement === undefined) return undefined;
    requirements.push(requirement);
  }
  return requirements.every(isValid) ? requirements : undefined;
}

function requirementOf(expression: Json): Requirement | undefined {
  if (!isObject(expression)) return undefined;
  const key = valueAt(expression, ["key"]);
  const operator = valueAt(expression, ["operator"]);
  const values = valueAt(expression, ["values"]) ?? [];
  if (typeof key !== "string" || !isArray(values)) return undefined;
  if (operator !== "In" && operator !== "NotIn" && operator !== "Exists" && operator !== "DoesNotExist")
    return undefined;
  const texts = values.filter((value) => typeof value === "string");
  if (texts.length !== values.length) return undefined;
  return { key, operator, values: distinct(texts) };
}

/**
 * Does a LabelSelector select these labels? `{}` selects everything; no selector (undefined, null) selects nothing, and
 * so does a selector that the API server refuses.
 */
export function matchesLabels(selector: Json | undefined, labels: Labels): boolean {
  const requirements = selectorOf(selector);
  return requirements !== undefined && matchesSelector(requirements, labels);
}

/**
 * Does the plain map of a Service (or ReplicationController) select these labels? An empty map selects nothing: such a
 * Service has no endpoints of its own (endpointslice controller, syncService).
 */
export function matchesMap(selector: Json | undefined, labels: Labels): boolean {
  if (!isObject(selector)) return false;
  const wanted = Object.entries(selector);
  return (
    wanted.length > 0 && wanted.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value)
  );
}

/** The requirements of such a map; undefined where it selects nothing. */
export function mapSelector(selector: Json | undefined): Selector | undefined {
  if (!isObject(selector) || Object.keys(selector).length === 0) return undefined;
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(selector)) {
    if (typeof value !== "string") return undefined;
    requirements.push({ key, operator: "In", values: [value] });
  }
  return requirements;
}

// --- the form of the command line: a=b,c!=d,e in (x,y),!f

type Token =
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "symbol"; readonly text: string }
  | { readonly kind: "end"; readonly text: "" };

const MAX_TEXT = 1 << 16;
const end: Token = { kind: "end", text: "" };

/**
 * Reads the text form of a selector as kubectl does (apimachinery pkg/labels/selector.go, Parse): `a=b`, `a==b`,
 * `a!=b`, `a in (x,y)`, `a notin (x)`, `a`, `!a`, `a>1`, `a<9`, joined by commas; an empty text selects everything.
 * Undefined: no selector.
 */
export function parseSelector(text: string): Selector | undefined {
  const tokens = text.length > MAX_TEXT ? undefined : tokensOf(text);
  if (tokens === undefined) return undefined;
  const requirements: Requirement[] = [];
  const reader = new TokenReader(tokens);
  while (reader.peek().kind !== "end") {
    const requirement = readRequirement(reader);
    if (requirement === undefined || !isValid(requirement)) return undefined;
    requirements.push(requirement);
    if (reader.peek().kind === "end") break;
    // A comma must be followed by another requirement.
    if (!reader.takeSymbol(",") || reader.peek().kind === "end") return undefined;
  }
  return requirements;
}

class TokenReader {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(): Token {
    return this.#tokens[this.#next] ?? end;
  }

  take(): Token {
    const token = this.peek();
    this.#next++;
    return token;
  }

  takeSymbol(text: string): boolean {
    const token = this.peek();
    if (token.kind !== "symbol" || token.text !== text) return false;
    this.#next++;
    return true;
  }

  /** `in` and `notin` are words wherever no operator can stand. */
  takeWord(): string | undefined {
    const token = this.peek();
    if (token.kind !== "word") return undefined;
    this.#next++;
    return token.text;
  }
}

function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  // Go ends the text at a NUL byte; a text that holds one is refused here.
  for (const match of text.matchAll(/[ \t\r\n]+|([^=!(),<> \t\r\n\0]+)|(==|!=|[=!(),<>])|[\s\S]/g)) {
    if (match[1] !== undefined) tokens.push({ kind: "word", text: match[1] });
    else if (match[2] !== undefined) tokens.push({ kind: "symbol", text: match[2] });
    else if (match[0] === "\0") return undefined;
  }
  return tokens;
}

function readRequirement(reader: TokenReader): Requirement | undefined {
  const absent = reader.takeSymbol("!");
  const key = reader.takeWord();
  if (key === undefined) return undefined;
  if (absent) return { key, operator: "DoesNotExist", values: [] };
  const next = reader.peek();
  if (next.kind === "end" || (next.kind === "symbol" && next.text === ",")) {
    return { key, operator: "Exists", values: [] };
  }
  const operator = operators.get(reader.take().text);
  if (operator === undefined) return undefined;
  const values = operator.set ? readSet(reader) : readExact(reader);
  return values === undefined ? undefined : { key, operator: operator.name, values: distinct(values) };
}

const operators: ReadonlyMap<string, { readonly name: SelectorOperator; readonly set: boolean }> = new Map([
  ["=", { name: "In", set: false }],
  ["==", { name: "In", set: false }],
  ["!=", { name: "NotIn", set: false }],
  ["in", { name: "In", set: true }],
  ["notin", { name: "NotIn", set: true }],
  [">", { name: "Gt", set: false }],
  ["<", { name: "Lt", set: false }],
]);

/** One value; none before a comma or the end means the empty value. */
function readExact(reader: TokenReader): string[] | undefined {
  const next = reader.peek();
  if (next.kind === "end" || (next.kind === "symbol" && next.text === ",")) return [""];
  const word = reader.takeWord();
  return word === undefined ? undefined : [word];
}

/** `(a,b)`; a value that is left out is the empty value. */
function readSet(reader: TokenReader): string[] | undefined {
  if (!reader.takeSymbol("(")) return undefined;
  const values: string[] = [];
  for (;;) {
    values.push(reader.takeWord() ?? "");
    if (reader.takeSymbol(")")) return values;
    if (!reader.takeSymbol(",")) return undefined;
  }
}

// --- what the API server accepts (labels.NewRequirement, util/validation IsQualifiedName and IsValidLabelValue)

function isValid({ key, operator, values }: Requirement): boolean {
  if (!isLabelKey(key) || !values.every(isLabelValue)) return false;
  switch (operator) {
    case "In":
    case "NotIn":
      return values.length > 0;
    case "Exists":
    case "DoesNotExist":
      return values.length === 0;
    default:
      return values.length === 1 && integer(values[0] ?? "") !== undefined;
  }
}

const name = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** A label key: an optional DNS name and `/`, then at most 63 letters, digits, `-`, `_` and `.`. */
export function isLabelKey(key: string): boolean {
  const slash = key.indexOf("/");
  const prefix = slash < 0 ? undefined : key.slice(0, slash);
  const rest = key.slice(slash + 1);
  if (prefix !== undefined && (prefix.length > 253 || !subdomainSyntax.test(prefix))) return false;
  return rest.length <= 63 && name.test(rest);
}

/** A label value: empty, or at most 63 letters, digits, `-`, `_` and `.` with a letter or digit at both ends. */
export function isLabelValue(value: string): boolean {
  return value === "" || (value.length <= 63 && name.test(value));
}

/** A 64-bit integer as Go's strconv.ParseInt reads it. */
function integer(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ""));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

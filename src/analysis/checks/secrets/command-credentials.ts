import { credentialSpans, isCredentialName, isReference, mergeSpans, type Span } from "./credentials.ts";
import { escapeExpansion } from "./shell-words.ts";

/** Options that take a credential and do not say so, by program: attached (`-pX`), as the next word, or after the colon of it. */
interface ShortOption {
  readonly programs: RegExp;
  readonly option: string;
  readonly form: "attached" | "next" | "after-colon";
  readonly source: string;
}
const shortOptions: readonly ShortOption[] = [
  { programs: /^(?:mysql|mariadb)[\w-]*$/, option: "-p", form: "attached", source: "MySQL 8.4 manual 6.2.3" },
  { programs: /^sqlcmd$/, option: "-P", form: "next", source: "sqlcmd utility documentation" },
  { programs: /^redis-(?:cli|benchmark)$/, option: "-a", form: "next", source: "redis-cli documentation" },
  {
    programs: /^(?:mongo|mongosh|mongodump|mongorestore|sshpass|ldapsearch)$/,
    option: "-p",
    form: "next",
    source: "manual pages",
  },
  { programs: /^(?:ldapsearch|ldapwhoami|ldapadd)$/, option: "-w", form: "next", source: "ldapsearch(1)" },
  { programs: /^(?:curl|wget)$/, option: "-u", form: "after-colon", source: "curl(1)" },
  { programs: /^(?:curl|wget)$/, option: "--user", form: "after-colon", source: "curl(1)" },
];

export interface CredentialSpan extends Span {
  /** What it is called: the option before it. */
  readonly hint: string;
}

interface Token {
  readonly text: string;
  /** Index of its first character in the text it was taken from. */
  readonly start: number;
}

/** Words of a shell text with their places, quotes and all. */
function shellTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+/gs))
    tokens.push({ text: match[0], start: match.index });
  return tokens;
}

/** The inside of a token that is quoted as a whole. */
function inner(token: Token): { readonly text: string; readonly start: number } {
  const quote = token.text[0];
  const quoted = token.text.length > 1 && (quote === '"' || quote === "'") && token.text.endsWith(quote);
  return quoted ? { text: token.text.slice(1, -1), start: token.start + 1 } : token;
}

function isValue(text: string): boolean {
  return text !== "" && !text.startsWith("-") && !isReference(text);
}

/** The span that a row of the table finds at a token. */
function shortSpan(
  row: ShortOption,
  token: { readonly text: string; readonly start: number },
  next: { readonly text: string; readonly start: number } | undefined,
): CredentialSpan | undefined {
  const { text, start } = token;
  if (row.form === "attached") {
    const value = text.slice(row.option.length);
    if (!text.startsWith(row.option) || value === "" || isReference(value)) return undefined;
    return { start: start + row.option.length, end: start + text.length, hint: "password" };
  }
  if (text !== row.option || next === undefined || !isValue(next.text)) return undefined;
  const colon = row.form === "after-colon" ? next.text.indexOf(":") : -1;
  if (row.form === "after-colon" && (colon < 0 || isReference(next.text.slice(colon + 1)))) return undefined;
  return { start: next.start + colon + 1, end: next.start + next.text.length, hint: "password" };
}

/** Credentials that options of a command line introduce. Spans count from the start of the text of each token. */
function optionSpans(tokens: readonly Token[]): readonly CredentialSpan[] {
  const spans: CredentialSpan[] = [];
  const programs = new Set<string>();
  for (const [index, token] of tokens.entries()) {
    const { text, start } = inner(token);
    const basename = text.slice(text.lastIndexOf("/") + 1);
    if (/^[\w-]+$/.test(basename)) programs.add(basename);
    const following = tokens[index + 1];
    const next = following === undefined ? undefined : inner(following);
    // The names of redis.conf stand without dashes on its command line.
    const introduces =
      (/^--?[A-Za-z][\w.-]*$/.test(text) && isCredentialName(text)) ||
      /^(?:requirepass|masterauth)$/.test(text);
    if (introduces && next !== undefined && isValue(next.text))
      spans.push({ start: next.start, end: next.start + next.text.length, hint: text });
    for (const row of shortOptions) {
      if (![...programs].some((program) => row.programs.test(program))) continue;
      const span = shortSpan(row, { text, start }, next);
      if (span !== undefined) spans.push(span);
    }
  }
  return spans;
}

/** Every place where one of the values stands. */
function valueSpans(text: string, values: readonly string[]): readonly Span[] {
  const spans: Span[] = [];
  for (const value of values) {
    for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + value.length))
      spans.push({ start: at, end: at + value.length });
  }
  return spans;
}

/** What a credential is called by the text before it: the name of its assignment, or the password of an address. */
function nameBefore(text: string): string {
  const assigned = /([A-Za-z][\w.-]{0,60})["']?\s*[:=]\s*["']?$/.exec(text.slice(-80))?.[1];
  if (assigned !== undefined && isCredentialName(assigned)) return assigned;
  return /:\/\/[^\s/]*:$/.test(text.slice(-300)) ? "password" : "credential";
}

function withHints(
  text: string,
  spans: readonly Span[],
  hints: readonly CredentialSpan[],
): readonly CredentialSpan[] {
  return spans.map((span) => {
    const option = hints.find((each) => each.start < span.end && span.start < each.end);
    return { ...span, hint: option?.hint ?? nameBefore(text.slice(0, span.start)) };
  });
}

/** Credentials in a text that a shell reads. `values`: texts that must not stand anywhere. */
export function shellCredentials(text: string, values: readonly string[]): readonly CredentialSpan[] {
  const options = optionSpans(shellTokens(text));
  return withHints(
    text,
    mergeSpans([...options, ...credentialSpans(text), ...valueSpans(text, values)]),
    options,
  );
}

/** Credentials in the words of a command, by word. A word with white space may be a text for a shell. */
export function wordCredentials(
  words: readonly string[],
  values: readonly string[],
): readonly (readonly CredentialSpan[])[] {
  const options: CredentialSpan[][] = words.map(() => []);
  // The words laid end to end, so that a span tells which word it is in.
  const starts: number[] = [];
  let length = 0;
  for (const word of words) {
    starts.push(length);
    length += word.length + 1;
  }
  for (const span of optionSpans(words.map((text, index) => ({ text, start: starts[index] ?? 0 })))) {
    const index = starts.findLastIndex((start) => start <= span.start);
    const start = starts[index] ?? 0;
    options[index]?.push({ ...span, start: span.start - start, end: span.end - start });
  }
  return words.map((word, index) => {
    const own = [...(options[index] ?? []), ...(/\s/.test(word) ? optionSpans(shellTokens(word)) : [])];
    return withHints(word, mergeSpans([...own, ...credentialSpans(word), ...valueSpans(word, values)]), own);
  });
}

/** The word with its credentials as `$(VARIABLE)`, and everything else so that Kubernetes leaves it as it is. */
export function expandable(
  word: string,
  spans: readonly CredentialSpan[],
  variable: (value: string, hint: string) => string,
): string {
  let out = "";
  let at = 0;
  for (const span of spans) {
    // A dollar sign right before the reference would make an escape of it.
    out += escapeExpansion(word.slice(at, span.start)).replace(/\$+$/, (dollars) =>
      dollars.length % 2 === 1 ? `${dollars}${dollars}` : dollars,
    );
    out += `$(${variable(word.slice(span.start, span.end), span.hint)})`;
    at = span.end;
  }
  return out + escapeExpansion(word.slice(at));
}

/** The shell text with its credentials as `"$VARIABLE"`, quoted as the place needs. */
export function shellReference(
  text: string,
  spans: readonly CredentialSpan[],
  variable: (value: string, hint: string) => string,
): string {
  let out = "";
  let at = 0;
  for (const span of spans) {
    out += text.slice(at, span.start);
    // Without braces: Flux substitutes ${NAME} in what it applies. The quotes around it end the name.
    const name = `"$${variable(text.slice(span.start, span.end), span.hint)}"`;
    const quote = quoteAt(text, span.start);
    out += `${quote}${name}${quote}`;
    at = span.end;
  }
  return out + text.slice(at);
}

/** The quote that is open before an index of a shell text; in a command substitution, the one inside of it. */
function quoteAt(text: string, index: number): string {
  let quote = "";
  /** Quotes in which the command substitutions stand that are open. */
  const outer: string[] = [];
  for (let i = 0; i < index; i++) {
    const character = text[i] ?? "";
    if (character === "\\" && quote !== "'") i++;
    else if (character === "$" && text[i + 1] === "(" && quote !== "'") {
      outer.push(quote);
      quote = "";
      i++;
    } else if (character === "(" && quote === "" && outer.length > 0) outer.push("");
    else if (character === ")" && quote === "" && outer.length > 0) quote = outer.pop() ?? "";
    else if (quote === "") quote = character === "'" || character === '"' ? character : "";
    else if (character === quote) quote = "";
  }
  return quote;
}

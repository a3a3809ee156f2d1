import { unreadable } from "./shell-command.ts";
import { type Reading, unescapeAnsi } from "./word.ts";

/** What an expansion needs of the reader that met it. */
export interface Scope {
  readonly line: string;
  readonly variables: ReadonlyMap<string, string>;
  /** Reads a text as commands of their own. */
  readonly nested: (text: string) => void;
  /** Reads commands from `at` to the closing parenthesis; gives where it goes on. */
  readonly inParentheses: (at: number) => number;
}

/** Reads a text in double quotes from after the opening one; gives where it goes on after the closing one. */
export function quoted(scope: Scope, at: number, word: Reading): number {
  const { line } = scope;
  let index = at;
  while (index < line.length) {
    const char = line.charAt(index);
    if (char === '"') return index + 1;
    if (char === "\\" && '"\\$`\n'.includes(line.charAt(index + 1))) {
      if (line.charAt(index + 1) !== "\n") word.text += line.charAt(index + 1);
      index += 2;
    } else if (char === "$" || char === "`") {
      index = expansion(scope, index, word, true);
    } else {
      word.text += char;
      index++;
    }
  }
  throw unreadable;
}

/** Reads what begins with `$` or a back-quote; gives where it goes on. */
export function expansion(scope: Scope, at: number, word: Reading, inQuotes: boolean): number {
  const { line } = scope;
  if (line.charAt(at) === "`") return backQuoted(scope, at, word);
  const next = line.charAt(at + 1);
  if (next === "(") {
    word.dynamic = true;
    return scope.inParentheses(at + 2);
  }
  if (next === "{") return parameter(scope, at + 2, word);
  if (!inQuotes && next === "'") {
    const match = /^\$'((?:[^'\\]|\\[\s\S])*)'/.exec(line.slice(at));
    if (match === null) throw unreadable;
    word.text += unescapeAnsi(match[1] ?? "");
    return at + match[0].length;
  }
  if (!inQuotes && next === '"') return quoted(scope, at + 2, word);
  const name = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])/.exec(line.slice(at + 1, at + 65))?.[0];
  if (name === undefined) {
    word.text += "$";
    return at + 1;
  }
  variable(scope, name, word);
  return at + 1 + name.length;
}

function variable(scope: Scope, name: string, word: Reading): void {
  const known = scope.variables.get(name);
  if (known === undefined) {
    word.dynamic = true;
    return;
  }
  word.text += known;
  if (/\s/.test(known)) word.expanded = true;
}

/** `${…}` from after its brace. */
function parameter(scope: Scope, at: number, word: Reading): number {
  const close = closingBrace(scope.line, at);
  const inner = scope.line.slice(at, close);
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(inner)) variable(scope, inner, word);
  else {
    word.dynamic = true;
    // A default may hold a substitution.
    if (/[$`]/.test(inner)) scope.nested(inner);
  }
  return close + 1;
}

function backQuoted(scope: Scope, at: number, word: Reading): number {
  const { line } = scope;
  let index = at + 1;
  let inner = "";
  while (index < line.length && line.charAt(index) !== "`") {
    if (line.charAt(index) === "\\" && "`\\$".includes(line.charAt(index + 1))) index++;
    inner += line.charAt(index);
    index++;
  }
  if (index >= line.length) throw unreadable;
  word.dynamic = true;
  scope.nested(inner);
  return index + 1;
}

function closingBrace(line: string, at: number): number {
  let open = 1;
  for (let index = at; index < line.length; index++) {
    const char = line.charAt(index);
    if (char === "\\") index++;
    else if (char === "{") open++;
    else if (char === "}" && --open === 0) return index;
  }
  throw unreadable;
}

import type { JsonPath } from "./json.ts";

const name = /[A-Za-z_][A-Za-z0-9_-]*/y;
const index = /\[(0|[1-9][0-9]{0,8})\]/y;
const key = /\["((?:[^"\\]|\\.)*)"\]/y;

/** The path that a text writes as pathText does: `spec.containers[0].image`, `metadata.labels["a.b/c"]`; undefined for another text. */
export function parseFieldPath(text: string): JsonPath | undefined {
  const path: (string | number)[] = [];
  for (let at = 0; at < text.length; ) {
    const part = partAt(text, at, path.length === 0);
    if (part === undefined) return undefined;
    path.push(part.step);
    at = part.end;
  }
  return path.length === 0 ? undefined : path;
}

function partAt(
  text: string,
  at: number,
  first: boolean,
): { readonly step: string | number; readonly end: number } | undefined {
  if (text[at] === "[") {
    const number = match(index, text, at);
    if (number !== undefined) return { step: Number(number[1]), end: at + number[0].length };
    const quoted = match(key, text, at);
    const step = quoted === undefined ? undefined : unquoted(quoted[1] ?? "");
    return step === undefined || quoted === undefined ? undefined : { step, end: at + quoted[0].length };
  }
  const start = first ? at : at + 1;
  if (!first && text[at] !== ".") return undefined;
  const word = match(name, text, start);
  return word === undefined ? undefined : { step: word[0], end: start + word[0].length };
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function unquoted(inner: string): string | undefined {
  try {
    const value: unknown = JSON.parse(`"${inner}"`);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

import { printable } from "../../kube/printable.ts";
import type { Field, Grammar, IntegerField, ListField, RecordField } from "./field.ts";

/** More are not told: who writes so many faults is not helped by another one. */
const MAX_PROBLEMS = 8;
/** Of a member that nobody asked for: enough to find it, too little to carry anything. */
const MAX_NAME = 40;

/**
 * Reads a value as a record of the given members, strictly: nothing is coerced, nothing unknown is skipped. Gives a copy in
 * the order of the rows, or undefined and at least one problem. A problem never holds a value.
 */
export function parseRecord(
  shape: RecordField,
  value: unknown,
  path: string,
  problems: string[],
): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return fail(problems, path, "must be an object");
  }
  const given = value as Readonly<Record<string, unknown>>;
  const before = problems.length;
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(shape.members, key)) continue;
    const known = Object.keys(shape.members).join(", ");
    fail(
      problems,
      path,
      `has no member ${JSON.stringify(printable(key.slice(0, MAX_NAME)))}; known: ${known}`,
    );
  }
  const read: [string, unknown][] = [];
  for (const [key, member] of Object.entries(shape.members)) {
    const at = path === "" ? key : `${path}.${key}`;
    const part = Object.hasOwn(given, key) ? given[key] : undefined;
    if (part === undefined) {
      if (member.required) fail(problems, at, "is missing");
      continue;
    }
    read.push([key, parseField(member.field, part, at, problems)]);
  }
  return problems.length > before ? undefined : Object.fromEntries(read);
}

function parseField(field: Field, value: unknown, path: string, problems: string[]): unknown {
  switch (field.kind) {
    case "text":
      return isText(field.grammar, value) ? value : fail(problems, path, `must be ${field.grammar.what}`);
    case "integer":
      return isInteger(value, field)
        ? value
        : fail(problems, path, `must be an integer from ${field.least} to ${field.most}`);
    case "choice":
      return typeof value === "string" && field.values.includes(value)
        ? value
        : fail(problems, path, `must be one of ${field.values.join(", ")}`);
    case "scalar":
      return typeof value === "boolean" || isInteger(value, anyNatural) || isText(field.grammar, value)
        ? value
        : fail(problems, path, `must be ${field.grammar.what}`);
    case "record":
      return parseRecord(field, value, path, problems);
    case "list":
      break;
  }
  return parseList(field, value, path, problems);
}

function parseList(field: ListField, value: unknown, path: string, problems: string[]): unknown {
  if (!Array.isArray(value)) return fail(problems, path, "must be a list");
  if (value.length < field.least || value.length > field.most) {
    return fail(problems, path, `must have ${field.least} to ${field.most} items`);
  }
  return value.map((item, index) => parseField(field.items, item, `${path}[${index}]`, problems));
}

const anyNatural = { least: 0, most: Number.MAX_SAFE_INTEGER };

/** -0 is none: it would be another value than the 0 that JSON writes for it. */
function isInteger(value: unknown, { least, most }: Pick<IntegerField, "least" | "most">): value is number {
  return (
    Number.isSafeInteger(value) &&
    !Object.is(value, -0) &&
    (value as number) >= least &&
    (value as number) <= most
  );
}

function isText(grammar: Grammar, value: unknown): value is string {
  return typeof value === "string" && fits(grammar, value);
}

/** Whether a text is of a grammar. The length is asked first: a pattern never sees a text that is too long. */
export function fits(grammar: Grammar, text: string): boolean {
  // A code point is one or two units: what is longer than twice the limit needs no counting.
  if (text.length > 2 * grammar.most || !text.isWellFormed()) return false;
  return Array.from(text).length <= grammar.most && (grammar.pattern?.test(text) ?? true);
}

function fail(problems: string[], path: string, reason: string): undefined {
  if (problems.length < MAX_PROBLEMS) problems.push(path === "" ? `it ${reason}` : `${path} ${reason}`);
  return undefined;
}

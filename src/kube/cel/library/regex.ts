import { RE2JS } from "re2js";
import type { LibraryFunction } from "../declare.ts";
import { CelError, CelList, type CelValue, listOf } from "../values.ts";

/** Regular expressions of RE2, in linear time: Go's regexp package accepts and matches the same (k8s.io/apiserver pkg/cel/library/regex.go). */

const compiled = new Map<string, RE2JS | string>();
const MAX_COMPILED = 2000;
/** Longer patterns are refused; the server takes them, but no schema has one. */
const MAX_PATTERN = 100_000;

/** The compiled pattern; a text says why it is none. */
export function compileRegex(pattern: string): RE2JS | string {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  let made: RE2JS | string;
  if (pattern.length > MAX_PATTERN) made = "error parsing regexp: expression too large";
  else
    try {
      made = RE2JS.compile(pattern);
    } catch (error) {
      made = error instanceof Error ? error.message : String(error);
    }
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(pattern, made);
  return made;
}

/** Does a part of the text match? A text says why the pattern is none. */
export function regexMatches(pattern: string, text: string): boolean | string {
  const regex = compileRegex(pattern);
  return typeof regex === "string" ? regex : regex.matcher(text).find();
}

export function matches(text: CelValue, pattern: CelValue): CelValue {
  const found = regexMatches(pattern as string, text as string);
  return typeof found === "string" ? new CelError(found) : found;
}

function find(text: CelValue, pattern: CelValue): CelValue {
  const regex = compileRegex(pattern as string);
  if (typeof regex === "string") return new CelError(`Illegal regex: ${regex}`);
  const matcher = regex.matcher(text as string);
  return matcher.find() ? (matcher.group() ?? "") : "";
}

function findAll(text: CelValue, pattern: CelValue, limit: CelValue): CelList | CelError {
  const regex = compileRegex(pattern as string);
  if (typeof regex === "string") return new CelError(`Illegal regex: ${regex}`);
  const most = typeof limit === "bigint" && limit >= 0n ? limit : undefined;
  const found: string[] = [];
  const matcher = regex.matcher(text as string);
  let last = -1;
  while ((most === undefined || found.length < most) && matcher.find()) {
    const group = matcher.group() ?? "";
    // Go gives no empty match right after another match.
    const empty = group === "" && matcher.start() === last;
    last = matcher.end();
    if (!empty) found.push(group);
  }
  return listOf(found);
}

export const regexFunctions: readonly LibraryFunction[] = [
  { name: "find", since: 0, overloads: [["string_find_string", ".(string, string) string", find]] },
  {
    name: "findAll",
    since: 0,
    overloads: [
      ["string_find_all_string", ".(string, string) list(string)", (a, b) => findAll(a, b, null)],
      ["string_find_all_string_int", ".(string, string, int) list(string)", findAll],
    ],
  },
];

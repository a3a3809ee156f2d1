import type { JsonPath } from "./json.ts";
import type { Place } from "./place.ts";

export type Severity = "error" | "warning" | "info";

/** What reading found at a place. `analysis/findings` adds to it what checks find. */
export interface Problem {
  /** Stable id, `family/kebab-case`. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly place?: Place;
  readonly path?: JsonPath;
  /** What to do about it. */
  readonly hint?: string;
}

/** One row of a table of problems: all that is said of one code. */
export interface PlainProblemRow {
  readonly severity: Severity;
  /** The message; `what` and `other` are printable, and cut to a readable length. */
  readonly message: (what: string, other: string) => string;
  readonly hint?: string;
  /** Where the rule comes from. */
  readonly source: string;
}

/** A row with examples: its problem can be shown in one input. */
export interface ProblemRow extends PlainProblemRow {
  /** An input in which the problem occurs, and its nearest neighbour in which it does not. */
  readonly positive: string;
  readonly negative: string;
}

/** A problem of a row at a place; its texts are printable already. */
export function rowProblem(
  code: string,
  row: PlainProblemRow,
  place: Place,
  { what = "", other = "" }: { readonly what?: string; readonly other?: string },
  path?: JsonPath,
): Problem {
  const { severity, message, hint } = row;
  return {
    code,
    severity,
    message: message(what, other),
    place,
    ...(path === undefined ? {} : { path }),
    ...(hint === undefined ? {} : { hint }),
  };
}

import type { Json } from "../../kube/json.ts";

/** A part of a list, and how many there are: nothing is left out without a word. */
export interface Rows {
  readonly total: number;
  readonly rows: readonly Json[];
}

/** Characters of an answer; hosts cut what is longer than they like, and a cut answer says nothing of it. */
export const MAX_ANSWER: number = 96 * 1024;

/** Rows that one answer holds of one list. */
export const ROWS: number = 50;

/** At most `ROWS` rows from `offset` on, each made only when it is shown. */
export function rowsOf<T>(all: readonly T[], offset: number, show: (row: T) => Json): Rows {
  return { total: all.length, rows: all.slice(offset, offset + ROWS).map(show) };
}

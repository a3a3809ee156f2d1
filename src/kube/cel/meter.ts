import { CostExceeded } from "./cost-exceeded.ts";

/**
 * Work that the cost of the API server does not count: it takes one comparison of two texts, lists or maps for one step,
 * whatever is in them, and a sum whose types are not known too. A unit is a value compared or copied, or some characters of
 * a text. Evaluations follow each other in one thread, and one within another has a budget of its own.
 */
let left = Number.POSITIVE_INFINITY;

/** Units of one evaluation: a second or two. No rule of a person comes near. */
export const WORK_LIMIT = 2_000_000;
/** Characters that are read in the time that a value takes. */
const CHARACTERS = 8;

/** Does some work within a budget of its own; gives the units that it took, too. */
export function metered<T>(most: number, work: () => T): { readonly result: T; readonly used: number } {
  const outer = left;
  left = most;
  try {
    const result = work();
    return { result, used: most - left };
  } finally {
    left = outer;
  }
}

/** Takes units for values that are compared or copied. @throws {CostExceeded} */
export function spend(units: number): void {
  left -= units;
  if (left < 0) throw new CostExceeded();
}

/** Takes units for the characters of a text. @throws {CostExceeded} */
export function spendText(length: number): void {
  if (length >= CHARACTERS) spend(Math.floor(length / CHARACTERS));
}

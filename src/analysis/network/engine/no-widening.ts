import type { JsonObject } from "../../../kube/json.ts";
import { printable } from "../../../kube/printable.ts";
import { PortSpace } from "../sets/port-space.ts";
import { type Change, changes, compare, type Comparison, type CompareOptions } from "./compare.ts";

export interface Proof {
  /** Nothing is newly reachable, for the pods that exist and for all that could come; and nothing made the look incomplete. */
  readonly proved: boolean;
  /** What is newly reachable beyond the ceiling. */
  readonly widened: readonly Change[];
  /** Why nothing can be said about a part of it. */
  readonly incomplete: readonly string[];
  readonly comparison: Comparison;
}

/** Is this new flow within what may be? */
export type Ceiling = (change: Change, comparison: Comparison) => boolean;

/** Kinds of pods that do not exist yet up to which they are asked about each other. */
const MOST_PAIRED = 1500;

/**
 * Does a change of policies and labels open nothing? For every pair of pods, of those that exist and of those that could
 * come (in each namespace, and in new namespaces with any labels), and every address: what is reachable afterwards was
 * reachable before, or is within the ceiling. A workload that is new counts as if it had been there before: what it opens
 * by its mere presence is not a matter of policies. Label edits of pods and namespaces are changes like others.
 */
export function noWidening(
  before: readonly JsonObject[],
  after: readonly JsonObject[],
  options: Omit<CompareOptions, "fresh"> & { readonly ceiling?: Ceiling } = {},
): Proof {
  const comparison = compare(before, after, { ...options, fresh: true });
  const { space } = comparison.before;
  const freshPairs = asksFreshPairs(comparison);
  const widened: Change[] = [];
  for (const change of changes(comparison, { asIfPresent: true, freshPairs })) {
    if (space.minus(change.after, change.before) === PortSpace.none) continue;
    if (options.ceiling?.(change, comparison) !== true) widened.push(change);
  }
  const incomplete = gapsOf(comparison);
  return { proved: widened.length === 0 && incomplete.length === 0, widened, incomplete, comparison };
}

function freshKinds({ classes }: Comparison): number {
  return classes.filter((joint) => joint.fresh !== undefined).length;
}

/** Are pods that do not exist yet asked about each other, too? */
export function asksFreshPairs(comparison: Comparison): boolean {
  return freshKinds(comparison) <= MOST_PAIRED;
}

/** Why a comparison of two states proves nothing about a part of them. */
export function gapsOf(comparison: Comparison): readonly string[] {
  const unmodelled = [...comparison.before.problems, ...comparison.after.problems].filter(
    ({ kind }) => kind !== "invalid",
  );
  return [
    ...new Set(unmodelled.map(({ message }) => message)),
    ...comparison.cut.map(
      (name) => `too many kinds of pods could come in ${name === "" ? "new namespaces" : printable(name)}`,
    ),
    ...(asksFreshPairs(comparison)
      ? []
      : [`${freshKinds(comparison)} kinds of pods that do not exist yet are not asked about each other`]),
  ];
}

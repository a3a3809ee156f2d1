import type { JsonObject } from "../../../kube/json.ts";
import { changes, compare, type CompareOptions, type Comparison } from "../engine/compare.ts";
import { asksFreshPairs, gapsOf } from "../engine/no-widening.ts";
import { addressesFrom, addressesTo, portsBetween } from "../engine/reach.ts";
import type { IpCell } from "../engine/tables.ts";
import { intersectIps, isNoIps } from "../sets/ip-set.ts";
import { PortSpace } from "../sets/port-space.ts";

/** How what the second state lets through lies to what the first does. */
export type RelationName = "equal" | "contained" | "contains" | "neither";

export interface Relation {
  readonly relation: RelationName;
  /** Nothing that one lets through is let through by the other. */
  readonly disjoint: boolean;
  /** Why nothing is proved about a part of it. */
  readonly incomplete: readonly string[];
  readonly comparison: Comparison;
  /** Kinds of pods that do not exist yet are asked about each other, too. */
  readonly freshPairs: boolean;
}

/**
 * Compares what two sets of policies let through: for every pair of pods, of those that exist in either state and of those
 * that could come, every address and every port. A workload that only one of them has counts in both: policies and labels
 * are compared, not who is there.
 */
export function relate(
  before: readonly JsonObject[],
  after: readonly JsonObject[],
  options: Omit<CompareOptions, "fresh"> = {},
): Relation {
  const comparison = compare(before, after, { ...options, fresh: true });
  const { space } = comparison.before;
  const freshPairs = asksFreshPairs(comparison);
  let gained = false;
  let lost = false;
  for (const change of changes(comparison, { asIfPresent: true, freshPairs })) {
    gained ||= !space.covers(change.before, change.after);
    lost ||= !space.covers(change.after, change.before);
    if (gained && lost) break;
  }
  return {
    relation: gained ? (lost ? "neither" : "contains") : lost ? "contained" : "equal",
    disjoint: gained && lost && isDisjoint(comparison, freshPairs),
    comparison,
    freshPairs,
    incomplete: gapsOf(comparison),
  };
}

function isDisjoint({ before, after, classes }: Comparison, freshPairs: boolean): boolean {
  for (const [from, source] of classes.entries()) {
    for (const [to, target] of classes.entries()) {
      if (source.fresh !== undefined && target.fresh !== undefined && !freshPairs) continue;
      if (from === to && source.workloads.length === 1) continue;
      const left = portsBetween(before, source.before, target.before);
      const right = portsBetween(after, source.after, target.after);
      if (before.space.intersect(left, right) !== PortSpace.none) return false;
    }
    const { before: left, after: right } = source;
    if (
      meet(before.space, addressesFrom(before, left), addressesFrom(after, right)) ||
      meet(before.space, addressesTo(before, left), addressesTo(after, right))
    )
      return false;
  }
  return true;
}

function meet(space: PortSpace, left: readonly IpCell[], right: readonly IpCell[]): boolean {
  return left.some((one) =>
    right.some(
      (other) =>
        space.intersect(one.ports, other.ports) !== PortSpace.none &&
        !isNoIps(intersectIps(one.ips, other.ips)),
    ),
  );
}

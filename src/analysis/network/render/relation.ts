import type { Relation, RelationName } from "../ask/relation.ts";
import { count } from "./matrix.ts";
import { type DeltaLine, deltaLines, deltaLineText } from "./delta.ts";
import { standingOf, standingText, type Standing } from "./standing.ts";

/** Flows that are told as witnesses, of those that only one of the two lets through. */
const WITNESSES = 20;

const sentences: Readonly<Record<RelationName, string>> = {
  equal: "equal: the second lets through exactly what the first does",
  contained: "contained: the second lets through nothing that the first does not, and less",
  contains: "contains: the second lets through all that the first does, and more",
  neither: "neither: each lets through what the other does not",
};

function linesOf({ comparison, freshPairs }: Relation): readonly DeltaLine[] {
  return deltaLines(comparison, { asIfPresent: true, freshPairs });
}

export function relationText(relation: Relation, options: { readonly quiet?: boolean } = {}): string {
  const lines = linesOf(relation);
  const out = [
    `${sentences[relation.relation]}\n`,
    ...(relation.disjoint ? ["disjoint: no flow is let through by both\n"] : []),
    ...lines.slice(0, WITNESSES).map((line) => `  ${deltaLineText(line)}\n`),
    ...(lines.length > WITNESSES
      ? [`  and ${count(lines.length - WITNESSES, "more kind of flow", "more kinds of flows")}\n`]
      : []),
  ];
  return out.join("") + standingText(standing(relation), options.quiet);
}

function standing({ comparison, incomplete }: Relation): Standing {
  const { assumptions, invalid } = standingOf(comparison.after);
  const before = standingOf(comparison.before);
  return {
    assumptions: [...new Set([...assumptions, ...before.assumptions])],
    incomplete,
    invalid: [...new Set([...before.invalid, ...invalid])],
  };
}

export interface RelationJson extends Standing {
  readonly apiVersion: "kubernetes-operations.dev/v1";
  readonly kind: "ReachabilityRelation";
  readonly networkPlugin: string;
  readonly relation: RelationName;
  readonly disjoint: boolean;
  /** The second opens nothing, and nothing made the look incomplete. */
  readonly proved: boolean;
  /** Flows that only one of the two lets through; `flows` counts them where more are than are listed. */
  readonly witnesses: readonly DeltaLine[];
  readonly flows: number;
}

export function relationJson(relation: Relation): RelationJson {
  const lines = linesOf(relation);
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "ReachabilityRelation",
    networkPlugin: relation.comparison.after.profile.name,
    relation: relation.relation,
    disjoint: relation.disjoint,
    proved: isWithin(relation),
    witnesses: lines.slice(0, WITNESSES),
    flows: lines.length,
    ...standing(relation),
  };
}

/** Is it proved that the second opens nothing which the first does not? */
export function isWithin({ relation, incomplete }: Relation): boolean {
  return (relation === "equal" || relation === "contained") && incomplete.length === 0;
}

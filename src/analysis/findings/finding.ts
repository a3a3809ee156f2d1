import { byText } from "../../kube/by-text.ts";
import type { JsonPath } from "../../kube/json.ts";
import type { Place } from "../../kube/place.ts";
import type { Problem, Severity } from "../../kube/problem.ts";
import type { ObjectKey } from "../../kube/read-object.ts";

/** What a check found: a problem, the object it belongs to, and how to mend it. */
export interface Finding extends Problem {
  readonly object?: ObjectKey;
  /** The change that mends it, as a command or a snippet. */
  readonly fix?: string;
  /** Other places of the same fault, beside `place`. */
  readonly related?: readonly RelatedPlace[];
  /** Folders that made the object of what stands at `place`: kustomizations that were rendered. */
  readonly renderedBy?: readonly string[];
}

export interface RelatedPlace {
  readonly place: Place;
  readonly path: JsonPath;
}

export type FindingCounts = Readonly<Record<Severity, number>>;

const rank: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

/**
 * By file, line, column, then severity, code and message, texts by code units: the same findings give the same order on
 * every machine. Findings without a place come first.
 */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort(
    (left, right) =>
      byPlace(left.place, right.place) ||
      rank[left.severity] - rank[right.severity] ||
      byText(left.code, right.code) ||
      byText(left.message, right.message),
  );
}

function byPlace(left: Place | undefined, right: Place | undefined): number {
  if (left === undefined || right === undefined)
    return Number(left !== undefined) - Number(right !== undefined);
  return byText(left.file, right.file) || left.line - right.line || left.column - right.column;
}

/** The family of a code: `schema` of `schema/type`. */
export function familyOf(code: string): string {
  return code.slice(0, Math.max(0, code.indexOf("/")));
}

/** How many findings there are of each severity. */
export function countFindings(findings: readonly Finding[]): FindingCounts {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const finding of findings) counts[finding.severity]++;
  return counts;
}

/** Whether a severity is at least another one: `error` is at least `warning`. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return rank[severity] <= rank[least];
}

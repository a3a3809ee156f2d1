import { FIELD_MANAGER } from "../change/applyset.ts";
import { semanticDiff } from "../change/semantic-diff.ts";
import type { Facts } from "../plan.ts";
import type { ClusterStep } from "./cluster-step.ts";
import { appliedBy } from "./managed-fields.ts";

/**
 * Fields that only we owned and that the object sets no more, where they do not go but take their default again
 * (replicas 4 → 1: measured). What is co-owned keeps its value and does not show as a difference (kernel K8).
 */
export function resetsOf({
  key,
  operation,
  desired,
  found,
  before,
  after,
}: ClusterStep): NonNullable<Facts["resets"]> {
  if (operation !== "update" || desired === null || before === null || after === null) return [];
  const applied = found.live === null ? null : appliedBy(FIELD_MANAGER, found.live);
  if (applied === null) return [];
  const dropped = semanticDiff(applied, desired, null).filter((change) => change.operation === "remove");
  return semanticDiff(before, after, null)
    .filter(
      (change) => change.operation === "replace" && dropped.some(({ path }) => isWithin(change.path, path)),
    )
    .map(({ path }) => ({ key, path }));
}

function isWithin(path: string, part: string): boolean {
  return path === part || (path.startsWith(part) && /^[.[]/u.test(path.slice(part.length)));
}

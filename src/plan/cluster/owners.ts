import type { LiveChange } from "../plan.ts";
import { FIELD_MANAGER } from "../change/applyset.ts";
import type { Owner } from "../facts/widening/row.ts";
import { conflictPath } from "./conflict-path.ts";
import type { ClusterStep } from "./cluster-step.ts";
import { isMachinery, signsOf, toolOf } from "./known-managers.ts";
import { managedEntries, sharedPaths } from "./managed-fields.ts";

/**
 * Who else decides over what a change touches: managers of the fields that it sets (of any field, when the object goes),
 * those with which the server says it conflicts, and tools and controllers that mark the object as theirs. Sorted.
 */
export function ownersOf(
  step: Pick<ClusterStep, "operation" | "desired" | "found" | "takesOver">,
): readonly Owner[] {
  const { live, conflicts } = step.found;
  if (live === null || step.operation === "unchanged") return [];
  const found: Owner[] = [];
  for (const entry of managedEntries(live)) {
    if (entry.manager === FIELD_MANAGER || isMachinery(entry)) continue;
    // What passes to us is a fact of its own.
    if (entry.operation === "Update" && step.takesOver?.from.includes(entry.manager) === true) continue;
    const tool = toolOf(entry.manager);
    const who = tool === undefined ? entry.manager : `${entry.manager} (${tool})`;
    if (step.desired === null || step.operation === "recreate") {
      found.push({ manager: entry.manager, path: "", detail: `${who} owns fields of it` });
      continue;
    }
    for (const path of sharedPaths(entry.fields, step.desired)) {
      found.push({ manager: entry.manager, path, detail: `${who} owns the field as well` });
    }
  }
  for (const { manager, path } of conflicts) {
    found.push({
      manager,
      path: conflictPath(path),
      detail: `${manager} owns the field and wants another value`,
    });
  }
  for (const { manager, path, detail } of signsOf(live)) found.push({ manager, path, detail });
  return distinct(found);
}

/** Owners as a change lists them: each manager and path once. */
export function ownerRows(owners: readonly Owner[]): LiveChange["owners"] {
  const rows = new Map(owners.map(({ manager, path }) => [`${manager}\0${path}`, { manager, path }]));
  return [...rows].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row);
}

function distinct(owners: readonly Owner[]): readonly Owner[] {
  const rows = new Map(owners.map((owner) => [`${owner.manager}\0${owner.path}\0${owner.detail}`, owner]));
  return [...rows].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, owner]) => owner);
}

import type { JsonObject } from "../../kube/json.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import { immutableContradictions } from "../../analysis/checks/changes/immutable-fields.ts";
import { recreationLoss } from "../change/recreation-loss.ts";
import type { LiveObject } from "../cluster-state.ts";
import type { Reversibility } from "../plan.ts";
import { conflictPath } from "./conflict-path.ts";

/** Fields of a standing object that cannot become what is asked for. */
export interface ImmutableFields {
  readonly fields: readonly string[];
  /** Of the object's deletion and creation, which is the only way. */
  readonly reversibility: Reversibility;
  /** Nothing else is wrong: what the server refuses is only that these fields change. */
  readonly explainsRefusal: boolean;
}

export const noImmutableFields: ImmutableFields = {
  fields: [],
  reversibility: { kind: "reversible" },
  explainsRefusal: false,
};

/**
 * Fields of a standing object that cannot become what is asked for, so that it has to be deleted and made again: what the
 * table knows, and what the server named. A change that the server took in a dry run has none. What is only invalid never
 * counts: every field that the server refuses must be one that cannot be changed (Flux deletes on any refusal: fluxcd/pkg
 * ssa/errors/immutable.go).
 */
export function immutableFields(
  key: ObjectKey,
  desired: JsonObject | null,
  found: LiveObject,
): ImmutableFields {
  const { live, merged, refusal, refusedFields = [] } = found;
  if (live === null || desired === null || merged !== null) return noImmutableFields;
  const named = refusedFields.filter(({ immutable }) => immutable).map(({ path }) => conflictPath(path));
  const fields = [...new Set([...immutableContradictions(live, desired), ...named])]
    .filter((field, _, all) => field !== "spec" || all.every((other) => !other.startsWith("spec.")))
    .sort();
  if (fields.length === 0) return noImmutableFields;
  return {
    fields,
    reversibility: recreationLoss(key, live, fields),
    explainsRefusal: refusal !== null && refusesOnlyImmutable(found),
  };
}

/** Whether the server refuses nothing of an object but changes of fields that cannot be changed. */
export function refusesOnlyImmutable({ refusedFields = [] }: LiveObject): boolean {
  return refusedFields.length > 0 && refusedFields.every(({ immutable }) => immutable);
}

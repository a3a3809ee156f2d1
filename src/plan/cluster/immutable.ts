import { lossOf } from "../change/reversibility.ts";
import { immutableContradictions } from "../../analysis/checks/changes/immutable-fields.ts";
import type { Reversibility } from "../plan.ts";
import { conflictPath } from "./owners.ts";
import type { ClusterStep } from "./cluster-step.ts";

/**
 * Fields of a standing object that cannot become what is asked for, so that it has to be deleted and made again: what the
 * table knows, and what the server named. A change that the server took in a dry run has none.
 */
export function recreatedFields(step: Pick<ClusterStep, "key" | "desired" | "found" | "operation">): {
  readonly fields: readonly string[];
  readonly reversibility: Reversibility;
  /** Nothing else is wrong: what the server refuses is only that these fields change. */
  readonly explainsRefusal: boolean;
} {
  const { live, merged, refusal, refusedFields = [] } = step.found;
  if (live === null || step.desired === null || merged !== null) {
    return { fields: [], reversibility: { kind: "reversible" }, explainsRefusal: false };
  }
  const named = refusedFields.filter(({ immutable }) => immutable).map(({ path }) => conflictPath(path));
  const fields = [...new Set([...immutableContradictions(live, step.desired), ...named])].sort();
  if (fields.length === 0) return { fields, reversibility: { kind: "reversible" }, explainsRefusal: false };
  const reason = `${fields.join(", ")} cannot be changed: the object has to be deleted and made again`;
  const loss = lossOf(step.key, live);
  return {
    fields,
    reversibility:
      loss === undefined
        ? { kind: "new-identity", reason }
        : { kind: "irreversible", reason: `${reason}; ${loss}` },
    explainsRefusal:
      refusal !== null && refusedFields.length > 0 && refusedFields.every(({ immutable }) => immutable),
  };
}

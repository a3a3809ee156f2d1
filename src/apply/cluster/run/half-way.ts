import { keyText } from "../../../kube/object-key.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import { printable } from "../../../kube/printable.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";

/** Where a run stands that stopped half-way. */
export interface HalfWay {
  readonly written: readonly ObjectKey[];
  readonly missing: readonly ObjectKey[];
  /** Objects whose fields have passed to us, and that are not changed yet. */
  readonly handed: readonly ObjectKey[];
  /** Objects that are to be made again, and are deleted, or being deleted, so far. */
  readonly removed: readonly ObjectKey[];
  /** The object of which nobody knows whether it was written: the connection broke before the answer. */
  readonly uncertain: ObjectKey | null;
  /** The run can be finished by another call, as soon as what stopped it is put right. */
  readonly resumable: boolean;
}

const standings = new WeakMap<object, HalfWay>();

/** Where the run stands that an error stopped; undefined for an error before the first write. */
export function halfWayOf(error: unknown): HalfWay | undefined {
  return typeof error === "object" && error !== null ? standings.get(error) : undefined;
}

/** The error that says what stopped a run, and what it leaves behind. */
export function halfWayError(cause: OpsError, standing: HalfWay, plan: string): OpsError {
  const { written, missing, handed, removed, uncertain, resumable } = standing;
  const said = [
    `written: ${names(written)}`,
    ...(handed.length === 0 ? [] : [`taken over and not changed: ${names(handed)}`]),
    ...(removed.length === 0 ? [] : [`deleted and not made again: ${names(removed)}`]),
    ...(uncertain === null ? [] : [`perhaps written: ${printable(keyText(uncertain))}`]),
    `not written: ${names(missing)}`,
  ].join("; ");
  const back = `kubeops undo ${plan} plans the way back`;
  const error = new OpsError("APPLY_PARTIAL", `the plan stands half-way: ${cause.message}; ${said}`, {
    hint: resumable
      ? `${cause.hint === undefined ? "" : `${cause.hint}; `}kubeops apply ${plan} goes on from here, ${back}`
      : back,
    cause,
  });
  standings.set(error, standing);
  return error;
}

function names(keys: readonly ObjectKey[]): string {
  if (keys.length === 0) return "nothing";
  const shown = keys.slice(0, 20).map((key) => printable(keyText(key)));
  return keys.length > 20 ? `${shown.join(", ")} and ${keys.length - 20} more` : shown.join(", ");
}

import { objectMac } from "../change/object-mac.ts";
import { jsonDigest } from "../../kube/digest.ts";
import type { JsonObject } from "../../kube/json.ts";
import { objectKey } from "../../kube/object-key.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import type { CharterTarget } from "../charter.ts";
import { byKey } from "../facts/build-facts.ts";
import type { ChangedObject, FolderView } from "../facts/widening/row.ts";
import type { Assumption, Change, FileChange, Operation, Plan, PlanFinding, RequestRecord } from "../plan.ts";

/** Everything in a plan that depends on the kind of its target. */
export interface Side {
  readonly target: Plan["target"];
  /** The target as it was asked for. */
  readonly asked: RequestRecord["target"];
  /** The charter's row for the target. */
  readonly row: CharterTarget | undefined;
  readonly readSet: Plan["readSet"];
  readonly changes: readonly Change[];
  /** What changes, in the forms that facts look at: they hold no live value that is not the request's own (kernel K17). */
  readonly changed: readonly ChangedObject[];
  readonly view: FolderView;
  /** Objects that were to be deleted and are not there. */
  readonly absent: readonly ObjectKey[];
  /** What only this kind of target finds. */
  readonly findings: readonly PlanFinding[];
  /** What only this kind of target takes for given because of these changes. */
  readonly assumptions: readonly Assumption[];
  readonly resets: Plan["facts"]["resets"];
  /** New files of a Git target, found last: what cannot be laid out is told after what is wrong with the request. */
  readonly files: () => readonly FileChange[];
}

/** One object of the change set. */
export interface Step {
  readonly key: ObjectKey;
  readonly operation: Operation;
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
}

export function sorted(objects: readonly JsonObject[]): readonly JsonObject[] {
  return objects
    .map((object) => ({ key: objectKey(object), object }))
    .sort(byKey)
    .map(({ object }) => object);
}

export function changedOf(steps: readonly Step[]): readonly ChangedObject[] {
  return steps.flatMap(({ key, operation, before, after }): readonly ChangedObject[] =>
    operation === "unchanged" ? [] : [{ key, before, after, operation }],
  );
}

/** MAC of an object, where there is one, and a trust root. */
export function macOf(object: JsonObject | null, macKey: Uint8Array | null): string | null {
  return object === null || macKey === null ? null : objectMac(macKey, object);
}

export function digestOf(object: JsonObject | null): string | null {
  return object === null ? null : jsonDigest(object);
}

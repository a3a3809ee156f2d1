import type { JsonObject } from "../../../kube/json.ts";
import { identity, keyText, objectKey } from "../../../kube/object-key.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import { printable } from "../../../kube/printable.ts";
import { FIELD_MANAGER } from "../../../plan/change/applyset.ts";
import { takeOverOf } from "../../../plan/cluster/take-over.ts";
import type { ClusterState, LiveObject } from "../../../plan/cluster-state.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
import type { KubePlanner } from "../client/writer.ts";
import { pathOf } from "../observe/change-request.ts";
import { isSurrounding } from "../observe/surroundings.ts";
import { finalizersOf, isTerminating, uidOf } from "../observe/live-facts.ts";
import type { LiveWrite } from "./planned-writes.ts";
import { withoutOthers } from "./without-others.ts";
import type { WrittenObject } from "./ports.ts";
import { resultMac } from "../../../plan/change/object-mac.ts";
import { sameState } from "./live-state.ts";
import type { RunSoFar } from "./run-steps.ts";

export interface Standing {
  readonly written: ReadonlyMap<string, WrittenObject>;
  /** What is to be made again, and was deleted by this run and not made again yet: by identity. */
  readonly removed: ReadonlyMap<string, LiveWrite>;
  /** What passed to us and is not written yet: by identity. */
  readonly handed: ReadonlyMap<string, LiveWrite>;
  /** Written, as the cluster shows, and not yet recorded: identity and UID. */
  readonly unrecorded: ReadonlyMap<string, string>;
}

/**
 * What an earlier process of the run wrote, object by object, as the cluster shows it: the journal only says where to look.
 * @throws {OpsError} TARGET_DRIFT for an object that is neither as it stood nor as it was to be.
 */
export async function standingOf(
  reader: KubePlanner,
  writes: readonly LiveWrite[],
  run: RunSoFar,
  before: ReadonlyMap<string, LiveObject>,
  macKey: Uint8Array,
): Promise<Standing> {
  const written = new Map<string, WrittenObject>();
  const removed = new Map<string, LiveWrite>();
  const handed = new Map<string, LiveWrite>();
  const unrecorded = new Map<string, string>();
  const announced = writes.filter(
    ({ key }) =>
      run.announced.has(identity(key)) || run.removing.has(identity(key)) || run.handing.has(identity(key)),
  );
  await Promise.all(
    announced.map(async (change) => {
      const id = identity(change.key);
      const live = (await reader.get(pathOf(change.key, change.live))) ?? null;
      if (change.operation === "recreate" && !run.wrote.has(id)) {
        const goes = isRemoved(change, live, run);
        if (goes) removed.set(id, change);
        if (goes || live === null || uidOf(live) === change.live.uid) return;
      }
      if (run.handing.has(id) && live !== null && takeOverOf(live) === undefined) handed.set(id, change);
      if (!run.announced.has(id)) return;
      const uid = writtenUid(change, live, { run, before: before.get(id)?.live ?? null, macKey });
      if (uid === null) return;
      handed.delete(id);
      written.set(id, {
        key: change.key,
        operation: change.operation,
        waitsFor:
          change.operation === "delete" && live !== null && isTerminating(live) ? finalizersOf(live) : [],
      });
      if (!run.wrote.has(id)) unrecorded.set(id, uid);
    }),
  );
  return { written, removed, handed, unrecorded };
}

/**
 * Whether the former object is gone, or going, by the deletion that this run announced.
 * @throws {OpsError} TARGET_DRIFT where another one stands that this run cannot have made.
 */
function isRemoved(change: LiveWrite, live: JsonObject | null, run: RunSoFar): boolean {
  const id = identity(change.key);
  if (live === null) return true;
  if (uidOf(live) === change.live.uid) {
    if (isTerminating(live)) return true;
    if (!run.removed.has(id)) return false;
    throw drifted(change, "was deleted by this run, and stands there again");
  }
  // Whether it is the one that this run announced is told by what it is.
  if (run.announced.has(id)) return false;
  throw drifted(change, "was deleted by this run to be made again, and somebody else made it since");
}

/** The UID of what was written; null when it is as it stood before. */
function writtenUid(
  change: LiveWrite,
  live: JsonObject | null,
  given: {
    readonly run: RunSoFar;
    readonly before: JsonObject | null;
    readonly macKey: Uint8Array;
  },
): string | null {
  const { run, macKey } = given;
  // What is made again is a creation: nothing of the former object is in it.
  const again = change.operation === "recreate";
  const before = again ? null : given.before;
  const former = again ? null : change.live.uid;
  const id = identity(change.key);
  const recorded = run.wrote.get(id);
  const uid = live === null ? null : uidOf(live);
  if (change.operation === "delete") {
    if (live === null || uid !== change.live.uid || isTerminating(live)) return change.live.uid ?? "";
    if (recorded === undefined) return null;
    throw drifted(change, "was deleted by this run, and stands there again");
  }
  const expected = run.announced.get(id);
  if (recorded !== undefined) {
    if (uid !== recorded)
      throw drifted(change, "was written by this run, and was deleted or made anew since");
    // Kernel K2: the process may have ended before it compared the answer with the promise.
    if (run.answers.get(id) !== expected)
      throw new OpsError(
        "RESULT_DIFFERS",
        `the server made something else of ${printable(keyText(change.key))} than its dry run promised: it was written so`,
        { hint: "look at the object; kubeops undo plans the way back" },
      );
    return recorded;
  }
  // Announced, and the process ended before the answer was recorded.
  if (uid === former && sameState(live, before)) return null;
  if (live === null || uid === null) throw drifted(change, "was deleted");
  if (former !== null && uid !== former) throw drifted(change, "was deleted and made anew");
  const known = { live: before, desired: change.object };
  const forms = [live, withoutOthers(live, before, FIELD_MANAGER)];
  if (forms.some((form) => resultMac(macKey, form, known) === expected)) return uid;
  throw drifted(change, "is neither as it stood nor as it was to be: something changed it meanwhile");
}

function drifted(change: LiveWrite, what: string): OpsError {
  return new OpsError("TARGET_DRIFT", `${printable(keyText(change.key))} ${what}`, {
    hint: "look at it; kubeops undo plans the way back, a new plan the way on",
  });
}

/**
 * The state that the plan was made against, as far as the run has not changed it itself: what the run wrote is as the
 * pre-images say, everything else as the cluster says now. An object that still stands as it stood has its old dry run,
 * which the write repeats anyway; a namespace or kind that the run made was not there.
 */
export function stateBefore(
  now: ClusterState,
  before: ReadonlyMap<string, LiveObject>,
  written: ReadonlyMap<string, { readonly key: ObjectKey }>,
): ClusterState {
  const was = (id: string): JsonObject | null => before.get(id)?.live ?? null;
  const objects = new Map(
    [...now.objects].map(([id, seen]): readonly [string, LiveObject] => {
      const old = before.get(id);
      if (old === undefined) return [id, seen];
      if (written.has(id)) return [id, old];
      const same = sameState(seen.live, old.live) && uidOfNullable(seen.live) === uidOfNullable(old.live);
      return [id, same ? { ...old, access: seen.access } : seen];
    }),
  );
  const madeNamespaces = new Set(
    [...written]
      .filter(([id, { key }]) => key.group === "" && key.kind === "Namespace" && was(id) === null)
      .map(([, { key }]) => key.name),
  );
  const kept = now.surroundings.filter((object) => {
    const key = objectKey(object);
    return !written.has(identity(key)) && !madeNamespaces.has(key.namespace);
  });
  const restored = [...written.keys()].flatMap((id) => {
    const old = was(id);
    return old !== null && isSurrounding(old) ? [old] : [];
  });
  const surroundings = [...kept, ...restored].toSorted((left, right) =>
    identity(objectKey(left)) < identity(objectKey(right)) ? -1 : 1,
  );
  return { ...now, objects, surroundings };
}

function uidOfNullable(object: JsonObject | null): string | null {
  return object === null ? null : uidOf(object);
}

import { isObject, type Json, type JsonObject } from "../../kube/json.ts";
import { LAST_APPLIED } from "../../kube/last-applied.ts";
import { identity, keyText, objectKey } from "../../kube/object-key.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import { FIELD_MANAGER } from "../change/applyset.ts";
import { maskLive, maskResult } from "../change/mask.ts";
import type { Plan } from "../plan.ts";
import { clusterTargetOf } from "../target.ts";
import { requestToUndo, type UndoRequest } from "../undo-request.ts";
import { appliedBy, extracted, managedEntries, named } from "./managed-fields.ts";
import { takeOverOf } from "./take-over.ts";

/**
 * The request that takes a plan for a cluster back (kernel K12: a new plan like any other, made against live state). What
 * it created is to be deleted. What it changed becomes again what we had applied before: fields that others own were not
 * touched and are not now. What it deleted is made again, as another object. `preimages` holds, by identity, the objects
 * as they lived before the plan; null for one that was not there.
 * @throws {OpsError} JOURNAL_INVALID when a pre-image is missing or of another object.
 */
export function undoClusterRequest(
  plan: Plan,
  preimages: ReadonlyMap<string, JsonObject | null>,
): UndoRequest {
  clusterTargetOf(plan);
  return requestToUndo(plan, ({ key, operation, live }) => {
    const id = identity(key);
    const was = preimages.get(id);
    if (was === undefined || was === null || identity(objectKey(was)) !== id) {
      throw new OpsError("JOURNAL_INVALID", `there is no pre-image of ${printable(keyText(key))}`, {
        hint: "what the plan changed cannot be put back from here",
      });
    }
    if (operation !== "update") return cleaned(was);
    return live?.takesOver === undefined ? formerly(was) : formerlyTheirs(was);
  });
}

/**
 * What we had applied of an object: to apply it again gives back, removes and resets exactly what the plan did. A
 * pre-image that does not say who owned what is taken whole.
 */
function formerly(was: JsonObject): JsonObject {
  const applied = appliedBy(FIELD_MANAGER, was);
  if (applied !== null) return maskLive(applied);
  return managedEntries(was).length === 0 ? cleaned(was) : named({}, was);
}

/** What passed to us stays ours: to leave it out now would take it away. What the appliers before us said is said again. */
function formerlyTheirs(was: JsonObject): JsonObject {
  const found = takeOverOf(was);
  const part = found === undefined ? undefined : extracted(found.fields, was);
  if (!isObject(part)) return formerly(was);
  const object = maskLive(named(part, was));
  const metadata = object["metadata"] as JsonObject;
  const { annotations } = metadata;
  return isObject(annotations)
    ? { ...object, metadata: { ...metadata, annotations: withoutCopies(annotations) } }
    : object;
}

/** An object as it can be made anew: without what the server wrote or made up for the one that was. */
function cleaned(was: JsonObject): JsonObject {
  // What we had asked for is no accident of the object that was: an address, say.
  const object = maskResult(was, { live: null, desired: appliedBy(FIELD_MANAGER, was) });
  const metadata = object["metadata"] as JsonObject;
  const kept = Object.entries(metadata).flatMap(([name, value]): readonly (readonly [string, Json])[] => {
    if (serverMetadata.has(name)) return [];
    return [[name, name === "annotations" && isObject(value) ? withoutCopies(value) : value]];
  });
  return { ...object, metadata: Object.fromEntries(kept) };
}

/** Of the object that was, besides bookkeeping: its end, and its ties to owners that may be others by now. */
const serverMetadata: ReadonlySet<string> = new Set([
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "generateName",
  "ownerReferences",
]);

/** kubectl's copy of the object says what somebody applied once, whatever the object became since. */
function withoutCopies(annotations: JsonObject): JsonObject {
  const { [LAST_APPLIED]: _, ...rest } = annotations;
  return rest;
}

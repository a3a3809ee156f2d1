import type { JsonObject } from "../../../kube/json.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
import { FIELD_MANAGER } from "../../../plan/change/applyset.ts";
import { takeOverOf } from "../../../plan/cluster/take-over.ts";
import type { ObjectPath } from "../client/request/api-path.ts";
import {
  applyRequest,
  deleteRequest,
  managedFieldsRequest,
  type PlannedRequest,
} from "../client/request/planned-request.ts";

/** How the server names a kind: what a URL needs besides the object's key. */
export interface ServedKind {
  /** Plural of the resource. */
  readonly resource: string;
  readonly namespaced: boolean;
}

/** Where an object lies on the server. */
export function pathOf(key: ObjectKey, kind: ServedKind): ObjectPath {
  return {
    group: key.group,
    version: key.version,
    plural: kind.resource,
    namespace: kind.namespaced ? key.namespace : "",
    name: key.name,
  };
}

/**
 * The one request that writes an object: what is dry-run while planning, dry-run again before the write, and written
 * (kernel K2). With the UID of the live object it updates that one and nothing else; without, it only creates.
 * @throws {TypeError} for a name that no path holds, and for metadata that only a server sets
 */
export function writeRequest(
  key: ObjectKey,
  kind: ServedKind,
  object: JsonObject,
  uid: string | null,
  fieldManager: string = FIELD_MANAGER,
): PlannedRequest {
  return applyRequest(pathOf(key, kind), object, { fieldManager, ...(uid === null ? {} : { uid }) });
}

/**
 * What lets fields of client-side appliers pass to us. It carries what the live object says about all its managers.
 * @throws {TypeError} for an object of which no client-side applier owns anything
 */
export function handOverRequest(
  key: ObjectKey,
  kind: ServedKind,
  live: JsonObject,
  uid: string,
): PlannedRequest {
  const found = takeOverOf(live);
  if (found === undefined) throw new TypeError("nothing is owned that could pass");
  return managedFieldsRequest(pathOf(key, kind), {
    uid,
    managedFields: found.managedFields,
    fieldManager: FIELD_MANAGER,
  });
}

/** The one request that deletes an object; what belongs to it follows in the background, as with kubectl. */
export function deletionRequest(key: ObjectKey, kind: ServedKind, uid: string): PlannedRequest {
  return deleteRequest(pathOf(key, kind), { uid, propagation: "Background" });
}

/**
 * The request that deletes an object which is made again. What runs Pods goes after them: the old ones and the new ones
 * never run side by side, on one volume or under one name.
 */
export function removalRequest(key: ObjectKey, kind: ServedKind, uid: string): PlannedRequest {
  const propagation = runsPods(key) ? "Foreground" : "Background";
  return deleteRequest(pathOf(key, kind), { uid, propagation });
}

function runsPods({ group, kind }: ObjectKey): boolean {
  return group === "apps" || group === "batch" || (group === "" && kind === "ReplicationController");
}

import { resourceOf } from "../../kube/catalogue/catalogue.ts";
import { isObject, type JsonObject } from "../../kube/json.ts";
import { identity, objectKey } from "../../kube/object-key.ts";
import { applySetId, FIELD_MANAGER, inventoryParent } from "../change/applyset.ts";
import type { Charter, CharterClusterTarget, CharterSpec } from "../charter.ts";
import type { ClusterPin, ClusterState, LiveObject } from "../cluster-state.ts";
import type { ClusterPlanInput } from "../plan-input.ts";
import { objectsToApply } from "../cluster/cluster-side.ts";
import { charterClusterTarget } from "../target.ts";
import { charterWith, inputFor } from "./fixtures.ts";

export const pin: ClusterPin = {
  url: "https://192.0.2.10:6443",
  caKeySha256: "c".repeat(64),
  kubeSystemUid: "11111111-2222-3333-4444-555555555555",
};

export function clusterCharter(
  spec: Partial<CharterSpec> = {},
  cluster: Partial<CharterClusterTarget["cluster"]> = {},
): Charter {
  return charterWith({
    targets: [{ name: "dev", cluster: { ...pin, inventory: "kubeops", ...cluster } }],
    ...spec,
  });
}

/** Id of the set that objects of our inventory are members of. */
export const setId: string = applySetId(
  inventoryParent(charterClusterTarget(clusterCharter(), "dev") as CharterClusterTarget),
);

let serial = 0;

/** An object as a server holds it: with bookkeeping, and the fields that a manager applied. */
export function alive(
  object: JsonObject,
  managedFields: readonly JsonObject[] = [],
  metadata: JsonObject = {},
): JsonObject {
  serial++;
  const own = isObject(object["metadata"]) ? object["metadata"] : {};
  return {
    ...object,
    metadata: {
      ...own,
      uid: `00000000-0000-0000-0000-${String(serial).padStart(12, "0")}`,
      resourceVersion: String(1000 + serial),
      generation: 1,
      creationTimestamp: "2026-01-01T00:00:00Z",
      managedFields,
      ...metadata,
    },
  };
}

/** An entry of managedFields for everything that an object says (structs and scalars; lists as a whole). */
export function owning(
  object: JsonObject,
  manager: string = FIELD_MANAGER,
  operation: "Apply" | "Update" = "Apply",
): JsonObject {
  const { apiVersion, kind: _, metadata, ...rest } = object;
  const { name: __, namespace: ___, ...labels } = isObject(metadata) ? metadata : {};
  return {
    manager,
    operation,
    apiVersion: apiVersion ?? null,
    fieldsType: "FieldsV1",
    time: "2026-01-01T00:00:00Z",
    fieldsV1: fieldsOf({ ...rest, ...(Object.keys(labels).length === 0 ? {} : { metadata: labels }) }),
  };
}

function fieldsOf(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      `f:${name}`,
      isObject(part) && Object.keys(part).length > 0 ? fieldsOf(part) : {},
    ]),
  );
}

/** What is known of one object: what stands there, and what the server makes of the request. */
export function observed(
  object: JsonObject,
  live: JsonObject | null,
  merged: JsonObject | null,
  more: Partial<LiveObject> = {},
): LiveObject {
  const key = objectKey(object);
  const type = resourceOf(key);
  return {
    key,
    resource: type?.plural ?? `${key.kind.toLowerCase()}s`,
    namespaced: type?.namespaced ?? key.namespace !== "",
    live,
    merged,
    notDryRun: null,
    access: [{ verb: "patch", allowed: true }],
    refusal: null,
    conflicts: [],
    warnings: [],
    ...more,
  };
}

export function clusterOf(
  objects: readonly LiveObject[],
  surroundings: readonly JsonObject[] = [],
  more: Partial<ClusterState> = {},
): ClusterState {
  return {
    name: "dev",
    pin,
    serverVersion: "v1.34.0",
    minor: 34,
    objects: new Map(objects.map((found) => [identity(found.key), found])),
    surroundings,
    ...more,
  };
}

/** The objects as they are applied under the charter of these tests. */
export function applied(objects: readonly JsonObject[]): readonly JsonObject[] {
  return objectsToApply(objects, { row: charterClusterTarget(clusterCharter(), "dev"), undoes: false });
}

/** An input for buildPlan against a cluster that holds `found`. */
export function clusterInput(
  objects: readonly JsonObject[],
  cluster: ClusterState,
  more: Partial<ClusterPlanInput> = {},
): ClusterPlanInput {
  const { state: _, folder: __, mode: ___, ...common } = inputFor(objects);
  return { ...common, charter: clusterCharter(), cluster, ...more };
}

/** A plan's input where nothing stands yet, and the server adds what `admission` makes of each object. */
export function creating(
  objects: readonly JsonObject[],
  admission: (object: JsonObject) => JsonObject = (object) => object,
  more: Partial<ClusterPlanInput> = {},
): ClusterPlanInput {
  const found = applied(objects).map((object) => observed(object, null, alive(admission(object))));
  return clusterInput(objects, clusterOf(found), more);
}

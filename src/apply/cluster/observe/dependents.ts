import { isArray, isObject, type JsonObject, valueAt } from "../../../kube/json.ts";
import { identity } from "../../../kube/object-key.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
import type { LiveObject } from "../../../plan/cluster-state.ts";
import { type ApiResource, resourcePath } from "../client/reader/discovery.ts";
import type { KubeReader } from "../client/reader/reader.ts";
import { uidOf } from "./live-facts.ts";

/**
 * What the controllers of Kubernetes make of an object and make again whenever they like: that it goes with its owner is
 * what deleting the owner means (kubernetes pkg/controller). Claims of a StatefulSet are not among it.
 */
const made: Readonly<Record<string, readonly string[]>> = {
  "apps/Deployment": ["apps/ReplicaSet"],
  "apps/ReplicaSet": ["/Pod"],
  "apps/StatefulSet": ["/Pod", "apps/ControllerRevision"],
  "apps/DaemonSet": ["/Pod", "apps/ControllerRevision"],
  "/ReplicationController": ["/Pod"],
  "batch/CronJob": ["batch/Job"],
  "batch/Job": ["/Pod"],
  "/Service": ["discovery.k8s.io/EndpointSlice", "/Endpoints"],
};

interface Item {
  readonly key: ObjectKey;
  readonly uid: string;
  readonly owners: readonly string[];
}

/** By the UID of each owner. */
type Items = ReadonlyMap<string, readonly Item[]>;

type Looked = Pick<KubeReader, "discovery" | "list">;

/**
 * The objects with what goes along with those that are deleted or made again (garbage collection: what names only owners
 * that are gone). Only metadata is read, and only where something is deleted. Kinds that the credentials may not list are
 * not seen; a plan says so.
 * @param deletions identities of what is deleted
 */
export async function withDependents(
  reader: Looked,
  objects: readonly LiveObject[],
  deletions: ReadonlySet<string>,
): Promise<readonly LiveObject[]> {
  const lists = new Map<string, Promise<Items>>();
  const listed = (namespace: string): Promise<Items> => {
    const known = lists.get(namespace) ?? itemsIn(reader, namespace);
    lists.set(namespace, known);
    return known;
  };
  return Promise.all(
    objects.map(async (object) => {
      const { key, live, recreation } = object;
      const uid = live === null ? null : uidOf(live);
      // That everything in a namespace goes with it is said of the deletion itself.
      if (uid === null || kindOf(key) === "/Namespace") return object;
      if (!deletions.has(identity(key)) && recreation === undefined) return object;
      const dependents = dependentsOf(key, uid, await listed(key.namespace)).filter(
        (dependent) => !deletions.has(identity(dependent)),
      );
      return dependents.length === 0 ? object : { ...object, dependents };
    }),
  );
}

function kindOf({ group, kind }: ObjectKey): string {
  return `${group}/${kind}`;
}

function dependentsOf(owner: ObjectKey, uid: string, items: Items): readonly ObjectKey[] {
  const gone = new Map([[uid, owner]]);
  const told = new Map<string, ObjectKey>();
  const next = [uid];
  for (let at = next.shift(); at !== undefined; at = next.shift()) {
    for (const item of items.get(at) ?? []) {
      if (gone.has(item.uid) || !item.owners.every((each) => gone.has(each))) continue;
      gone.set(item.uid, item.key);
      next.push(item.uid);
      const usual = item.owners.every((each) => {
        const its = gone.get(each);
        return its !== undefined && made[kindOf(its)]?.includes(kindOf(item.key)) === true;
      });
      if (!usual) told.set(identity(item.key), item.key);
    }
  }
  return [...told].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, key]) => key);
}

/** Every object with owners in a namespace; of all namespaces, and of none, for the empty name. */
async function itemsIn(reader: Looked, namespace: string): Promise<Items> {
  const byKind = new Map<string, ApiResource>();
  for (const resource of await reader.discovery.resources()) {
    const name = `${resource.group}/${resource.kind}`;
    if (!["list", "delete"].every((verb) => resource.verbs.includes(verb))) continue;
    if (resource.stale || (namespace !== "" && !resource.namespaced)) continue;
    if (!byKind.has(name)) byKind.set(name, resource);
  }
  const found = await Promise.all(
    [...byKind.values()].map(async (resource) => {
      try {
        const list = await reader.list(resourcePath(resource, namespace), { metadataOnly: true });
        return list.items.flatMap((item) => itemOf(resource, item));
      } catch (error) {
        if (OpsError.is(error) && ["CLUSTER_FORBIDDEN", "CLUSTER_NOT_FOUND"].includes(error.code)) return [];
        throw error;
      }
    }),
  );
  const byOwner = new Map<string, Item[]>();
  for (const item of found.flat()) {
    for (const owner of item.owners) {
      const items = byOwner.get(owner);
      if (items === undefined) byOwner.set(owner, [item]);
      else items.push(item);
    }
  }
  return byOwner;
}

function itemOf({ group, version, kind }: ApiResource, item: JsonObject): readonly Item[] {
  const references = valueAt(item, ["metadata", "ownerReferences"]);
  const owners = (isArray(references) ? references : []).flatMap((reference) => {
    const uid = isObject(reference) ? reference["uid"] : undefined;
    return typeof uid === "string" ? [uid] : [];
  });
  const uid = uidOf(item);
  const name = valueAt(item, ["metadata", "name"]);
  const namespace = valueAt(item, ["metadata", "namespace"]);
  if (owners.length === 0 || uid === null || typeof name !== "string") return [];
  const key = { group, version, kind, namespace: typeof namespace === "string" ? namespace : "", name };
  return [{ key, uid, owners }];
}

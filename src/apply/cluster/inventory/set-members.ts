import { isArray, isObject, type JsonObject, valueAt } from "../../../kube/json.ts";
import { identity, objectKey } from "../../../kube/object-key.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
import { APPLYSET, applySetId, inventoryParent, isMember } from "../../../plan/change/applyset.ts";
import type { Charter, CharterClusterTarget } from "../../../plan/charter.ts";
import { type ApiResource, resourcePath } from "../client/reader/discovery.ts";
import type { KubeReader } from "../client/reader/reader.ts";
import { isTerminating } from "../observe/live-facts.ts";

export interface PruneQuestion {
  readonly reader: KubeReader;
  readonly charter: Charter;
  readonly row: CharterClusterTarget;
  /** What the request wants to be there. */
  readonly desired: readonly JsonObject[];
}

/**
 * Members of our ApplySet that the request lacks: what `--prune` deletes. Looked for among the kinds of the charter, in
 * those of its namespaces in which the request has an object: what another request put elsewhere is not this one's to
 * delete. Objects without a namespace stay, a Namespace among them. Only metadata is read: no data of a Secret leaves the
 * server for it. What a controller made of a member, label included (EndpointSlices of a Service), goes with its owner.
 * @throws {OpsError} CLUSTER_…
 */
export async function prunableMembers(question: PruneQuestion): Promise<readonly ObjectKey[]> {
  const { reader, charter, row, desired } = question;
  const id = applySetId(inventoryParent(row));
  const wanted = new Set(desired.map((object) => identity(objectKey(object))));
  const touched = new Set(desired.map((object) => objectKey(object).namespace));
  const namespaces = charter.spec.namespaces.filter((name) => touched.has(name));
  const resources = await resourcesOf(reader, charter);
  const found = await Promise.all(
    namespaces.flatMap((namespace) =>
      resources.map(async (resource) => {
        const list = await reader.list(resourcePath(resource, namespace), {
          metadataOnly: true,
          labelSelector: `${APPLYSET.partOf}=${id}`,
        });
        return list.items
          .filter((item) => isMember(item, id) && !isTerminating(item) && !isControlled(item))
          .map((item) => keyOf(resource, namespace, item));
      }),
    ),
  );
  return found.flat().filter((key) => key.name !== "" && !wanted.has(identity(key)));
}

/** The kinds of the charter that lie in namespaces, each in the version that the server prefers. */
async function resourcesOf(reader: KubeReader, charter: Charter): Promise<readonly ApiResource[]> {
  const all = await reader.discovery.resources();
  const named = new Set(
    charter.spec.kinds.flatMap(({ group, kinds }) => kinds.map((kind) => `${group}/${kind}`)),
  );
  return [...named].flatMap((name) => {
    const served = all.find(({ group, kind }) => `${group}/${kind}` === name);
    return served?.namespaced === true && served.verbs.includes("list") ? [served] : [];
  });
}

function isControlled(item: JsonObject): boolean {
  const owners = valueAt(item, ["metadata", "ownerReferences"]);
  return isArray(owners) && owners.some((owner) => isObject(owner) && owner["controller"] === true);
}

/** Items of a list of metadata are of the kind PartialObjectMetadata: what they are of is what was listed. */
function keyOf({ group, version, kind }: ApiResource, namespace: string, item: JsonObject): ObjectKey {
  const name = valueAt(item, ["metadata", "name"]);
  return { group, version, kind, namespace, name: typeof name === "string" ? name : "" };
}

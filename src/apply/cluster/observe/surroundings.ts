import type { JsonObject } from "../../../kube/json.ts";
import { identity, objectKey } from "../../../kube/object-key.ts";
import type { KubeReader } from "../client/reader/reader.ts";
import { resourcePath } from "../client/reader/discovery.ts";

/** What facts look at besides the changed objects. Never Secrets or ConfigMaps: their data would enter the process for nothing. */
const kinds = [
  { group: "", version: "v1", kind: "Service" },
  { group: "", version: "v1", kind: "ServiceAccount" },
  { group: "", version: "v1", kind: "ResourceQuota" },
  { group: "", version: "v1", kind: "LimitRange" },
  { group: "networking.k8s.io", version: "v1", kind: "NetworkPolicy" },
  { group: "policy", version: "v1", kind: "PodDisruptionBudget" },
];

/** Whether an object is of a kind that `readSurroundings` reads. */
export function isSurrounding(object: JsonObject): boolean {
  const { group, kind } = objectKey(object);
  return (
    (group === "" && kind === "Namespace") || kinds.some((each) => each.group === group && each.kind === kind)
  );
}

/** The live namespaces of these names, and what in them narrows or widens other objects; sorted by identity. */
export async function readSurroundings(
  reader: KubeReader,
  namespaces: ReadonlySet<string>,
): Promise<readonly JsonObject[]> {
  const found = await Promise.all([...namespaces].map((name) => readNamespace(reader, name)));
  const byIdentity = new Map(found.flat().map((object) => [identity(objectKey(object)), object]));
  return [...byIdentity].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, object]) => object);
}

async function readNamespace(reader: KubeReader, name: string): Promise<readonly JsonObject[]> {
  const path = { group: "", version: "v1", plural: "namespaces", namespace: "", name };
  const namespace = await reader.get(path);
  if (namespace === undefined) return [];
  const lists = await Promise.all(
    kinds.map(async (key) => {
      const resource = await reader.discovery.resourceFor(key);
      return resource === undefined ? [] : (await reader.list(resourcePath(resource, name))).items;
    }),
  );
  return [namespace, ...lists.flat()];
}

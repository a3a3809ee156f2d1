import { type JsonObject, valueAt } from "../../../kube/json.ts";
import { identity, objectKey } from "../../../kube/object-key.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
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

const RBAC = "rbac.authorization.k8s.io";
const roleKinds = ["Role", "RoleBinding"].map((kind) => ({ group: RBAC, version: "v1", kind }));
const clusterRoleKinds = ["ClusterRole", "ClusterRoleBinding"].map((kind) => ({
  group: RBAC,
  version: "v1",
  kind,
}));

/** Whether what changes gives somebody a permission by roles: then roles and bindings are relied upon. */
export function touchesRoles(changes: readonly { readonly key: ObjectKey }[]): boolean {
  return changes.some(({ key }) => key.group === RBAC);
}

/** What Kubernetes makes itself is known without reading, and gathers rules by itself while a plan is carried out. */
function isBuiltIn(object: JsonObject): boolean {
  return valueAt(object, ["metadata", "labels", "kubernetes.io/bootstrapping"]) === "rbac-defaults";
}

/** Whether an object is of a kind that `readSurroundings` reads. */
export function isSurrounding(object: JsonObject): boolean {
  const { group, kind } = objectKey(object);
  return (
    (group === "" && kind === "Namespace") ||
    (group === RBAC && !isBuiltIn(object)) ||
    kinds.some((each) => each.group === group && each.kind === kind)
  );
}

/**
 * The live namespaces of these names, and what in them narrows or widens other objects; where roles or bindings change,
 * the others of these namespaces and of the cluster too; sorted by identity.
 */
export async function readSurroundings(
  reader: KubeReader,
  namespaces: ReadonlySet<string>,
  roles: boolean = false,
): Promise<readonly JsonObject[]> {
  const found = await Promise.all([
    ...[...namespaces].map((name) => readNamespace(reader, name, roles ? [...kinds, ...roleKinds] : kinds)),
    ...(roles ? clusterRoleKinds.map((kind) => readKind(reader, kind, "")) : []),
  ]);
  const byIdentity = new Map(found.flat().map((object) => [identity(objectKey(object)), object]));
  return [...byIdentity].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, object]) => object);
}

type Kind = (typeof kinds)[number];

async function readKind(reader: KubeReader, kind: Kind, namespace: string): Promise<readonly JsonObject[]> {
  const resource = await reader.discovery.resourceFor(kind);
  if (resource === undefined) return [];
  const { items } = await reader.list(resourcePath(resource, namespace));
  return kind.group === RBAC ? items.filter((object) => !isBuiltIn(object)) : items;
}

async function readNamespace(
  reader: KubeReader,
  name: string,
  read: readonly Kind[],
): Promise<readonly JsonObject[]> {
  const path = { group: "", version: "v1", plural: "namespaces", namespace: "", name };
  const namespace = await reader.get(path);
  if (namespace === undefined) return [];
  const lists = await Promise.all(read.map((kind) => readKind(reader, kind, name)));
  return [namespace, ...lists.flat()];
}

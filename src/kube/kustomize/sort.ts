import { byText } from "../by-text.ts";
import type { Sort } from "./kustomization.ts";
import { currentId, type Resource, type ResourceId } from "./resource.ts";

const firstKinds =
  "Namespace ResourceQuota StorageClass CustomResourceDefinition ServiceAccount PodSecurityPolicy Role ClusterRole RoleBinding ClusterRoleBinding ConfigMap Secret Endpoints Service LimitRange PriorityClass PersistentVolume PersistentVolumeClaim Deployment StatefulSet CronJob PodDisruptionBudget";
const lastKinds = "MutatingWebhookConfiguration ValidatingWebhookConfiguration";

/** The objects in the order of the result (kustomize internal/builtins/SortOrderTransformer.go). */
export function sorted(resources: readonly Resource[], sort: Sort): readonly Resource[] {
  if (sort.order === "fifo") return resources;
  const first = sort.first ?? (sort.last === undefined ? firstKinds.split(" ") : []);
  const last = sort.last ?? (sort.first === undefined ? lastKinds.split(" ") : []);
  const ranks = new Map<string, number>();
  for (const [index, kind] of first.entries()) ranks.set(kind, index - first.length);
  for (const [index, kind] of last.entries()) ranks.set(kind, index + 1);
  const rows = resources.map((resource) => ({ resource, key: keyOf(currentId(resource.tree), ranks) }));
  return rows.sort((one, other) => compare(one.key, other.key)).map(({ resource }) => resource);
}

interface Key {
  readonly rank: number;
  readonly type: string;
  readonly name: string;
}

function keyOf(
  { group, version, kind, namespace, name }: ResourceId,
  ranks: ReadonlyMap<string, number>,
): Key {
  return {
    rank: ranks.get(kind) ?? 0,
    type: `${group || "~G"}_${version || "~V"}_${kind || "~K"}`,
    name: `${namespace || "~X"}|${name || "~N"}`,
  };
}

function compare(one: Key, other: Key): number {
  return one.rank - other.rank || byText(one.type, other.type) || byText(one.name, other.name);
}

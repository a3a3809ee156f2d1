/** Kinds that stand first, and those that stand last (kyaml resid/gvk.go). */
export const firstKinds =
  "Namespace ResourceQuota StorageClass CustomResourceDefinition ServiceAccount PodSecurityPolicy Role ClusterRole RoleBinding ClusterRoleBinding ConfigMap Secret Endpoints Service LimitRange PriorityClass PersistentVolume PersistentVolumeClaim Deployment StatefulSet CronJob PodDisruptionBudget";
export const lastKinds = "MutatingWebhookConfiguration ValidatingWebhookConfiguration";

const usual = ranksOf(firstKinds.split(" "), lastKinds.split(" "));

/** Where a kind stands in the usual order (kyaml resid/gvk.go). */
export function rankOf(kind: string): number {
  return usual.get(kind) ?? 0;
}

/** Group, version and kind, as kustomize compares them. */
export function typeText([group, version, kind]: readonly [string, string, string]): string {
  return `${group || "~G"}_${version || "~V"}_${kind || "~K"}`;
}

/** Kinds by where they stand; others are between them, at 0. */
export function ranksOf(first: readonly string[], last: readonly string[]): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  for (const [index, kind] of first.entries()) ranks.set(kind, index - first.length);
  for (const [index, kind] of last.entries()) ranks.set(kind, index + 1);
  return ranks;
}

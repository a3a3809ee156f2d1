// The roles and bindings that every API server makes at start (bootstrap policy), of each Kubernetes minor.
// Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata of k8s.io/kubernetes, which upstream holds equal to its
// code with default feature gates (policy_test.go).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { firstMinor } from "../catalogue/discovery.mjs";

const folder = "plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata";
const files = [
  "cluster-roles.yaml",
  "cluster-role-bindings.yaml",
  "controller-roles.yaml",
  "controller-role-bindings.yaml",
  "namespace-roles.yaml",
  "namespace-role-bindings.yaml",
];

export function bootstrapTable(modules) {
  const rows = new Map();
  for (const module of modules) {
    for (const file of files) {
      const list = load(readFileSync(join(module.folder, folder, file), "utf8"));
      for (const object of list.items) {
        const id = JSON.stringify(rowOf(object));
        // The files of namespaced objects repeat some of them.
        rows.set(id, (rows.get(id) ?? 0) | (1 << (module.minor - firstMinor)));
      }
    }
  }
  const lines = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, mask]) => `[${mask},${id.slice(1)}`);
  return `// Made by tools/generate-rbac.mjs from k8s.io/kubernetes ${modules.map((m) => `v${m.version}`).join(", ")} (${folder}).
/** verbs, apiGroups, resources, resourceNames, nonResourceURLs. */
export type BootstrapRule = readonly (readonly string[])[];
/** Minors (bit 0 = 1.${firstMinor}), kind, namespace, name, labels, then of a role its rules and its selectors, of a binding role kind, role name and subjects (kind, namespace, name). */
export type BootstrapRow =
  | readonly [number, "Role" | "ClusterRole", string, string, Readonly<Record<string, string>>, readonly BootstrapRule[], readonly Readonly<Record<string, string>>[]]
  | readonly [number, "RoleBinding" | "ClusterRoleBinding", string, string, Readonly<Record<string, string>>, string, string, readonly (readonly [string, string, string])[]];
export const rows: readonly BootstrapRow[] = [
${lines.join(",\n")},
];
`;
}

function rowOf(object) {
  const { metadata } = object;
  const head = [object.kind, metadata.namespace ?? "", metadata.name, metadata.labels ?? {}];
  if (object.kind.endsWith("Binding")) {
    const subjects = (object.subjects ?? []).map((one) => [one.kind, one.namespace ?? "", one.name]);
    return [...head, object.roleRef.kind, object.roleRef.name, subjects];
  }
  const selectors = (object.aggregationRule?.clusterRoleSelectors ?? []).map((one) => {
    if (Object.keys(one).join() !== "matchLabels")
      throw new Error(`a selector of ${metadata.name} is not of labels`);
    return one.matchLabels;
  });
  const rules = (object.rules ?? []).map((rule) => {
    const parts = [rule.verbs, rule.apiGroups, rule.resources, rule.resourceNames, rule.nonResourceURLs].map(
      (part) => part ?? [],
    );
    while (parts.at(-1).length === 0) parts.pop();
    return parts;
  });
  return [...head, rules, selectors];
}

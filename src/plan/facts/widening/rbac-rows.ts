import { isObject, type JsonObject, valueAt } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { added, anyChange, type Detected, example, taken, type WideningRow } from "./row.ts";

const rbac = "rbac.authorization.k8s.io";
const guide = "kubernetes/website:content/en/docs/concepts/security/rbac-good-practices.md";

function aggregation(object: JsonObject): readonly Detected[] {
  if (objectKey(object).kind !== "ClusterRole") return [];
  const labels = valueAt(object, ["metadata", "labels"]);
  const found: Detected[] = isObject(labels)
    ? Object.keys(labels)
        .filter((label) => label.startsWith(`${rbac}/aggregate-to-`))
        .map((label) => ({
          path: `metadata.labels[${JSON.stringify(label)}]`,
          detail: `joins its rules to ${label.slice(rbac.length + "/aggregate-to-".length)}`,
        }))
    : [];
  if (valueAt(object, ["aggregationRule"]) !== undefined) {
    found.push({ path: "aggregationRule", detail: "takes the rules of other roles" });
  }
  return found;
}

export const rbacRows: readonly WideningRow[] = [
  {
    id: "role",
    title: "A Role or ClusterRole",
    why: "Everybody who is bound to it holds its rules, also those who are bound elsewhere.",
    source: guide,
    detect: anyChange([`${rbac}/Role`, `${rbac}/ClusterRole`]),
    positive: { before: null, after: example(`${rbac}/v1`, "Role", { rules: [] }) },
    negative: { before: null, after: example("v1", "ConfigMap") },
  },
  {
    id: "binding",
    title: "A RoleBinding or ClusterRoleBinding",
    why: "It gives a subject every rule of a role.",
    source: guide,
    detect: anyChange([`${rbac}/RoleBinding`, `${rbac}/ClusterRoleBinding`]),
    positive: { before: null, after: example(`${rbac}/v1`, "RoleBinding") },
    negative: { before: null, after: example(`${rbac}/v1`, "Role") },
  },
  {
    id: "aggregation-label",
    title: "A label or rule that aggregates ClusterRoles",
    why: "The rules of the role join admin, edit, view or another role, and only its own rules are checked.",
    source:
      "kubernetes/kubernetes:pkg/registry/rbac/clusterrole/policybased/storage.go; kubernetes/website rbac.md, Aggregated ClusterRoles",
    detect: (change) => [...added(change, aggregation), ...taken(change, aggregation)],
    positive: {
      before: null,
      after: example(`${rbac}/v1`, "ClusterRole", {}, { labels: { [`${rbac}/aggregate-to-edit`]: "true" } }),
    },
    negative: { before: null, after: example(`${rbac}/v1`, "ClusterRole", {}, { labels: { team: "a" } }) },
  },
];

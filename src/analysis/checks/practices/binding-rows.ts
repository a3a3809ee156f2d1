import { isBuiltinRbac } from "./builtin-name.ts";
import { none } from "./helpers.ts";
import type { Hit, PracticeRow, Profile } from "./practice.ts";
import { exampleRole, isBinding, isRole, rbacDocs, type RoleRule, rulesOf } from "./rbac-subject.ts";
import { mappingsAt, textAt } from "./subjects.ts";

const everywhere: readonly Profile[] = ["default", "baseline", "restricted", "production", "nsa", "cis"];

function binding(kind: "RoleBinding" | "ClusterRoleBinding", roleName: string, subject: string): string {
  const namespace = kind === "RoleBinding" ? ", namespace: shop" : "";
  return `apiVersion: rbac.authorization.k8s.io/v1\nkind: ${kind}\nmetadata: {name: a${namespace}}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${roleName}}\nsubjects: [${subject}]`;
}

const account = "{kind: ServiceAccount, name: ci, namespace: shop}";
const group = (name: string): string => `{kind: Group, apiGroup: rbac.authorization.k8s.io, name: '${name}'}`;

function groupRow(
  id: string,
  severity: PracticeRow["severity"],
  names: readonly string[],
  text: Pick<PracticeRow, "title" | "why" | "fix" | "same" | "frameworks" | "profiles">,
  negative: string,
): PracticeRow {
  return {
    id,
    severity,
    ...text,
    source: rbacDocs,
    positive: binding("ClusterRoleBinding", "view", group(names[0] ?? "")),
    negative,
    object: (subject) =>
      !isBinding(subject) || isBuiltinRbac(subject)
        ? none
        : mappingsAt(subject.object, "subjects").flatMap(([index, one]): readonly Hit[] => {
            const name = textAt(one, "name") ?? "";
            return names.includes(name) && textAt(one, "kind") !== "ServiceAccount"
              ? [
                  {
                    path: ["subjects", index, "name"],
                    message: `the binding gives ${textAt(subject.object, "roleRef", "name") ?? "a role"} to ${name}`,
                  },
                ]
              : none;
          }),
  };
}

/** What a rule with a wildcard gives, with the groups that it is limited to: all of one small group is not everything. */
function wildcardText({ verbs, resources, groups }: RoleRule): string {
  const some = (names: readonly string[]): string =>
    names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  const given = verbs.includes("*") ? "all verbs" : some(verbs);
  if (resources.length === 0) return `${given} on URLs that are no resources`;
  const what = resources.includes("*") ? "all resources" : some(resources);
  const where = groups.includes("*")
    ? ""
    : ` of ${groups.length === 1 ? "group" : "groups"} ${some(groups.map((one) => (one === "" ? '""' : one)))}`;
  return `${given} of ${what}${where}`;
}

/** Who is given something that nobody, or not everybody, should have. */
export const bindingRows: readonly PracticeRow[] = [
  {
    id: "permission/cluster-admin",
    severity: "warning",
    profiles: everywhere,
    title: "cluster-admin is bound to nobody but the people who run the cluster",
    why: "It may do everything, and nothing that is done with it can be told apart.",
    fix: "bind a role that holds what is needed",
    source: rbacDocs,
    same: [
      "kube-linter:cluster-admin-role-binding",
      "polaris:clusterrolebindingClusterAdmin",
      "polaris:rolebindingClusterAdminClusterRole",
      "trivy:KSV-0111",
      "trivy:KSV-0051",
      "kubescape:C-0035",
      "kubescape:C-0185",
    ],
    frameworks: ["CIS 5.1.1", "MITRE T1078.001"],
    positive: binding("ClusterRoleBinding", "cluster-admin", account),
    negative: binding("ClusterRoleBinding", "view", account),
    object: (subject) =>
      isBinding(subject) &&
      !isBuiltinRbac(subject) &&
      subject.key.name !== "cluster-admin" &&
      textAt(subject.object, "roleRef", "kind") === "ClusterRole" &&
      textAt(subject.object, "roleRef", "name") === "cluster-admin"
        ? [
            {
              path: ["roleRef", "name"],
              message: `the binding gives cluster-admin${subject.key.kind === "RoleBinding" ? ` in namespace ${subject.namespace}` : ""}`,
            },
          ]
        : none,
  },
  {
    id: "permission/wildcard",
    severity: "warning",
    profiles: everywhere,
    title: "Roles name verbs and resources",
    why: "A wildcard also gives what is installed later, and escalate, bind and impersonate among the verbs.",
    fix: "list the verbs and resources",
    source: rbacDocs,
    same: [
      "kube-linter:wildcard-in-rules",
      "trivy:KSV-0044",
      "trivy:KSV-0045",
      "trivy:KSV-0046",
      "trivy:KSV-0112",
      "checkov:CKV_K8S_49",
      "kubescape:C-0187",
    ],
    frameworks: ["CIS 5.1.3"],
    positive: exampleRole("{apiGroups: ['*'], resources: ['*'], verbs: ['*']}"),
    negative: exampleRole("{apiGroups: [apps], resources: [deployments], verbs: [get, '*']}").replace(
      ", '*'",
      "",
    ),
    object: (subject) =>
      !isRole(subject) || isBuiltinRbac(subject)
        ? none
        : rulesOf(subject).flatMap((rule): readonly Hit[] => {
            return !rule.verbs.includes("*") && !rule.resources.includes("*")
              ? none
              : [
                  {
                    path: rule.path,
                    message: `${subject.key.kind} ${subject.key.name} gives ${wildcardText(rule)}`,
                  },
                ];
          }),
  },
  groupRow(
    "permission/anonymous",
    "error",
    ["system:anonymous", "system:unauthenticated"],
    {
      profiles: everywhere,
      title: "Nobody gets permissions without a login",
      why: "Whoever reaches the API server has them, the whole internet where it is public.",
      fix: "remove the subject",
      same: [
        "trivy:KSV-0122",
        "kubescape:C-0262",
        "gatekeeper:disallowanonymous",
        "marvin:M-411",
        "kube-linter:access-to-secrets",
      ],
      frameworks: ["CIS 5.1.1", "MITRE T1078"],
    },
    binding("ClusterRoleBinding", "system:public-info-viewer", group("team-a")),
  ),
  groupRow(
    "permission/all-authenticated",
    "warning",
    ["system:authenticated", "system:serviceaccounts"],
    {
      profiles: everywhere,
      title: "Permissions go to named users, groups and ServiceAccounts",
      why: "Every ServiceAccount of every namespace belongs to these groups, those made tomorrow too.",
      fix: "name who needs it",
      same: ["trivy:KSV-01011", "gatekeeper:disallowanonymous", "kubescape:C-0265"],
      frameworks: ["CIS 5.1.5"],
    },
    binding("ClusterRoleBinding", "view", group("team-a")),
  ),
  groupRow(
    "permission/masters-group",
    "warning",
    ["system:masters"],
    {
      profiles: everywhere,
      title: "The group system:masters is not used",
      why: "Its members pass by every permission and admission webhook, and cannot be taken out again.",
      fix: "bind cluster-admin to a group of your own instead",
      same: ["trivy:KSV-0123", "kubescape:C-0246"],
      frameworks: ["CIS 5.1.7"],
    },
    binding("ClusterRoleBinding", "view", group("team-a")),
  ),
  {
    id: "permission/default-account-bound",
    severity: "warning",
    profiles: everywhere,
    title: "The default ServiceAccount has no permissions",
    why: "Every Pod of the namespace that names no ServiceAccount has them too.",
    fix: "bind a ServiceAccount of its own",
    source: rbacDocs,
    same: ["checkov:CKV_K8S_42", "kubescape:C-0189", "gatekeeper:noupdateserviceaccount"],
    frameworks: ["CIS 5.1.5"],
    positive: binding("RoleBinding", "edit", "{kind: ServiceAccount, name: default, namespace: shop}"),
    negative: binding("RoleBinding", "edit", account),
    object: (subject) =>
      !isBinding(subject) || isBuiltinRbac(subject)
        ? none
        : mappingsAt(subject.object, "subjects").flatMap(([index, one]): readonly Hit[] =>
            textAt(one, "kind") === "ServiceAccount" && textAt(one, "name") === "default"
              ? [
                  {
                    path: ["subjects", index, "name"],
                    message: `the binding gives ${textAt(subject.object, "roleRef", "name") ?? "a role"} to the default ServiceAccount`,
                  },
                ]
              : none,
          ),
  },
];

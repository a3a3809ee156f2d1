import type { JsonPath } from "../../../kube/json.ts";
import type { ProblemRow } from "../../../kube/problem.ts";
import { printable } from "../../../kube/printable.ts";
import { objectKey } from "../../../kube/object-key.ts";
import type { Finding } from "../../findings/finding.ts";
import type { RbacInput } from "./role.ts";

export type RbacFindingCode =
  | "rbac/malformed"
  | "rbac/no-verbs"
  | "rbac/url-in-role"
  | "rbac/mixed-rule"
  | "rbac/no-groups"
  | "rbac/resource-form"
  | "rbac/wrong-group"
  | "rbac/create-by-name"
  | "rbac/selector"
  | "rbac/aggregation-cycle"
  | "rbac/rules-overwritten"
  | "rbac/role-kind"
  | "rbac/role-missing"
  | "rbac/subject-kind"
  | "rbac/subject-name"
  | "rbac/subject-group"
  | "rbac/subject-namespace"
  | "rbac/no-subjects";

const validation = "kubernetes pkg/apis/rbac/validation/validation.go";
const evaluation = "kubernetes pkg/apis/rbac/v1/evaluation_helpers.go";
const api = "apiVersion: rbac.authorization.k8s.io/v1";
const role = (rule: string, kind = "Role"): string =>
  `${api}\nkind: ${kind}\nmetadata: {name: a${kind === "Role" ? ", namespace: shop" : ""}}\nrules: [${rule}]`;
const pods = '{apiGroups: [""], resources: [pods], verbs: [get]}';
const bind = (subjects: string, kind = "RoleBinding", ref = "{kind: ClusterRole, name: view}"): string =>
  `${api}\nkind: ${kind}\nmetadata: {name: a${kind === "RoleBinding" ? ", namespace: shop" : ""}}\nroleRef: ${ref}\nsubjects: ${subjects}`;
const anna = "[{kind: User, name: anna}]";

/** What reading roles and bindings finds: one row, one id. */
export const rbacFindings: Readonly<Record<RbacFindingCode, ProblemRow>> = {
  "rbac/malformed": {
    severity: "error",
    message: (what) => `${what} has another form than the API server decodes; it is taken to be absent`,
    source: "k8s.io/api rbac/v1/types.go",
    positive: role("{verbs: get}"),
    negative: role(pods),
  },
  "rbac/no-verbs": {
    severity: "error",
    message: (what) => `${what} has no verbs; the API server refuses the role`,
    source: validation,
    positive: role('{apiGroups: [""], resources: [pods]}'),
    negative: role(pods),
  },
  "rbac/url-in-role": {
    severity: "error",
    message: (what) => `${what} has nonResourceURLs, which only a ClusterRole can have`,
    hint: "put it into a ClusterRole and bind that with a ClusterRoleBinding",
    source: validation,
    positive: role("{nonResourceURLs: [/healthz], verbs: [get]}"),
    negative: role("{nonResourceURLs: [/healthz], verbs: [get]}", "ClusterRole"),
  },
  "rbac/mixed-rule": {
    severity: "error",
    message: (what) => `${what} has resources and nonResourceURLs; the API server refuses the role`,
    hint: "make two rules",
    source: validation,
    positive: role(
      '{apiGroups: [""], resources: [pods], nonResourceURLs: [/a], verbs: [get]}',
      "ClusterRole",
    ),
    negative: role(pods, "ClusterRole"),
  },
  "rbac/no-groups": {
    severity: "error",
    message: (what, other) => `${what} has no ${other}; the API server refuses the role`,
    hint: 'the core group is written [""]',
    source: validation,
    positive: role("{resources: [pods], verbs: [get]}"),
    negative: role(pods),
  },
  "rbac/resource-form": {
    severity: "warning",
    message: (what) => `${what} matches nothing: a star stands alone, or before the slash`,
    hint: "write the resource and each subresource, or a star before the slash",
    source: evaluation,
    positive: role('{apiGroups: [""], resources: ["pods/*"], verbs: [get]}'),
    negative: role('{apiGroups: [""], resources: ["*/log"], verbs: [get]}'),
  },
  "rbac/wrong-group": {
    severity: "warning",
    message: (what, other) =>
      `${what} is not in the API groups of this rule; Kubernetes serves it in ${other}`,
    source: evaluation,
    positive: role('{apiGroups: [""], resources: [deployments], verbs: [get]}'),
    negative: role('{apiGroups: ["apps"], resources: [deployments], verbs: [get]}'),
  },
  "rbac/create-by-name": {
    severity: "info",
    message: (what) =>
      `${what} allows create only by server-side apply or PUT of these names: a POST and deletecollection carry no name`,
    hint: "apply needs patch as well; for POST leave resourceNames out",
    source: "apiserver pkg/endpoints/request/requestinfo.go, pkg/endpoints/handlers/patch.go",
    positive: role('{apiGroups: [""], resources: [configmaps], verbs: [create], resourceNames: [a]}'),
    negative: role('{apiGroups: [""], resources: [configmaps], verbs: [get], resourceNames: [a]}'),
  },
  "rbac/selector": {
    severity: "error",
    message: (what) => `${what} is no label selector that the API server takes; it selects nothing`,
    source: validation,
    positive: `${api}\nkind: ClusterRole\nmetadata: {name: a}\naggregationRule: {clusterRoleSelectors: [{matchExpressions: [{key: a, operator: Is}]}]}`,
    negative: `${api}\nkind: ClusterRole\nmetadata: {name: a}\naggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}`,
  },
  "rbac/aggregation-cycle": {
    severity: "warning",
    message: (what, other) =>
      `${what} aggregates itself through ${other}: rules that were once in one of them stay in all`,
    hint: "take the label off one of them",
    source: "kubernetes pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go",
    positive: `${api}\nkind: ClusterRole\nmetadata: {name: a, labels: {x: b}}\naggregationRule: {clusterRoleSelectors: [{matchLabels: {x: a}}]}\n---\n${api}\nkind: ClusterRole\nmetadata: {name: b, labels: {x: a}}\naggregationRule: {clusterRoleSelectors: [{matchLabels: {x: b}}]}`,
    negative: `${api}\nkind: ClusterRole\nmetadata: {name: a}\naggregationRule: {clusterRoleSelectors: [{matchLabels: {x: a}}]}`,
  },
  "rbac/rules-overwritten": {
    severity: "warning",
    message: (what) => `the rules of ${what} are overwritten: it is aggregated from other ClusterRoles`,
    hint: "put them into a ClusterRole with the label that is selected",
    source: "kubernetes pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go",
    positive: `${role(pods, "ClusterRole")}\naggregationRule: {clusterRoleSelectors: [{matchLabels: {x: a}}]}\n---\n${api}\nkind: ClusterRole\nmetadata: {name: b, labels: {x: a}}\nrules: [${pods}]`,
    negative: role(pods, "ClusterRole"),
  },
  "rbac/role-kind": {
    severity: "error",
    message: (what) => `${what} names a role of a kind that cannot be bound here; it grants nothing`,
    hint: "a ClusterRoleBinding binds a ClusterRole; a RoleBinding a Role of its namespace or a ClusterRole",
    source: validation,
    positive: bind(anna, "ClusterRoleBinding", "{kind: Role, name: a}"),
    negative: bind(anna, "ClusterRoleBinding"),
  },
  "rbac/role-missing": {
    severity: "warning",
    message: (what, other) =>
      `${what} binds ${other}, which is not there: it grants nothing until somebody creates it`,
    hint: "add the role, or delete the binding",
    source: "kubernetes pkg/registry/rbac/validation/rule.go (VisitRulesFor)",
    positive: bind(anna, "RoleBinding", "{kind: ClusterRole, name: nobody-made-this}"),
    negative: bind(anna),
  },
  "rbac/subject-kind": {
    severity: "error",
    message: (what) => `${what} is of a kind that is no subject; it matches nobody`,
    hint: "User, Group or ServiceAccount",
    source: validation,
    positive: bind("[{kind: Robot, name: anna}]"),
    negative: bind(anna),
  },
  "rbac/subject-name": {
    severity: "error",
    message: (what) => `${what} has no name; it matches nobody`,
    source: validation,
    positive: bind("[{kind: User}]"),
    negative: bind(anna),
  },
  "rbac/subject-group": {
    severity: "error",
    message: (what, other) => `${what} has the apiGroup ${other}; the API server refuses the binding`,
    hint: "leave apiGroup out",
    source: validation,
    positive: bind("[{kind: User, name: anna, apiGroup: apps}]"),
    negative: bind("[{kind: User, name: anna, apiGroup: rbac.authorization.k8s.io}]"),
  },
  "rbac/subject-namespace": {
    severity: "error",
    message: (what) => `${what} has no namespace; in a ClusterRoleBinding it matches nobody`,
    hint: "name its namespace",
    source: "kubernetes pkg/registry/rbac/validation/rule.go (appliesToUser)",
    positive: bind("[{kind: ServiceAccount, name: a}]", "ClusterRoleBinding"),
    negative: bind("[{kind: ServiceAccount, name: a}]"),
  },
  "rbac/no-subjects": {
    severity: "info",
    message: (what) => `${what} has no subjects; it grants nothing`,
    source: "kubernetes pkg/registry/rbac/validation/rule.go",
    positive: bind("[]"),
    negative: bind(anna),
  },
};

/** A finding of the table at a path of an object. */
export function rbacFinding(
  code: RbacFindingCode,
  input: RbacInput,
  path: JsonPath,
  texts: { readonly what?: string; readonly other?: string } = {},
): Finding {
  const row = rbacFindings[code];
  return {
    code,
    severity: row.severity,
    message: row.message(printable(texts.what ?? ""), printable(texts.other ?? "")),
    ...(input.places === undefined ? {} : { place: input.places.value(path) }),
    path,
    ...(row.hint === undefined ? {} : { hint: row.hint }),
    object: objectKey(input.object),
  };
}

import type { Json, JsonPath } from "../../../kube/json.ts";
import { mappingsAt, type ObjectSubject, textsAt } from "./subjects.ts";

export const rbacDocs = "https://kubernetes.io/docs/concepts/security/rbac-good-practices/";

export function isRole({ key }: ObjectSubject): boolean {
  return key.group === "rbac.authorization.k8s.io" && (key.kind === "Role" || key.kind === "ClusterRole");
}

export function isBinding({ key }: ObjectSubject): boolean {
  return (
    key.group === "rbac.authorization.k8s.io" &&
    (key.kind === "RoleBinding" || key.kind === "ClusterRoleBinding")
  );
}

/** One rule of a role. `named`: limited to names of objects. */
export interface RoleRule {
  readonly path: JsonPath;
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly named: boolean;
}

export function rulesOf(subject: ObjectSubject): readonly RoleRule[] {
  return mappingsAt(subject.object, "rules").map(([index, rule]) => ({
    path: ["rules", index],
    groups: words(rule, "apiGroups"),
    resources: words(rule, "resources"),
    verbs: words(rule, "verbs"),
    named: textsAt(rule, "resourceNames").length > 0,
  }));
}

function words(rule: Json, field: string): readonly string[] {
  return textsAt(rule, field).map(([, word]) => word);
}

/** A ClusterRole with one rule, for examples of rows. */
export function exampleRole(rule: string): string {
  return `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\nrules: [${rule}]`;
}

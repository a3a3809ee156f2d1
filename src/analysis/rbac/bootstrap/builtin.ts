import { selectorOf } from "../../../kube/selector.ts";
import type { PolicyRule } from "../model/policy-rule.ts";
import type { Binding, Role } from "../model/role.ts";
import { type BootstrapRow, type BootstrapRule, rows } from "./bootstrap.generated.ts";

const FIRST_MINOR = 31;

/** The roles and bindings that the API server of a minor makes at its start, with default feature gates. */
export function builtinObjects(minor: number): {
  readonly roles: readonly Role[];
  readonly bindings: readonly Binding[];
} {
  const bit = 1 << (minor - FIRST_MINOR);
  const roles: Role[] = [];
  const bindings: Binding[] = [];
  for (const row of rows) {
    if ((row[0] & bit) === 0) continue;
    if (isBinding(row)) bindings.push(bindingOf(row));
    else roles.push(roleOf(row));
  }
  return { roles, bindings };
}

type BindingRow = Extract<
  BootstrapRow,
  readonly [...unknown[], readonly (readonly [string, string, string])[]]
>;
type RoleRow = Exclude<BootstrapRow, BindingRow>;

function isBinding(row: BootstrapRow): row is BindingRow {
  return row[1] === "RoleBinding" || row[1] === "ClusterRoleBinding";
}

function roleOf([, kind, namespace, name, labels, rules, selectors]: RoleRow): Role {
  return {
    kind,
    namespace,
    name,
    labels,
    written: rules.map(ruleOf),
    ...(selectors.length === 0
      ? {}
      : { selectors: selectors.map((matchLabels) => selectorOf({ matchLabels }) ?? null) }),
    builtin: true,
  };
}

function ruleOf([
  verbs = [],
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
]: BootstrapRule): PolicyRule {
  return { verbs, apiGroups, resources, resourceNames, nonResourceURLs };
}

function bindingOf([, kind, namespace, name, , roleKind, roleName, subjects]: BindingRow): Binding {
  return {
    kind,
    namespace,
    name,
    roleRef: { kind: roleKind, name: roleName },
    subjects: subjects.flatMap(([subjectKind, subjectNamespace, subjectName]) =>
      subjectKind === "User" || subjectKind === "Group" || subjectKind === "ServiceAccount"
        ? [{ kind: subjectKind, namespace: subjectNamespace, name: subjectName }]
        : [],
    ),
    builtin: true,
  };
}

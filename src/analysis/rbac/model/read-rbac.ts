import {
  isArray,
  isObject,
  type Json,
  type JsonPath,
  pathText,
  textMap,
  valueAt,
} from "../../../kube/json.ts";
import { namespaceOf, objectKey } from "../../../kube/object-key.ts";
import { selectorOf } from "../../../kube/selector.ts";
import type { Finding } from "../../findings/finding.ts";
import type { ServedTable } from "../resources/served.ts";
import { ALL, type PolicyRule, readRule } from "./policy-rule.ts";
import { rbacFinding } from "./rbac-findings.ts";
import {
  type Binding,
  type BindingSubject,
  bindingText,
  type RbacInput,
  type Role,
  type RoleKind,
} from "./role.ts";

export const RBAC_GROUP = "rbac.authorization.k8s.io";

export interface RbacObjects {
  readonly roles: readonly Role[];
  readonly bindings: readonly Binding[];
  readonly findings: readonly Finding[];
}

/** Roles and bindings of the objects, and what about them the API server refuses or reads in another way than written. */
export function readRbac(inputs: readonly RbacInput[], served: ServedTable): RbacObjects {
  const roles: Role[] = [];
  const bindings: Binding[] = [];
  const findings: Finding[] = [];
  for (const input of inputs) {
    const key = objectKey(input.object);
    if (key.group !== RBAC_GROUP || key.name === "") continue;
    switch (key.kind) {
      case "Role":
      case "ClusterRole":
        roles.push(readRole(input, key.kind, findings, served));
        break;
      case "RoleBinding":
      case "ClusterRoleBinding":
        bindings.push(readBinding(input, key.kind, findings));
        break;
    }
  }
  return { roles, bindings, findings };
}

function readRole(input: RbacInput, kind: RoleKind, findings: Finding[], served: ServedTable): Role {
  const { object } = input;
  const { name } = objectKey(object);
  const namespace = kind === "Role" ? namespaceOf(object) : "";
  const rules = Object.hasOwn(object, "rules") ? object["rules"] : undefined;
  const read: { readonly rule: PolicyRule; readonly path: JsonPath }[] = [];
  if (rules !== undefined && rules !== null && !isArray(rules))
    findings.push(rbacFinding("rbac/malformed", input, ["rules"], { what: "rules" }));
  // A role of 100,000 faulty rules is one fault, shown a few times.
  const most = findings.length + MOST_OF_ONE_OBJECT;
  for (const [index, value] of (isArray(rules) ? rules : []).entries()) {
    const path: JsonPath = ["rules", index];
    const rule = readRule(value);
    if (rule === undefined) {
      if (findings.length < most)
        findings.push(rbacFinding("rbac/malformed", input, path, { what: pathText(path) }));
      continue;
    }
    read.push({ rule, path });
  }
  const written = read.map(({ rule }) => rule);
  const told = { input, kind, served, granted: grantedByGroup(written) };
  for (const { rule, path } of read) {
    if (findings.length >= most) break;
    findings.push(...ruleFindings(told, rule, path));
  }
  const labels = textMap(valueAt(object, ["metadata", "labels"]));
  const base = { kind, namespace, name, labels, written, builtin: false, input };
  const selectors = kind === "ClusterRole" ? readSelectors(input, findings) : undefined;
  return selectors === undefined ? base : { ...base, selectors };
}

/** Findings of one kind of place are told up to this number for one object. */
const MOST_OF_ONE_OBJECT = 50;

function readSelectors(input: RbacInput, findings: Finding[]): Role["selectors"] {
  const rule = Object.hasOwn(input.object, "aggregationRule") ? input.object["aggregationRule"] : undefined;
  const list = isObject(rule) ? rule["clusterRoleSelectors"] : undefined;
  // No selectors, or an empty list, is no aggregation (hasAggregationRule).
  if (!isArray(list) || list.length === 0) return undefined;
  return list.map((value, index) => {
    const selector = isObject(value) ? selectorOf(value) : undefined;
    if (selector !== undefined) return selector;
    const path: JsonPath = ["aggregationRule", "clusterRoleSelectors", index];
    findings.push(rbacFinding("rbac/selector", input, path, { what: pathText(path) }));
    return null;
  });
}

/** A rule that names more pairs than this is nobody's companion of another one; a role has up to 1.5 MiB of rules. */
const MOST_PAIRS = 1000;

/** Resources that some rule of a role names in a group, as `group/plural`. */
function grantedByGroup(rules: readonly PolicyRule[]): ReadonlySet<string> {
  const granted = new Set<string>();
  for (const { apiGroups, resources } of rules) {
    if (apiGroups.length * resources.length > MOST_PAIRS) continue;
    for (const group of apiGroups)
      for (const resource of resources) granted.add(`${group}/${pluralOf(resource)}`);
  }
  return granted;
}

function pluralOf(resource: string): string {
  const slash = resource.indexOf("/");
  return slash < 0 ? resource : resource.slice(0, slash);
}

interface RoleTold {
  readonly input: RbacInput;
  readonly kind: RoleKind;
  readonly served: ServedTable;
  readonly granted: ReadonlySet<string>;
}

function ruleFindings(
  { input, kind, served, granted }: RoleTold,
  rule: PolicyRule,
  path: JsonPath,
): readonly Finding[] {
  const what = pathText(path);
  const found: Finding[] = [];
  const urls = rule.nonResourceURLs.length > 0;
  if (rule.verbs.length === 0) found.push(rbacFinding("rbac/no-verbs", input, path, { what }));
  if (urls && kind === "Role")
    found.push(rbacFinding("rbac/url-in-role", input, [...path, "nonResourceURLs"], { what }));
  else if (urls && (rule.resources.length > 0 || rule.apiGroups.length > 0 || rule.resourceNames.length > 0))
    found.push(rbacFinding("rbac/mixed-rule", input, path, { what }));
  if (urls) return found;
  for (const field of ["apiGroups", "resources"] as const)
    if (rule[field].length === 0)
      found.push(rbacFinding("rbac/no-groups", input, path, { what, other: field }));
  if (
    rule.resourceNames.length > 0 &&
    rule.verbs.includes("create") &&
    rule.resources.some((one) => !one.includes("/"))
  )
    found.push(rbacFinding("rbac/create-by-name", input, [...path, "resourceNames"], { what }));
  for (const [index, resource] of rule.resources.entries()) {
    const place: JsonPath = [...path, "resources", index];
    if (isOddResource(resource)) {
      found.push(rbacFinding("rbac/resource-form", input, place, { what: JSON.stringify(resource) }));
      continue;
    }
    const right = wrongGroup(rule, resource, served);
    // Where another rule of the role names the right group, this one is there for servers of long ago.
    if (right.length === 0 || right.some((group) => granted.has(`${group}/${pluralOf(resource)}`))) continue;
    const other = right.map((group) => (group === "" ? 'the core group ("")' : group)).join(", ");
    found.push(rbacFinding("rbac/wrong-group", input, place, { what: resource, other }));
  }
  return found;
}

/** A star anywhere but alone or before the slash matches no request of anybody. */
function isOddResource(resource: string): boolean {
  if (resource === ALL) return false;
  const rest = resource.startsWith("*/") ? resource.slice(2) : resource;
  return rest.includes("*");
}

/** The groups that serve a resource which none of the rule's groups serves; empty when the rule may mean something. */
function wrongGroup(rule: PolicyRule, resource: string, served: ServedTable): readonly string[] {
  if (rule.apiGroups.includes(ALL) || resource.includes("*")) return [];
  const known = served.named(pluralOf(resource));
  if (known.length === 0 || known.some(({ group }) => rule.apiGroups.includes(group))) return [];
  // A group with a point may be one of custom resources, or an aggregated API, that serves a resource of that name.
  if (rule.apiGroups.some((group) => group.includes("."))) return [];
  return known.map(({ group }) => group);
}

function readBinding(input: RbacInput, kind: Binding["kind"], findings: Finding[]): Binding {
  const { object } = input;
  const { name } = objectKey(object);
  const namespace = kind === "RoleBinding" ? namespaceOf(object) : "";
  const ref = Object.hasOwn(object, "roleRef") ? object["roleRef"] : undefined;
  const roleRef = { kind: text(ref, "kind"), name: text(ref, "name") };
  const group = text(ref, "apiGroup");
  const fits =
    (group === "" || group === RBAC_GROUP) &&
    roleRef.name !== "" &&
    (roleRef.kind === "ClusterRole" || (roleRef.kind === "Role" && kind === "RoleBinding"));
  if (!fits) {
    const what = bindingText({ kind, namespace, name });
    findings.push(rbacFinding("rbac/role-kind", input, ["roleRef"], { what }));
  }
  const subjects = readSubjects(input, kind, namespace, findings);
  const base = { kind, namespace, name, subjects, builtin: false, input };
  return { ...base, roleRef: fits ? roleRef : { kind: "", name: roleRef.name } };
}

function readSubjects(
  input: RbacInput,
  kind: Binding["kind"],
  namespace: string,
  findings: Finding[],
): readonly BindingSubject[] {
  const list = Object.hasOwn(input.object, "subjects") ? input.object["subjects"] : undefined;
  if (list !== undefined && list !== null && !isArray(list)) {
    findings.push(rbacFinding("rbac/malformed", input, ["subjects"], { what: "subjects" }));
    return [];
  }
  const found: BindingSubject[] = [];
  const most = findings.length + MOST_OF_ONE_OBJECT;
  const note = (code: Parameters<typeof rbacFinding>[0], index: number, other = ""): void => {
    const path: JsonPath = ["subjects", index];
    if (findings.length < most)
      findings.push(rbacFinding(code, input, path, { what: pathText(path), other }));
  };
  for (const [index, value] of (list ?? []).entries()) {
    if (!isObject(value)) {
      note("rbac/malformed", index);
      continue;
    }
    const subject = text(value, "kind");
    const name = text(value, "name");
    if (subject !== "User" && subject !== "Group" && subject !== "ServiceAccount")
      note("rbac/subject-kind", index);
    else if (name === "") note("rbac/subject-name", index);
    else {
      const group = text(value, "apiGroup");
      const right = subject === "ServiceAccount" ? "" : RBAC_GROUP;
      if (group !== "" && group !== right) note("rbac/subject-group", index, JSON.stringify(group));
      if (subject !== "ServiceAccount") found.push({ kind: subject, namespace: "", name });
      else {
        const own = text(value, "namespace");
        const at = own === "" ? namespace : own;
        if (at === "") note("rbac/subject-namespace", index);
        else found.push({ kind: subject, namespace: at, name });
      }
    }
  }
  if ((list ?? []).length === 0) {
    const what = bindingText({ kind, namespace, name: objectKey(input.object).name });
    findings.push(rbacFinding("rbac/no-subjects", input, ["subjects"], { what }));
  }
  return found;
}

function text(value: Json | undefined, member: string): string {
  const found = isObject(value) && Object.hasOwn(value, member) ? value[member] : undefined;
  return typeof found === "string" ? found : "";
}

import type { JsonObject } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { LATEST_MINOR } from "../../../kube/catalogue/catalogue.ts";
import type { Finding } from "../../findings/finding.ts";
import { builtinObjects } from "../bootstrap/builtin.ts";
import type { PolicyRule } from "../model/policy-rule.ts";
import { rbacFinding } from "../model/rbac-findings.ts";
import { readRbac } from "../model/read-rbac.ts";
import { type Binding, bindingText, type RbacInput, type Role, roleKey, roleRefKey } from "../model/role.ts";
import { accountUser, type Principal, type PrincipalKind, principalKey } from "../model/subject.ts";
import { type ServedTable, servedTable } from "../resources/served.ts";
import { aggregate } from "./aggregate.ts";

export interface RbacOptions {
  /** Minor of Kubernetes 1; the newest known when it is left out. */
  readonly minor?: number;
  /** Take the roles and bindings that Kubernetes makes itself to be there, unless the input has its own. */
  readonly builtin: boolean;
  /**
   * `compute`: aggregated ClusterRoles have what the controller would gather (manifests leave it out). `stored`: they
   * have the rules that are written, as the server holds them at this moment. Default: compute.
   */
  readonly aggregation?: "compute" | "stored";
}

/** Everything that decides who can do what, read and indexed. */
export interface Rbac {
  readonly minor: number;
  readonly builtin: boolean;
  /** By `namespace/name`; the namespace of a ClusterRole is empty. */
  readonly roles: ReadonlyMap<string, Role>;
  readonly bindings: readonly Binding[];
  /** What a principal is bound to: by key, then by namespace of the binding, empty for ClusterRoleBindings. */
  readonly holdings: ReadonlyMap<string, Holdings>;
  readonly findings: readonly Finding[];
  readonly served: ServedTable;
  /** Namespaces that roles, bindings and objects of the input name, sorted. */
  readonly namespaces: readonly string[];
  /** ServiceAccounts of the input and those that bindings name, as user names, sorted. */
  readonly accounts: readonly string[];
  /** All objects that were given: what paths look at beside roles. */
  readonly inputs: readonly RbacInput[];
  /** Written rules of a role; of an aggregated one those of its sources. */
  sourcesOf(role: Role): readonly Role[];
  roleOf(binding: Binding): Role | undefined;
}

export interface Holdings {
  readonly principal: Principal;
  readonly byNamespace: ReadonlyMap<string, readonly Binding[]>;
}

/** Reads and indexes roles, bindings and what they stand in. Everything is kept that the server would keep; faults are findings. */
export function buildRbac(inputs: readonly RbacInput[], options: RbacOptions): Rbac {
  const minor = options.minor ?? LATEST_MINOR;
  const served = servedTable(
    minor,
    inputs.map(({ object }) => object),
  );
  const read = readRbac(inputs, served);
  const given = options.builtin ? builtinObjects(minor) : { roles: [], bindings: [] };
  const roles = new Map<string, Role>();
  // What the input holds stands for what Kubernetes would make under the same name.
  for (const role of [...given.roles, ...read.roles]) roles.set(roleKey(role.namespace, role.name), role);
  const byName = new Map<string, Binding>();
  for (const binding of [...given.bindings, ...read.bindings]) byName.set(bindingText(binding), binding);
  const bindings = [...byName.values()];
  const clusterRoles = [...roles.values()].filter(({ namespace }) => namespace === "");
  const { sources, findings } =
    options.aggregation === "stored"
      ? { sources: new Map<Role, readonly Role[]>(), findings: [] }
      : aggregate(clusterRoles);
  const alone = new Map<Role, readonly Role[]>();
  const sourcesOf = (role: Role): readonly Role[] => {
    const found = sources.get(role) ?? alone.get(role);
    if (found !== undefined) return found;
    const own = [role];
    alone.set(role, own);
    return own;
  };
  const roleOf = (binding: Binding): Role | undefined => {
    const key = roleRefKey(binding);
    return key === undefined ? undefined : roles.get(key);
  };
  return {
    minor,
    builtin: options.builtin,
    roles,
    bindings,
    holdings: holdingsOf(bindings),
    findings: [...read.findings, ...findings, ...danglingFindings(read.bindings, roleOf)],
    served,
    ...placesOf(inputs, roles, bindings),
    inputs,
    sourcesOf,
    roleOf,
  };
}

function danglingFindings(
  bindings: readonly Binding[],
  roleOf: (binding: Binding) => Role | undefined,
): readonly Finding[] {
  return bindings.flatMap((binding) => {
    // A reference of a wrong kind has its own finding.
    if (binding.roleRef.kind === "" || binding.input === undefined || roleOf(binding) !== undefined)
      return [];
    const where = binding.roleRef.kind === "Role" ? `${binding.namespace}/` : "";
    const texts = {
      what: bindingText(binding),
      other: `${binding.roleRef.kind} ${where}${binding.roleRef.name}`,
    };
    return [rbacFinding("rbac/role-missing", binding.input, ["roleRef"], texts)];
  });
}

function holdingsOf(bindings: readonly Binding[]): ReadonlyMap<string, Holdings> {
  const holdings = new Map<string, { principal: Principal; byNamespace: Map<string, Binding[]> }>();
  const hold = (kind: PrincipalKind, name: string, binding: Binding): void => {
    const key = principalKey(kind, name);
    let held = holdings.get(key);
    if (held === undefined) {
      held = { principal: { kind, name }, byNamespace: new Map() };
      holdings.set(key, held);
    }
    const there = held.byNamespace.get(binding.namespace);
    if (there === undefined) held.byNamespace.set(binding.namespace, [binding]);
    // The same subject may stand twice in a binding.
    else if (there.at(-1) !== binding) there.push(binding);
  };
  for (const binding of bindings) {
    for (const { kind, namespace, name } of binding.subjects) {
      if (kind === "Group") hold("group", name, binding);
      else hold("user", kind === "User" ? name : accountUser(namespace, name), binding);
    }
  }
  return holdings;
}

function placesOf(
  inputs: readonly RbacInput[],
  roles: ReadonlyMap<string, Role>,
  bindings: readonly Binding[],
): Pick<Rbac, "namespaces" | "accounts"> {
  const namespaces = new Set<string>();
  const accounts = new Set<string>();
  for (const { object } of inputs) {
    const { group, kind, namespace, name } = objectKey(object);
    if (group === "" && kind === "Namespace") namespaces.add(name);
    else if (namespace !== "") namespaces.add(namespace);
    if (group === "" && kind === "ServiceAccount")
      accounts.add(accountUser(namespace === "" ? "default" : namespace, name));
  }
  for (const { namespace, builtin } of roles.values())
    if (!builtin && namespace !== "") namespaces.add(namespace);
  for (const { namespace, subjects, builtin } of bindings) {
    if (builtin) continue;
    if (namespace !== "") namespaces.add(namespace);
    for (const subject of subjects)
      if (subject.kind === "ServiceAccount") accounts.add(accountUser(subject.namespace, subject.name));
  }
  return { namespaces: [...namespaces].sort(), accounts: [...accounts].sort() };
}

/** The rules that count for a role: those that are written, or those of the roles that it gathers. */
export function rulesOf(rbac: Rbac, role: Role): readonly PolicyRule[] {
  const sources = rbac.sourcesOf(role);
  const [only] = sources;
  return only !== undefined && sources.length === 1
    ? only.written
    : sources.flatMap(({ written }) => written);
}

/** For objects of a cluster, which have no places. */
export function rbacInputs(objects: readonly JsonObject[]): readonly RbacInput[] {
  return objects.map((object) => ({ object }));
}

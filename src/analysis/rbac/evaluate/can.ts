import { type AccessRequest, type PolicyRule, ruleAllows } from "../model/policy-rule.ts";
import type { Binding, Role } from "../model/role.ts";
import {
  AUTHENTICATED,
  type Identity,
  MASTERS,
  type Principal,
  principalKeys,
  SERVICE_ACCOUNTS,
  UNAUTHENTICATED,
} from "../model/subject.ts";
import type { Rbac } from "./rbac.ts";

/** Why a request is allowed: this rule of this role, through this binding. */
export interface Grant {
  readonly binding: Binding;
  readonly role: Role;
  /** The role in which the rule is written: another one when the role is aggregated. */
  readonly source: Role;
  readonly rule: PolicyRule;
  /** The subject of the binding that is meant. */
  readonly through: Principal;
}

export interface Decision {
  readonly allowed: boolean;
  /** Members of system:masters are never asked: no binding gives it to them, and none takes it away. */
  readonly masters: boolean;
  /** The first rule of each binding that allows it. */
  readonly grants: readonly Grant[];
}

/** What RBAC answers to a request of somebody (kubernetes: plugin/pkg/auth/authorizer/rbac/rbac.go, Authorize). */
export function can(rbac: Rbac, identity: Identity, request: AccessRequest): Decision {
  const grants: Grant[] = [];
  for (const { binding, role, through } of boundTo(rbac, identity, namespaceOf(request))) {
    const found = allowing(rbac, role, request);
    if (found !== undefined) grants.push({ binding, role, ...found, through });
  }
  const masters = identity.groups.includes(MASTERS);
  return { allowed: masters || grants.length > 0, masters, grants };
}

/** Whether it is allowed, without saying why: stops at the first rule. */
export function isAllowed(rbac: Rbac, identity: Identity, request: AccessRequest): boolean {
  if (identity.groups.includes(MASTERS)) return true;
  for (const { role } of boundTo(rbac, identity, namespaceOf(request)))
    if (allowing(rbac, role, request) !== undefined) return true;
  return false;
}

/** Bindings of other namespaces, and all RoleBindings for what is in no namespace, do not count (VisitRulesFor). */
function namespaceOf(request: AccessRequest): string {
  return request.kind === "url" ? "" : request.namespace;
}

export interface Bound {
  readonly binding: Binding;
  readonly role: Role;
  readonly through: Principal;
}

/** What counts for an identity in a namespace, found once: somebody who asks, asks often. */
const known = new WeakMap<Rbac, WeakMap<Identity, Map<string, readonly Bound[]>>>();

/** Bindings that count for somebody in a namespace (empty: what is in none), ClusterRoleBindings first; roles that are missing grant nothing. */
export function boundTo(rbac: Rbac, identity: Identity, namespace: string): readonly Bound[] {
  let ofRbac = known.get(rbac);
  if (ofRbac === undefined) known.set(rbac, (ofRbac = new WeakMap()));
  let byNamespace = ofRbac.get(identity);
  if (byNamespace === undefined) ofRbac.set(identity, (byNamespace = new Map()));
  const before = byNamespace.get(namespace);
  if (before !== undefined) return before;
  const seen = new Set<Binding>();
  const found: Bound[] = [];
  for (const scope of namespace === "" ? [""] : ["", namespace]) {
    for (const key of principalKeys(identity)) {
      const held = rbac.holdings.get(key);
      for (const binding of held?.byNamespace.get(scope) ?? []) {
        if (held === undefined || seen.has(binding)) continue;
        seen.add(binding);
        const role = rbac.roleOf(binding);
        if (role !== undefined) found.push({ binding, role, through: held.principal });
      }
    }
  }
  byNamespace.set(namespace, found);
  return found;
}

/** The first rule of a role that allows a request. */
export function allowing(
  rbac: Rbac,
  role: Role,
  request: AccessRequest,
): { readonly source: Role; readonly rule: PolicyRule } | undefined {
  for (const source of rbac.sourcesOf(role)) {
    for (const rule of source.written) if (ruleAllows(rule, request)) return { source, rule };
  }
  return undefined;
}

/** A line of the table of what somebody can do. */
export interface Permission {
  /** Empty: cluster-scoped objects and every namespace, future ones included. */
  readonly namespace: string;
  readonly rule: PolicyRule;
  readonly source: Role;
  readonly role: Role;
  readonly binding: Binding;
  readonly through: Principal;
}

/**
 * Everything that somebody can do, rule by rule: what holds everywhere first, then namespace by namespace. Rules for
 * cluster-scoped resources and paths in a RoleBinding are listed as they are: they grant nothing there (`isInert`).
 */
export function permissionsOf(rbac: Rbac, identity: Identity): readonly Permission[] {
  const namespaces = new Set<string>([""]);
  for (const key of principalKeys(identity))
    for (const namespace of rbac.holdings.get(key)?.byNamespace.keys() ?? []) namespaces.add(namespace);
  return [...namespaces].sort().flatMap((namespace) => {
    const lines: Permission[] = [];
    for (const { binding, role, through } of boundTo(rbac, identity, namespace)) {
      if (binding.namespace !== namespace) continue;
      for (const source of rbac.sourcesOf(role))
        for (const rule of source.written) lines.push({ namespace, rule, source, role, binding, through });
    }
    return lines;
  });
}

/** Somebody who can do something, and why. */
export interface Holder {
  readonly principal: Principal;
  readonly grants: readonly Grant[];
  /** ServiceAccounts of the input that are members of this group; empty for users and other groups. */
  readonly accounts: readonly string[];
}

/**
 * Every principal that a request is allowed to, sorted: users, groups with the ServiceAccounts of the input that are in
 * them. `system:masters` can do everything and is always the first.
 */
export function whoCan(rbac: Rbac, request: AccessRequest): readonly Holder[] {
  const scope = namespaceOf(request);
  const found = new Map<string, { principal: Principal; grants: Grant[] }>();
  const granting = new Map<Role, ReturnType<typeof allowing>>();
  for (const [key, { principal, byNamespace }] of rbac.holdings) {
    for (const namespace of scope === "" ? [""] : ["", scope]) {
      for (const binding of byNamespace.get(namespace) ?? []) {
        const role = rbac.roleOf(binding);
        if (role === undefined) continue;
        if (!granting.has(role)) granting.set(role, allowing(rbac, role, request));
        const why = granting.get(role);
        if (why === undefined) continue;
        const holder = found.get(key) ?? { principal, grants: [] };
        holder.grants.push({ binding, role, ...why, through: principal });
        found.set(key, holder);
      }
    }
  }
  const masters = found.get(`g:${MASTERS}`) ?? {
    principal: { kind: "group" as const, name: MASTERS },
    grants: [],
  };
  found.delete(`g:${MASTERS}`);
  const others = [...found.values()].sort(byPrincipal);
  return [masters, ...others].map((holder) => ({ ...holder, accounts: accountsIn(rbac, holder.principal) }));
}

function accountsIn(rbac: Rbac, { kind, name }: Principal): readonly string[] {
  if (kind === "user" || name === UNAUTHENTICATED) return [];
  if (name === AUTHENTICATED || name === SERVICE_ACCOUNTS) return rbac.accounts;
  if (!name.startsWith(`${SERVICE_ACCOUNTS}:`)) return [];
  const prefix = `system:serviceaccount:${name.slice(SERVICE_ACCOUNTS.length + 1)}:`;
  return rbac.accounts.filter((account) => account.startsWith(prefix));
}

function byPrincipal(
  left: { readonly principal: Principal },
  right: { readonly principal: Principal },
): number {
  const [a, b] = [left, right].map(({ principal }) => `${principal.kind} ${principal.name}`);
  return (a ?? "") < (b ?? "") ? -1 : a === b ? 0 : 1;
}

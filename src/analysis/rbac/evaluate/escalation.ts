import type { PolicyRule } from "../model/policy-rule.ts";
import { RBAC_GROUP } from "../model/read-rbac.ts";
import { type RoleRef, roleKey } from "../model/role.ts";
import { type Identity, MASTERS } from "../model/subject.ts";
import { boundTo, isAllowed } from "./can.ts";
import { type Atom, covers, ruleSet } from "./covers.ts";
import { type Rbac, rulesOf } from "./rbac.ts";

/** How the server answers a write of a role or binding beyond the right to write it. */
export interface EscalationAnswer {
  readonly allowed: boolean;
  /** `masters`, `escalate` or `bind`: the right that skips the check; `unchanged`: nothing that grants changes; `covers`: everything is held already. */
  readonly because:
    | "masters"
    | "unchanged"
    | "escalate"
    | "bind"
    | "covers"
    | "not-covered"
    | "aggregation"
    | "role-missing";
  /** What the writer would give and does not hold. */
  readonly missing: readonly Atom[];
}

const full: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"], resourceNames: [], nonResourceURLs: [] },
  { verbs: ["*"], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: ["*"] },
];

/** The rules of somebody in a namespace (RulesFor); an empty one: cluster scope. */
export function* heldRules(rbac: Rbac, identity: Identity, namespace: string): Generator<PolicyRule> {
  for (const { role } of boundTo(rbac, identity, namespace))
    for (const { written } of rbac.sourcesOf(role)) yield* written;
}

export interface RoleWrite {
  readonly kind: "Role" | "ClusterRole";
  readonly namespace: string;
  /** Empty for a POST: the server knows no name then. */
  readonly requestName: string;
  readonly rules: readonly PolicyRule[];
  /** The new object, or the one that it replaces, has a selector in its aggregationRule. */
  readonly aggregated: boolean;
  /** An update of nothing but finalizers and owner references: the garbage collector must not be held up (IsOnlyMutatingGCFields). */
  readonly unchanged?: boolean;
}

/**
 * Whether somebody who may write roles may write this one
 * (kubernetes: pkg/registry/rbac/{role,clusterrole}/policybased/storage.go, pkg/registry/rbac/escalation_check.go).
 */
export function mayWriteRole(rbac: Rbac, identity: Identity, write: RoleWrite): EscalationAnswer {
  if (identity.groups.includes(MASTERS)) return answer("masters");
  const resource = write.kind === "Role" ? "roles" : "clusterroles";
  const escalate = {
    kind: "resource",
    verb: "escalate",
    group: RBAC_GROUP,
    resource,
    subresource: "",
    namespace: write.namespace,
    name: write.requestName,
  } as const;
  if (isAllowed(rbac, identity, escalate)) return answer("escalate");
  if (write.unchanged === true) return answer("unchanged");
  const held = ruleSet(heldRules(rbac, identity, write.namespace));
  const { covered, uncovered } = covers(held, write.rules);
  if (!covered) return { allowed: false, because: "not-covered", missing: uncovered };
  if (write.aggregated && !covers(held, full).covered)
    return { allowed: false, because: "aggregation", missing: covers(held, full).uncovered };
  return answer("covers");
}

/**
 * Whether somebody who may write bindings may write one to this role
 * (kubernetes: pkg/registry/rbac/{rolebinding,clusterrolebinding}/policybased/storage.go).
 */
export function mayBind(
  rbac: Rbac,
  identity: Identity,
  bind: { readonly namespace: string; readonly roleRef: RoleRef },
): EscalationAnswer {
  if (identity.groups.includes(MASTERS)) return answer("masters");
  const { namespace, roleRef } = bind;
  const request = {
    kind: "resource",
    verb: "bind",
    group: RBAC_GROUP,
    resource: roleRef.kind === "Role" ? "roles" : "clusterroles",
    subresource: "",
    namespace,
    name: roleRef.name,
  } as const;
  if (isAllowed(rbac, identity, request)) return answer("bind");
  const role = rbac.roles.get(roleKey(roleRef.kind === "Role" ? namespace : "", roleRef.name));
  if (role === undefined) return { allowed: false, because: "role-missing", missing: [] };
  const held = ruleSet(heldRules(rbac, identity, namespace));
  const { covered, uncovered } = covers(held, rulesOf(rbac, role));
  return covered ? answer("covers") : { allowed: false, because: "not-covered", missing: uncovered };
}

function answer(because: EscalationAnswer["because"]): EscalationAnswer {
  return { allowed: true, because, missing: [] };
}

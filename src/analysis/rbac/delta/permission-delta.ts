import { boundTo } from "../evaluate/can.ts";
import { type Atom, covers, ruleSet, type RuleSet } from "../evaluate/covers.ts";
import { isInert } from "../evaluate/explain.ts";
import { type Rbac, rulesOf } from "../evaluate/rbac.ts";
import type { PolicyRule } from "../model/policy-rule.ts";
import { type Binding, bindingText, type Role } from "../model/role.ts";
import { identityOf, MASTERS, type Principal, principalKeys } from "../model/subject.ts";

/** What one subject can newly do in one scope. */
export interface ScopeGain {
  readonly principal: Principal;
  /** Empty: cluster-scoped objects, paths and every namespace, those that do not exist yet included. */
  readonly namespace: string;
  readonly atoms: readonly Atom[];
  /** Atoms that grant nothing where they stand: paths and cluster-scoped resources in a RoleBinding. */
  readonly inert: readonly Atom[];
  /** Bindings through which they come. */
  readonly bindings: readonly string[];
  /** More atoms than are looked at; those that were not are not listed. */
  readonly truncated: boolean;
}

export interface PermissionDelta {
  readonly gained: readonly ScopeGain[];
  readonly lost: readonly ScopeGain[];
  readonly proof: NoWideningProof;
}

/** What was looked at to say that nothing widens. */
export interface NoWideningProof {
  /** Nothing is gained by anybody anywhere. */
  readonly holds: boolean;
  /** Users, ServiceAccounts and groups that a binding names, before or after. */
  readonly subjects: number;
  /** Namespaces with RoleBindings, and one scope for the cluster. */
  readonly scopes: number;
  /**
   * A namespace and a ServiceAccount that do not exist yet are looked at too: in them only ClusterRoleBindings count, and
   * the groups of every ServiceAccount, which stand among the subjects.
   */
  readonly covers: readonly string[];
}

/**
 * Who can newly do what, and who can no longer: for every subject that a binding names and every scope, the new rules must
 * be covered by the old (`Covers`, rbac.md 1.9); what is not covered is the delta. A group's members are whoever the
 * authenticator says, so a user's rights are those of its own bindings and of the groups that everybody is in: a user
 * gains where either gains, and is told once, under the subject that the binding names.
 */
export function permissionDelta(before: Rbac, after: Rbac): PermissionDelta {
  const gained = widening(before, after);
  const lost = widening(after, before);
  const scopes = new Set<string>([""]);
  const subjects = new Set<string>();
  for (const rbac of [before, after])
    for (const [key, { byNamespace }] of rbac.holdings) {
      subjects.add(key);
      for (const namespace of byNamespace.keys()) scopes.add(namespace);
    }
  return {
    gained,
    lost,
    proof: {
      holds: gained.length === 0,
      subjects: subjects.size,
      scopes: scopes.size,
      covers: [
        "every subject that a binding names, and the groups that everybody or every ServiceAccount is in",
        "the cluster scope, every namespace, and a namespace that does not exist yet",
        "a ServiceAccount that does not exist yet, in every namespace",
        "resources that do not exist yet: a wildcard is covered by a wildcard only",
      ],
    },
  };
}

/** What `wide` gives and `narrow` does not. */
export function widening(narrow: Rbac, wide: Rbac): readonly ScopeGain[] {
  const prints = { narrow: fingerprints(narrow), wide: fingerprints(wide) };
  const owners = ownerSets(narrow);
  const found: ScopeGain[] = [];
  for (const [key, { principal, byNamespace }] of wide.holdings) {
    if (principal.kind === "group" && principal.name === MASTERS) continue;
    const identity = identityOf(principal);
    const keys = principalKeys(identity);
    for (const [namespace, bindings] of byNamespace) {
      const old = narrow.holdings.get(key)?.byNamespace;
      const known = new Set<string>();
      for (const scope of new Set(["", namespace]))
        for (const binding of old?.get(scope) ?? []) known.add(prints.narrow(binding));
      const fresh = bindings.filter((binding) => !known.has(prints.wide(binding)));
      if (fresh.length === 0) continue;
      const owner = owners(keys.join("\n"), namespace, () => heldBy(narrow, identity, namespace));
      // What is gained everywhere is told there, not again in each namespace.
      const everywhere =
        namespace === "" ? undefined : ruleSet(clusterRules(wide, byNamespace.get("") ?? []));
      const gain = gainOf(wide, { principal, namespace, fresh, owner, everywhere });
      if (gain !== undefined) found.push(gain);
    }
  }
  return found.sort(byScope);
}

function* clusterRules(rbac: Rbac, bindings: readonly Binding[]): Generator<PolicyRule> {
  for (const binding of bindings) {
    const role = rbac.roleOf(binding);
    if (role !== undefined) yield* rulesOf(rbac, role);
  }
}

function* heldBy(
  rbac: Rbac,
  identity: ReturnType<typeof identityOf>,
  namespace: string,
): Generator<PolicyRule> {
  for (const { role } of boundTo(rbac, identity, namespace)) yield* rulesOf(rbac, role);
}

/** Rule sets of subjects that hold the same, made once. */
function ownerSets(
  rbac: Rbac,
): (keys: string, namespace: string, rules: () => Iterable<PolicyRule>) => RuleSet {
  const known = new Map<string, RuleSet>();
  return (keys, namespace, rules) => {
    const id = `${rbac.holdings.size} ${namespace}\n${keys}`;
    const before = known.get(id);
    if (before !== undefined) return before;
    const made = ruleSet(rules());
    known.set(id, made);
    return made;
  };
}

function gainOf(
  rbac: Rbac,
  given: {
    readonly principal: Principal;
    readonly namespace: string;
    readonly fresh: readonly Binding[];
    readonly owner: RuleSet;
    readonly everywhere: RuleSet | undefined;
  },
): ScopeGain | undefined {
  const { principal, namespace, fresh, owner, everywhere } = given;
  const atoms = new Map<string, Atom>();
  const bindings: string[] = [];
  let truncated = false;
  const both: RuleSet =
    everywhere === undefined ? owner : { covers: (atom) => owner.covers(atom) || everywhere.covers(atom) };
  for (const binding of fresh) {
    const role = rbac.roleOf(binding);
    if (role === undefined) continue;
    const answer = covers(both, rulesOf(rbac, role));
    truncated ||= answer.truncated;
    if (answer.uncovered.length === 0 && !answer.truncated) continue;
    bindings.push(bindingText(binding));
    for (const atom of answer.uncovered) atoms.set(JSON.stringify(atom), atom);
  }
  if (bindings.length === 0) return undefined;
  const all = [...atoms.values()];
  const inert = namespace === "" ? [] : all.filter((atom) => isInertAtom(rbac, atom, namespace));
  const dead = new Set(inert);
  return {
    principal,
    namespace,
    atoms: all.filter((atom) => !dead.has(atom)),
    inert,
    bindings: [...new Set(bindings)].sort(),
    truncated,
  };
}

function isInertAtom(rbac: Rbac, atom: Atom, namespace: string): boolean {
  if (atom.kind === "url") return true;
  const rule = {
    verbs: [atom.verb],
    apiGroups: [atom.group],
    resources: [atom.resource],
    resourceNames: [],
    nonResourceURLs: [],
  };
  return isInert(rbac, rule, namespace);
}

/** What a binding gives, as a text: two bindings with the same text give the same. */
function fingerprints(rbac: Rbac): (binding: Binding) => string {
  const known = new Map<Role, string>();
  return (binding) => {
    const role = rbac.roleOf(binding);
    if (role === undefined) return "";
    const before = known.get(role);
    if (before !== undefined) return before;
    const text = JSON.stringify(
      rulesOf(rbac, role).map((rule) => [
        rule.verbs,
        rule.apiGroups,
        rule.resources,
        rule.resourceNames,
        rule.nonResourceURLs,
      ]),
    );
    known.set(role, text);
    return text;
  };
}

function byScope(left: ScopeGain, right: ScopeGain): number {
  const [a, b] = [left, right].map(
    ({ principal, namespace }) => `${principal.kind} ${principal.name}\0${namespace}`,
  );
  return (a ?? "") < (b ?? "") ? -1 : a === b ? 0 : 1;
}

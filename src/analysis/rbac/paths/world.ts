import type { Grant } from "../evaluate/can.ts";
import { allowing } from "../evaluate/can.ts";
import type { Rbac } from "../evaluate/rbac.ts";
import type { AccessRequest, ResourceRequest } from "../model/policy-rule.ts";
import type { Binding, Role } from "../model/role.ts";
import {
  groupIdentity,
  type Identity,
  MASTERS,
  type Principal,
  principalKey,
  principalKeys,
  userIdentity,
} from "../model/subject.ts";
import { holdsIn } from "../model/version-switches.ts";
import { type Evidence, type Held, heldKey } from "./held.ts";
import { readSurroundings, type Surroundings } from "./surroundings.ts";

/** A right in a namespace: the same for every namespace that it reaches. */
export interface Reached {
  readonly namespace: string;
  readonly evidence: Evidence;
}

/** What techniques ask. Answers are kept: the same question is asked of many. */
export interface AttackWorld {
  readonly rbac: Rbac;
  readonly around: Surroundings;
  /** Everything that is held so far, in the order in which it was reached. */
  readonly held: ReadonlyMap<string, Held>;
  /** Takes note of one more thing that is held; false when it is known. */
  learn(held: Held): boolean;
  /** The right, when the holder has it. */
  ask(by: Held, request: AccessRequest): Evidence | undefined;
  /** The right, by this holder or by anything else that is held. */
  askAll(by: Held, request: AccessRequest): Evidence | undefined;
  /** Scopes in which a holder has rights that matter: everywhere (empty) first, then namespaces. */
  scopes(by: Held): readonly string[];
  /** Namespaces in which a holder has the first of some rights that it has at all; each namespace once. */
  spread(by: Held, rights: (scope: string) => readonly AccessRequest[]): Generator<Reached>;
  /** Whether a holder has any right on one of these resources, of whatever name, verb and place; a star: on all. */
  touches(by: Held, resources: readonly string[]): boolean;
  /** Namespaces that a right in a scope reaches: itself, or all that are known. */
  reaches(scope: string): readonly string[];
  /** Accounts of a namespace that are worth being: those that a binding names, and any where its groups have rights. */
  accountsIn(namespace: string): readonly Identity[];
  /**
   * Those of them that pods run as. The accounts of Kubernetes' own controllers are not among them: the controller manager
   * asks for their tokens itself.
   */
  podAccountsIn(namespace: string): readonly Identity[];
  /** Users and groups that are worth being. */
  readonly principals: readonly Principal[];
}

interface Bound {
  readonly binding: Binding;
  readonly role: Role;
  readonly through: Principal;
}

/** Resources on which a role gives rights: all, or these. */
interface Touched {
  readonly all: boolean;
  readonly resources: ReadonlySet<string>;
}

/** What does not depend on who attacks. */
type Ground = Omit<AttackWorld, "held" | "learn" | "askAll">;

const grounds = new WeakMap<Rbac, Ground>();

/** @param interesting resources that some technique asks for; roles without any of them are not looked at */
export function attackWorld(rbac: Rbac, interesting: ReadonlySet<string>): AttackWorld {
  const known = grounds.get(rbac);
  const ground = known ?? groundOf(rbac, interesting);
  if (known === undefined) grounds.set(rbac, ground);
  return { ...ground, ...heldIn(ground) };
}

function groundOf(rbac: Rbac, interesting: ReadonlySet<string>): Ground {
  const around = readSurroundings(rbac);
  const touchedBy = roleTouches(rbac, interesting);
  /** What a principal is bound to and matters, by scope. */
  const bound = new Map<string, ReadonlyMap<string, readonly Bound[]>>();
  const nothing: ReadonlyMap<string, readonly Bound[]> = new Map();
  const boundTo = (key: string): ReadonlyMap<string, readonly Bound[]> => {
    const before = bound.get(key);
    if (before !== undefined) return before;
    const holdings = rbac.holdings.get(key);
    const found = new Map<string, readonly Bound[]>();
    for (const [scope, bindings] of holdings?.byNamespace ?? []) {
      const here: Bound[] = [];
      for (const binding of bindings) {
        const role = rbac.roleOf(binding);
        if (role === undefined || holdings === undefined) continue;
        const touched = touchedBy(role);
        if (touched.all || touched.resources.size > 0)
          here.push({ binding, role, through: holdings.principal });
      }
      if (here.length > 0) found.set(scope, here);
    }
    const kept = found.size === 0 ? nothing : found;
    bound.set(key, kept);
    return kept;
  };
  const hasRights = (key: string): boolean => boundTo(key).size > 0;
  /** What an identity is bound to by itself and by its groups. */
  const rightsOf = remembered((by: Held): ReadonlyMap<string, readonly Bound[]> => {
    if (by.kind !== "identity") return nothing;
    const parts = principalKeys(by.identity)
      .map(boundTo)
      .filter((map) => map.size > 0);
    const [only] = parts;
    if (parts.length < 2) return only ?? nothing;
    const merged = new Map<string, Bound[]>();
    for (const part of parts)
      for (const [scope, list] of part) merged.set(scope, [...(merged.get(scope) ?? []), ...list]);
    return merged;
  });

  const ask = (by: Held, request: AccessRequest): Evidence | undefined => {
    const namespace = request.kind === "url" ? "" : request.namespace;
    switch (by.kind) {
      case "cluster-admin":
        return { by, request, grants: [] };
      case "namespace":
        return namespace === by.namespace ? { by, request, grants: [] } : undefined;
      case "role": {
        const role = rbac.roles.get(by.role);
        const counts = by.namespace === "" || by.namespace === namespace;
        return role !== undefined && counts && allowing(rbac, role, request) !== undefined
          ? { by, request, grants: [] }
          : undefined;
      }
      case "identity": {
        if (by.limit !== undefined) {
          const verb = `impersonate-on:${by.limit.mode}:${request.verb}`;
          if (ask(by.limit.by, { ...request, verb }) === undefined) return undefined;
        }
        if (by.identity.groups.includes(MASTERS)) return { by, request, grants: [] };
        const grants: Grant[] = [];
        const rights = rightsOf(by);
        for (const scope of namespace === "" ? [""] : ["", namespace])
          for (const one of rights.get(scope) ?? []) {
            const why = allowing(rbac, one.role, request);
            if (why !== undefined) grants.push({ ...one, ...why });
          }
        return grants.length === 0 ? undefined : { by, request, grants };
      }
      default:
        return undefined;
    }
  };

  const scopesOf = (by: Held): readonly string[] => {
    if (by.kind === "namespace" || by.kind === "role") return [by.namespace];
    if (by.kind !== "identity") return [""];
    const found = new Set(rightsOf(by).keys());
    if (by.identity.groups.includes(MASTERS)) found.add("");
    return [...found].sort();
  };
  const scopes = remembered(scopesOf);
  const touched = remembered((by: Held): Touched => {
    if (by.kind !== "identity") return { all: true, resources: new Set() };
    if (by.identity.groups.includes(MASTERS)) return { all: true, resources: new Set() };
    const resources = new Set<string>();
    for (const list of rightsOf(by).values())
      for (const { role } of list) {
        const one = touchedBy(role);
        if (one.all) return one;
        for (const resource of one.resources) resources.add(resource);
      }
    return { all: false, resources };
  });

  const allNamespaces = [...new Set([...around.knownNamespaces, ...around.accounts.keys()])].sort();
  const accounts = new Map<string, readonly Identity[]>();
  const accountsIn = (namespace: string): readonly Identity[] => {
    const before = accounts.get(namespace);
    if (before !== undefined) return before;
    const named = (around.accounts.get(namespace) ?? [])
      .filter((user) => hasRights(`u:${user}`))
      .map((user) => userIdentity(user));
    const group = `system:serviceaccounts:${namespace}`;
    const any = hasRights(`g:${group}`) ? [groupIdentity(group)] : [];
    const found = [...named, ...any];
    accounts.set(namespace, found);
    return found;
  };
  const isController = (user: string): boolean => {
    for (const list of rbac.holdings.get(`u:${user}`)?.byNamespace.values() ?? [])
      if (list.some(({ builtin }) => !builtin)) return false;
    return true;
  };
  const podAccounts = new Map<string, readonly Identity[]>();
  const reaches = (scope: string): readonly string[] => (scope === "" ? allNamespaces : [scope]);

  return {
    rbac,
    around,
    ask,
    scopes,
    *spread(by, rights) {
      const seen = new Set<string>();
      for (const scope of scopes(by)) {
        if (seen.has(scope)) continue;
        let evidence: Evidence | undefined;
        for (const request of rights(scope)) {
          evidence = ask(by, request);
          if (evidence !== undefined) break;
        }
        if (evidence === undefined) continue;
        for (const namespace of reaches(scope)) {
          if (seen.has(namespace)) continue;
          seen.add(namespace);
          yield { namespace, evidence };
        }
      }
    },
    touches: (by, resources) => {
      const one = touched(by);
      return one.all || resources.some((resource) => one.resources.has(resource));
    },
    reaches,
    accountsIn,
    podAccountsIn: (namespace) => {
      const before = podAccounts.get(namespace);
      if (before !== undefined) return before;
      const found = accountsIn(namespace).filter(({ kind, user }) => kind === "group" || !isController(user));
      podAccounts.set(namespace, found);
      return found;
    },
    principals: [...rbac.holdings.values()]
      .map(({ principal }) => principal)
      .filter(({ kind, name }) => hasRights(principalKey(kind, name))),
  };
}

/** What one attacker comes to hold. */
function heldIn({ ask, scopes }: Ground): Pick<AttackWorld, "held" | "learn" | "askAll"> {
  const held = new Map<string, Held>();
  /** Things with rights, by the scopes in which they have them. */
  const holders = new Map<string, Held[]>();
  const answers = new Map<string, { evidence: Evidence | undefined; readonly looked: Map<string, number> }>();
  const askHolders = (request: AccessRequest): Evidence | undefined => {
    const id = JSON.stringify(request);
    const known = answers.get(id) ?? { evidence: undefined, looked: new Map<string, number>() };
    answers.set(id, known);
    if (known.evidence !== undefined) return known.evidence;
    const namespace = request.kind === "url" ? "" : request.namespace;
    // Each holder is asked once: those that came since the last time.
    for (const scope of namespace === "" ? [""] : ["", namespace]) {
      const list = holders.get(scope) ?? [];
      for (let index = known.looked.get(scope) ?? 0; index < list.length; index++) {
        const by = list[index];
        known.evidence = by === undefined ? undefined : ask(by, request);
        if (known.evidence !== undefined) return known.evidence;
      }
      known.looked.set(scope, list.length);
    }
    return undefined;
  };

  return {
    held,
    learn: (one) => {
      const key = heldKey(one);
      if (held.has(key)) return false;
      held.set(key, one);
      if (one.kind === "identity" || one.kind === "role" || one.kind === "namespace")
        for (const scope of scopes(one)) {
          const list = holders.get(scope);
          if (list === undefined) holders.set(scope, [one]);
          else list.push(one);
        }
      return true;
    },
    askAll: (by, request) => ask(by, request) ?? askHolders(request),
  };
}

/** Which of the resources that matter a role touches. */
function roleTouches(rbac: Rbac, interesting: ReadonlySet<string>): (role: Role) => Touched {
  const known = new Map<Role, Touched>();
  return (role) => {
    const before = known.get(role);
    if (before !== undefined) return before;
    const named = new Set(
      rbac.sourcesOf(role).flatMap(({ written }) => written.flatMap(({ resources }) => resources)),
    );
    const all = named.has("*");
    // A subresource of everything touches every resource that ends with it.
    const parts = [...named].filter((one) => one.startsWith("*/")).map((one) => one.slice(1));
    const resources = new Set(
      [...interesting].filter((one) => named.has(one) || parts.some((part) => one.endsWith(part))),
    );
    const answer = { all, resources };
    known.set(role, answer);
    return answer;
  };
}

function remembered<T>(make: (held: Held) => T): (held: Held) => T {
  const known = new WeakMap<Held, { readonly value: T }>();
  return (held) => {
    const before = known.get(held);
    if (before !== undefined) return before.value;
    const value = make(held);
    known.set(held, { value });
    return value;
  };
}

/** A request for a resource, with what is left out empty. */
export function want(
  verb: string,
  resource: string,
  given: Partial<Omit<ResourceRequest, "kind" | "verb" | "resource">> = {},
): ResourceRequest {
  const slash = resource.indexOf("/");
  return {
    kind: "resource",
    verb,
    group: given.group ?? "",
    resource: slash < 0 ? resource : resource.slice(0, slash),
    subresource: given.subresource ?? (slash < 0 ? "" : resource.slice(slash + 1)),
    namespace: given.namespace ?? "",
    name: given.name ?? "",
  };
}

/** The first of several rights that a holder has. */
export function askOne(
  world: AttackWorld,
  by: Held,
  requests: readonly AccessRequest[],
): Evidence | undefined {
  for (const request of requests) {
    const found = world.ask(by, request);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** One thing for one identity, so that what is known about it is found again. */
const asHeld = new WeakMap<Identity, Held>();

export function asIdentity(identity: Identity): Held {
  const before = asHeld.get(identity);
  if (before !== undefined) return before;
  const held: Held = { kind: "identity", identity };
  asHeld.set(identity, held);
  return held;
}

/** Whether exec over a WebSocket needs no more than get. */
export function execVerbs(world: AttackWorld): readonly string[] {
  return holdsIn("execByGet", world.rbac.minor) ? ["create", "get"] : ["create"];
}

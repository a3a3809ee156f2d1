import type { Grant } from "../evaluate/can.ts";
import { allowing } from "../evaluate/can.ts";
import type { Rbac } from "../evaluate/rbac.ts";
import type { AccessRequest, ResourceRequest } from "../model/policy-rule.ts";
import type { Binding, Role } from "../model/role.ts";
import { groupIdentity, type Identity, MASTERS, type Principal, principalKeys, userIdentity } from "../model/subject.ts";
import { holdsIn } from "../model/version-switches.ts";
import type { Evidence, Held } from "./held.ts";
import { readSurroundings, type Surroundings } from "./surroundings.ts";

/** What techniques ask. Answers are kept: the same question is asked of many. */
export interface AttackWorld {
  readonly rbac: Rbac;
  readonly around: Surroundings;
  /** Everything that is held so far, in the order in which it was reached. */
  readonly held: ReadonlyMap<string, Held>;
  /** The right, when the holder has it. */
  ask(by: Held, request: AccessRequest): Evidence | undefined;
  /** The right, by this holder or by anything else that is held. */
  askAll(by: Held, request: AccessRequest): Evidence | undefined;
  /** Scopes in which a holder may have rights: everywhere (empty) first, then namespaces. */
  scopes(by: Held): readonly string[];
  /** Namespaces that a right in a scope reaches: itself, or all that are known. */
  reaches(scope: string): readonly string[];
  /** Accounts of a namespace that are worth being: those that a binding names, and a fresh one where its groups have rights. */
  accountsIn(namespace: string): readonly Identity[];
  /**
   * Those of them that pods run as. The accounts of Kubernetes' own controllers are not among them: the controller manager
   * asks for their tokens itself.
   */
  podAccountsIn(namespace: string): readonly Identity[];
  /** Users and groups that are worth being. */
  readonly principals: readonly Principal[];
}

/** Resources and verbs that some technique asks for: roles without any of them are not looked at. */
const interesting: ReadonlySet<string> = new Set([
  "*",
  "pods",
  "pods/exec",
  "pods/attach",
  "pods/ephemeralcontainers",
  "pods/eviction",
  "pods/status",
  "deployments",
  "daemonsets",
  "statefulsets",
  "replicasets",
  "replicationcontrollers",
  "jobs",
  "cronjobs",
  "workflows",
  "cronworkflows",
  "taskruns",
  "pipelineruns",
  "secrets",
  "serviceaccounts",
  "serviceaccounts/token",
  "users",
  "groups",
  "nodes",
  "nodes/proxy",
  "nodes/status",
  "roles",
  "clusterroles",
  "rolebindings",
  "clusterrolebindings",
  "certificatesigningrequests",
  "certificatesigningrequests/approval",
  "signers",
  "persistentvolumes",
  "mutatingwebhookconfigurations",
  "validatingwebhookconfigurations",
  "mutatingadmissionpolicies",
  "namespaces",
  "configmaps",
  "services",
  "services/status",
  "endpoints",
  "endpointslices",
  "applications",
  "kustomizations",
  "helmreleases",
]);

export function attackWorld(rbac: Rbac, held: ReadonlyMap<string, Held>): AttackWorld {
  const around = readSurroundings(rbac);
  const worth = new Map<Role, boolean>();
  const isWorth = (role: Role): boolean => {
    let answer = worth.get(role);
    if (answer === undefined) {
      answer = rbac
        .sourcesOf(role)
        .some(({ written }) =>
          written.some(({ resources }) => resources.some((one) => interesting.has(one) || one.startsWith("*/"))),
        );
      worth.set(role, answer);
    }
    return answer;
  };
  type Bound = { readonly binding: Binding; readonly role: Role; readonly through: Principal };
  const bound = new Map<string, readonly Bound[]>();
  const boundAt = (key: string, scope: string): readonly Bound[] => {
    const id = `${scope}\n${key}`;
    const before = bound.get(id);
    if (before !== undefined) return before;
    const found: Bound[] = [];
    const holdings = rbac.holdings.get(key);
    for (const binding of holdings?.byNamespace.get(scope) ?? []) {
      const role = rbac.roleOf(binding);
      if (role !== undefined && holdings !== undefined && isWorth(role))
        found.push({ binding, role, through: holdings.principal });
    }
    bound.set(id, found);
    return found;
  };
  const hasRights = (key: string): boolean =>
    [...(rbac.holdings.get(key)?.byNamespace.keys() ?? [])].some((scope) => boundAt(key, scope).length > 0);

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
        for (const key of principalKeys(by.identity))
          for (const scope of namespace === "" ? [""] : ["", namespace])
            for (const one of boundAt(key, scope)) {
              const why = allowing(rbac, one.role, request);
              if (why !== undefined) grants.push({ ...one, ...why });
            }
        return grants.length === 0 ? undefined : { by, request, grants };
      }
      default:
        return undefined;
    }
  };
  const principals = [...rbac.holdings.values()]
    .map(({ principal }) => principal)
    .filter(({ kind, name }) => hasRights(`${kind === "user" ? "u" : "g"}:${name}`));
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
  const isController = (user: string): boolean =>
    [...(rbac.holdings.get(`u:${user}`)?.byNamespace.values() ?? [])].flat().every(({ builtin }) => builtin);
  return {
    rbac,
    around,
    held,
    ask,
    askAll: (by, request) => {
      const own = ask(by, request);
      if (own !== undefined) return own;
      for (const other of held.values()) {
        if (other === by || !hasRightsOf(other)) continue;
        const found = ask(other, request);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    scopes: (by) => {
      if (by.kind === "namespace") return [by.namespace];
      if (by.kind === "role") return [by.namespace];
      if (by.kind !== "identity") return [""];
      const found = new Set<string>();
      for (const key of principalKeys(by.identity))
        for (const scope of rbac.holdings.get(key)?.byNamespace.keys() ?? [])
          if (scope !== "" && boundAt(key, scope).length > 0) found.add(scope);
      return ["", ...[...found].sort()];
    },
    reaches: (scope) => (scope === "" ? allNamespaces : [scope]),
    accountsIn,
    podAccountsIn: (namespace) =>
      accountsIn(namespace).filter(({ kind, user }) => kind === "group" || !isController(user)),
    principals,
  };
}

function hasRightsOf(held: Held): boolean {
  return held.kind === "identity" || held.kind === "role" || held.kind === "namespace" || held.kind === "cluster-admin";
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

export function asIdentity(identity: Identity): Held {
  return { kind: "identity", identity };
}

/** Whether exec over a WebSocket needs no more than get. */
export function execVerbs(world: AttackWorld): readonly string[] {
  return holdsIn("execByGet", world.rbac.minor) ? ["create", "get"] : ["create"];
}


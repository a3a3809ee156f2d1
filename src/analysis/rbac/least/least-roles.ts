import type { JsonObject } from "../../../kube/json.ts";
import { isAllowed } from "../evaluate/can.ts";
import type { Rbac } from "../evaluate/rbac.ts";
import { type AccessRequest, combined, type PolicyRule, ruleAllows } from "../model/policy-rule.ts";
import { accountOf, type Identity } from "../model/subject.ts";

export interface LeastOptions {
  /** Name of the roles and bindings. */
  readonly name: string;
  /** Every object of a kind instead of those that were named: broader than what was observed. Default: false. */
  readonly anyName?: boolean;
  /** Everywhere instead of the namespaces that were used: broader than what was observed. Default: false. */
  readonly anyNamespace?: boolean;
}

/** The least that allows some requests. */
export interface LeastRoles {
  /** Roles, then bindings. */
  readonly objects: readonly JsonObject[];
  readonly scopes: readonly LeastScope[];
  /** Requests that everybody may make, or that the subject may make already. */
  readonly already: number;
}

export interface LeastScope {
  /** Empty: a ClusterRole. */
  readonly namespace: string;
  readonly rules: readonly PolicyRule[];
  /** Different requests behind the rules. */
  readonly requests: number;
}

/**
 * The least roles that allow requests of a subject: one Role for each namespace and a ClusterRole for what is in none, with
 * names where every request had one. Rules are joined only where the join allows nothing more. What the world allows the
 * subject anyhow is left out.
 */
export function leastRoles(
  world: Rbac,
  identity: Identity,
  requests: readonly AccessRequest[],
  options: LeastOptions,
): LeastRoles {
  const needed = new Map<string, AccessRequest>();
  let already = 0;
  for (const request of requests) {
    if (isAllowed(world, identity, request)) {
      already++;
      continue;
    }
    const kept = broadened(request, options);
    needed.set(JSON.stringify(kept), kept);
  }
  const byScope = new Map<string, AccessRequest[]>();
  for (const request of needed.values()) {
    const scope = request.kind === "url" ? "" : request.namespace;
    const list = byScope.get(scope);
    if (list === undefined) byScope.set(scope, [request]);
    else list.push(request);
  }
  const scopes = [...byScope]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([namespace, list]) => ({ namespace, rules: compactRules(list), requests: list.length }));
  return { objects: objectsOf(scopes, identity, options.name), scopes, already };
}

function broadened(request: AccessRequest, options: LeastOptions): AccessRequest {
  if (request.kind === "url") return request;
  return {
    ...request,
    ...(options.anyName === true ? { name: "" } : {}),
    ...(options.anyNamespace === true ? { namespace: "" } : {}),
  };
}

/** Rules that allow exactly these requests, as few as joining without widening gives. */
export function compactRules(requests: readonly AccessRequest[]): readonly PolicyRule[] {
  const objects = new Map<string, { group: string; resource: string; name: string; verbs: Set<string> }>();
  const urls = new Map<string, Set<string>>();
  for (const request of requests) {
    if (request.kind === "url") {
      urls.set(request.path, (urls.get(request.path) ?? new Set<string>()).add(request.verb));
      continue;
    }
    const resource = combined(request.resource, request.subresource);
    const id = JSON.stringify([request.group, resource, request.name]);
    const entry = objects.get(id) ?? {
      group: request.group,
      resource,
      name: request.name,
      verbs: new Set<string>(),
    };
    entry.verbs.add(request.verb);
    objects.set(id, entry);
  }
  // A verb that is needed for the collection is needed for every name: the rule without names allows both.
  for (const entry of objects.values()) {
    if (entry.name === "") continue;
    const whole = objects.get(JSON.stringify([entry.group, entry.resource, ""]));
    for (const verb of whole?.verbs ?? []) entry.verbs.delete(verb);
  }
  const byNames = new Map<
    string,
    { group: string; resource: string; names: string[]; verbs: string[]; named: boolean }
  >();
  for (const { group, resource, name, verbs } of objects.values()) {
    if (verbs.size === 0) continue;
    const sorted = [...verbs].sort();
    const named = name !== "";
    const id = JSON.stringify([group, resource, sorted, named]);
    const entry = byNames.get(id) ?? { group, resource, names: [], verbs: sorted, named };
    if (named) entry.names.push(name);
    byNames.set(id, entry);
  }
  const joined = new Map<string, { group: string; resources: string[]; names: string[]; verbs: string[] }>();
  for (const { group, resource, names, verbs } of byNames.values()) {
    const sorted = [...names].sort();
    const id = JSON.stringify([group, verbs, sorted]);
    const entry = joined.get(id) ?? { group, resources: [], names: sorted, verbs };
    entry.resources.push(resource);
    joined.set(id, entry);
  }
  const rules: PolicyRule[] = [...joined.values()].map(({ group, resources, names, verbs }) => ({
    apiGroups: [group],
    resources: [...resources].sort(),
    resourceNames: names,
    verbs,
    nonResourceURLs: [],
  }));
  const byVerbs = new Map<string, string[]>();
  for (const [path, verbs] of urls) {
    const id = JSON.stringify([...verbs].sort());
    byVerbs.set(id, [...(byVerbs.get(id) ?? []), path]);
  }
  for (const [id, paths] of byVerbs)
    rules.push({
      apiGroups: [],
      resources: [],
      resourceNames: [],
      verbs: JSON.parse(id) as string[],
      nonResourceURLs: [...paths].sort(),
    });
  return rules.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function objectsOf(scopes: readonly LeastScope[], identity: Identity, name: string): readonly JsonObject[] {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const account = accountOf(identity.user);
  const subject: JsonObject =
    account !== undefined
      ? { kind: "ServiceAccount", name: account.name, namespace: account.namespace }
      : identity.kind === "group"
        ? { kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: identity.groups[0] ?? "" }
        : { kind: "User", apiGroup: "rbac.authorization.k8s.io", name: identity.user };
  const both = scopes.map(({ namespace, rules }) => {
    const kind = namespace === "" ? "ClusterRole" : "Role";
    const metadata: JsonObject = { name, ...(namespace === "" ? {} : { namespace }) };
    const role: JsonObject = { apiVersion, kind, metadata, rules: rules.map(ruleObject) };
    const binding: JsonObject = {
      apiVersion,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name },
      subjects: [subject],
    };
    return { role, binding };
  });
  return [...both.map(({ role }) => role), ...both.map(({ binding }) => binding)];
}

function ruleObject(rule: PolicyRule): JsonObject {
  if (rule.nonResourceURLs.length > 0) return { nonResourceURLs: rule.nonResourceURLs, verbs: rule.verbs };
  return {
    apiGroups: rule.apiGroups,
    resources: rule.resources,
    ...(rule.resourceNames.length === 0 ? {} : { resourceNames: rule.resourceNames }),
    verbs: rule.verbs,
  };
}

/** Replay: requests that the rules do not allow; none, unless there is a bug. */
export function notAllowed(
  scopes: readonly LeastScope[],
  requests: readonly AccessRequest[],
): readonly AccessRequest[] {
  return requests.filter((request) => {
    const namespace = request.kind === "url" ? "" : request.namespace;
    return !scopes.some(
      (scope) =>
        (scope.namespace === "" || scope.namespace === namespace) &&
        scope.rules.some((rule) => ruleAllows(rule, request)),
    );
  });
}

import type { JsonObject } from "../../../src/kube/json.ts";
import type { AccessRequest, PolicyRule } from "../../../src/analysis/rbac/model/policy-rule.ts";
import type { Binding } from "../../../src/analysis/rbac/model/role.ts";

/** A reproducible source of choices (mulberry32). */
export interface Dice {
  below(limit: number): number;
  one<T>(list: readonly T[]): T;
  some<T>(list: readonly T[], most: number): T[];
  chance(share: number): boolean;
}

export function dice(seed: number): Dice {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const one = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  return {
    below,
    one,
    some: (list, most) => [...new Set(Array.from({ length: 1 + below(most) }, () => one(list)))],
    chance: (share) => next() < share,
  };
}

const API = "rbac.authorization.k8s.io/v1";
export const namespaces = ["n1", "n2", "n3"] as const;
const verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "*"];
const rareVerbs = ["bind", "escalate", "impersonate", "impersonate:user-info", "use", "GET", "approve", ""];
const groups = ["", "", "apps", "*", "rbac.authorization.k8s.io", "example.org", "authentication.k8s.io"];
const resources = [
  "pods",
  "pods/exec",
  "pods/log",
  "*",
  "*/exec",
  "*/log",
  "pods/*",
  "*/*",
  "deployments",
  "deployments/scale",
  "*/scale",
  "secrets",
  "configmaps",
  "roles",
  "clusterroles",
  "rolebindings",
  "nodes/proxy",
  "users",
  "userextras/scopes",
  "*/",
  "/exec",
  "pods/exec/exec",
  "*/exec/exec",
  "",
];
const names = ["a", "b", "view", "*", "", "a.b"];
const urls = [
  "*",
  "/foo",
  "/foo/",
  "/foo/*",
  "/foo*",
  "/foo**",
  "/*",
  "/foo/bar",
  "/healthz",
  "/fo*o",
  "**",
  "",
];
const paths = [
  "/foo",
  "/foo/",
  "/foo/bar",
  "/foobar",
  "/",
  "/healthz",
  "/fo*o",
  "/foo*",
  "*",
  "/version",
  "/foo/*",
];

export const people: readonly string[] = [
  "u1",
  "u2",
  "u3",
  "system:serviceaccount:n1:s1",
  "system:serviceaccount:n2:s1",
  "*",
];
export const circles: readonly string[] = [
  "g1",
  "g2",
  "system:authenticated",
  "system:serviceaccounts",
  "system:serviceaccounts:n1",
  "system:unauthenticated",
  "*",
];

/** A rule that the API server takes, biased to what is easily got wrong. */
export function randomRule(d: Dice, inNamespace: boolean): JsonObject {
  const ruleVerbs = d.chance(0.15) ? [...d.some(rareVerbs, 2), ...d.some(verbs, 1)] : d.some(verbs, 3);
  if (!inNamespace && d.chance(0.2)) return { verbs: ruleVerbs, nonResourceURLs: d.some(urls, 2) };
  return {
    verbs: ruleVerbs,
    apiGroups: d.some(groups, 2),
    resources: d.some(resources, 3),
    ...(d.chance(0.4) ? { resourceNames: d.some(names, 2) } : {}),
  };
}

export function randomRules(d: Dice, inNamespace: boolean): JsonObject[] {
  return Array.from({ length: d.below(4) }, () => randomRule(d, inNamespace));
}

export function randomRole(d: Dice, name: string): JsonObject {
  const namespaced = d.chance(0.5);
  return {
    apiVersion: API,
    kind: namespaced ? "Role" : "ClusterRole",
    metadata: { name, ...(namespaced ? { namespace: d.one(namespaces) } : { labels: randomLabels(d) }) },
    rules: randomRules(d, namespaced),
  };
}

const labelKeys = ["x", "y", "rbac.authorization.k8s.io/aggregate-to-view"];

export function randomLabels(d: Dice): JsonObject {
  return d.chance(0.5) ? {} : { [d.one(labelKeys)]: d.one(["true", "a"]) };
}

export function randomSubject(d: Dice, inNamespace: boolean): JsonObject {
  switch (d.below(3)) {
    case 0:
      return { kind: "User", name: d.one(people) };
    case 1:
      return { kind: "Group", name: d.one(circles) };
    default:
      return {
        kind: "ServiceAccount",
        name: d.one(["s1", "s2"]),
        ...(inNamespace && d.chance(0.5) ? {} : { namespace: d.one(namespaces) }),
      };
  }
}

/** A binding to one of the roles, or to one that is not there. */
export function randomBinding(d: Dice, name: string, roles: readonly JsonObject[]): JsonObject {
  const namespaced = d.chance(0.6);
  const clusterRoles = roles.filter(({ kind }) => kind === "ClusterRole").map(nameOf);
  const own = namespaced && d.chance(0.5);
  const namespace = d.one(namespaces);
  const here = roles.filter((role) => role["kind"] === "Role" && namespaceOf(role) === namespace).map(nameOf);
  return {
    apiVersion: API,
    kind: namespaced ? "RoleBinding" : "ClusterRoleBinding",
    metadata: { name, ...(namespaced ? { namespace } : {}) },
    roleRef: own
      ? { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: d.one([...here, "absent"]) }
      : {
          apiGroup: "rbac.authorization.k8s.io",
          kind: "ClusterRole",
          name: d.one([...clusterRoles, "absent"]),
        },
    subjects: Array.from({ length: d.below(4) }, () => randomSubject(d, namespaced)),
  };
}

export function nameOf(object: JsonObject): string {
  return (object["metadata"] as { name: string }).name;
}

export function namespaceOf(object: JsonObject): string {
  return (object["metadata"] as { namespace?: string }).namespace ?? "";
}

/** What a request asks for, biased to the resources and names of the rules. */
export function randomRequest(d: Dice): AccessRequest {
  const verb = d.chance(0.15) ? d.one(rareVerbs) : d.one(verbs);
  if (d.chance(0.15)) return { kind: "url", verb, path: d.one(paths) };
  const whole = d.one(resources);
  // A resource with its slash may stand in one field or in two.
  const slash = d.chance(0.9) ? whole.indexOf("/") : -1;
  return {
    kind: "resource",
    verb,
    group: d.one(groups),
    resource: slash < 0 ? whole : whole.slice(0, slash),
    subresource: slash < 0 ? "" : whole.slice(slash + 1),
    namespace: d.chance(0.3) ? "" : d.one([...namespaces, "n9"]),
    name: d.chance(0.5) ? "" : d.one(names),
  };
}

export function randomWho(d: Dice): { readonly user: string; readonly groups: readonly string[] } {
  const user = d.chance(0.1) ? "" : d.one([...people, "nobody"]);
  const named = d.chance(0.6) ? d.some([...circles, "system:masters", "g3"], 2) : [];
  // system:masters would hide everything else.
  const kept = named.filter((group) => group !== "system:masters" || d.chance(0.05));
  return { user, groups: user === "" && kept.length === 0 ? ["g1"] : kept };
}

export function reviewOf(
  who: { readonly user: string; readonly groups: readonly string[] },
  asked: AccessRequest,
): JsonObject {
  return {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: {
      ...(who.user === "" ? {} : { user: who.user }),
      groups: who.groups,
      ...(asked.kind === "url"
        ? { nonResourceAttributes: { verb: asked.verb, path: asked.path } }
        : {
            resourceAttributes: {
              verb: asked.verb,
              group: asked.group,
              resource: asked.resource,
              subresource: asked.subresource,
              namespace: asked.namespace,
              name: asked.name,
            },
          }),
    },
  };
}

const plurals: Readonly<Record<string, string>> = {
  Role: "roles",
  ClusterRole: "clusterroles",
  RoleBinding: "rolebindings",
  ClusterRoleBinding: "clusterrolebindings",
};

/** Path of the collection of an RBAC object. */
export function collectionOf(object: JsonObject): string {
  const namespace = namespaceOf(object);
  const plural = plurals[object["kind"] as string] ?? "";
  return `/apis/${API}${namespace === "" ? "" : `/namespaces/${namespace}`}/${plural}`;
}

/** A request that a rule of a bound role allows to one of the binding's subjects, or misses by one part. */
export function nearRequest(
  d: Dice,
  rule: PolicyRule,
  binding: Binding,
): {
  readonly who: { readonly user: string; readonly groups: readonly string[] };
  readonly request: AccessRequest;
} {
  const subject = binding.subjects.length === 0 ? undefined : d.one(binding.subjects);
  const who =
    subject === undefined
      ? randomWho(d)
      : subject.kind === "Group"
        ? { user: d.one(["nobody", "u1"]), groups: [subject.name, ...(d.chance(0.3) ? ["g1"] : [])] }
        : {
            user:
              subject.kind === "User"
                ? subject.name
                : `system:serviceaccount:${subject.namespace}:${subject.name}`,
            groups: d.chance(0.5) ? [] : d.some(circles, 1),
          };
  const miss = d.chance(0.4) ? d.below(6) : -1;
  const pick = (list: readonly string[], others: readonly string[]): string => {
    const found = list.length === 0 ? d.one(others) : d.one(list);
    return found === "*" && d.chance(0.8) ? d.one(others) : found;
  };
  const verb = miss === 0 ? d.one(verbs) : pick(rule.verbs, verbs);
  if (rule.nonResourceURLs.length > 0) {
    const url = d.one(rule.nonResourceURLs).replace(/\*$/, () => d.one(["", "x", "/x", "*"]));
    return { who, request: { kind: "url", verb, path: miss === 1 || url === "" ? d.one(paths) : url } };
  }
  const listed = pick(rule.resources, resources);
  const whole = miss === 2 ? d.one(resources) : listed.startsWith("*/") ? `pods${listed.slice(1)}` : listed;
  const slash = whole.indexOf("/");
  return {
    who,
    request: {
      kind: "resource",
      verb,
      group: miss === 3 ? d.one(groups) : pick(rule.apiGroups, groups),
      resource: slash < 0 ? whole : whole.slice(0, slash),
      subresource: slash < 0 ? "" : whole.slice(slash + 1),
      namespace:
        miss === 4
          ? d.one([...namespaces, ""])
          : binding.namespace !== "" || d.chance(0.5)
            ? binding.namespace
            : "n1",
      name:
        miss === 5
          ? d.one(names)
          : rule.resourceNames.length === 0
            ? d.one(["", "a"])
            : d.one(rule.resourceNames),
    },
  };
}

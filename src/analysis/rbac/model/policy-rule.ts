import { isArray, isObject, type Json } from "../../../kube/json.ts";

/** One rule of a Role or ClusterRole; lists that are left out are empty. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  /** `pods`, `pods/exec`, `*`, and a star before `/scale`; there is no form with a star behind the slash. */
  readonly resources: readonly string[];
  /** Empty: every name. */
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

/** A request for an object or a collection, as the authorizer sees it. */
export interface ResourceRequest {
  readonly kind: "resource";
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** Empty: the resource itself. */
  readonly subresource: string;
  /** Empty: a cluster-scoped resource, or all namespaces. */
  readonly namespace: string;
  /** Empty: the collection (a POST, a plain list or watch, deletecollection). */
  readonly name: string;
}

/** A request for a path that is no resource, such as `/healthz`. */
export interface UrlRequest {
  readonly kind: "url";
  readonly verb: string;
  readonly path: string;
}

export type AccessRequest = ResourceRequest | UrlRequest;

export const ALL = "*";

/** `pods`, `pods/exec`. */
export function combined(resource: string, subresource: string): string {
  return subresource === "" ? resource : `${resource}/${subresource}`;
}

/** Whether one rule allows a request (kubernetes: plugin/pkg/auth/authorizer/rbac/rbac.go, RuleAllows). */
export function ruleAllows(rule: PolicyRule, request: AccessRequest): boolean {
  if (!rule.verbs.includes(ALL) && !rule.verbs.includes(request.verb)) return false;
  if (request.kind === "url") return rule.nonResourceURLs.some((url) => urlMatches(url, request.path));
  return (
    (rule.apiGroups.includes(ALL) || rule.apiGroups.includes(request.group)) &&
    resourceMatches(rule.resources, request.resource, request.subresource) &&
    // An empty list is every name; a list that holds the empty text allows collections, as in the server.
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(request.name))
  );
}

/** kubernetes: pkg/apis/rbac/v1/evaluation_helpers.go, ResourceMatches. */
function resourceMatches(resources: readonly string[], resource: string, subresource: string): boolean {
  if (resources.includes(ALL)) return true;
  if (resources.includes(combined(resource, subresource))) return true;
  return subresource !== "" && resources.includes(`*/${subresource}`);
}

/** Exact, or a prefix before trailing stars: a rule for all below `/foo/` does not match `/foo` (NonResourceURLMatches). */
export function urlMatches(ruleUrl: string, path: string): boolean {
  if (ruleUrl === ALL || ruleUrl === path) return true;
  return ruleUrl.endsWith("*") && path.startsWith(ruleUrl.replace(/\*+$/, ""));
}

/** Reads a rule as the server's decoder does; undefined for what it would refuse. */
export function readRule(value: Json): PolicyRule | undefined {
  if (!isObject(value)) return undefined;
  const lists = ruleFields.map((field) => texts(Object.hasOwn(value, field) ? value[field] : undefined));
  const [verbs, apiGroups, resources, resourceNames, nonResourceURLs] = lists;
  if (
    verbs === undefined ||
    apiGroups === undefined ||
    resources === undefined ||
    resourceNames === undefined ||
    nonResourceURLs === undefined
  )
    return undefined;
  return { verbs, apiGroups, resources, resourceNames, nonResourceURLs };
}

const ruleFields = ["verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"] as const;

/** A list of texts; empty when it is left out; undefined for anything else. */
function texts(value: Json | undefined): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  if (!isArray(value)) return undefined;
  const found: string[] = [];
  for (const item of value) {
    if (typeof item !== "string" && item !== null) return undefined;
    // encoding/json reads null into a string as the empty text.
    found.push(item ?? "");
  }
  return found;
}

/** The rule as people read it: `get, list pods, services in apps named a, b`. */
export function ruleText(rule: PolicyRule): string {
  const verbs = rule.verbs.join(",");
  if (rule.nonResourceURLs.length > 0 && rule.resources.length === 0)
    return `${verbs} ${rule.nonResourceURLs.join(",")}`;
  const groups = rule.apiGroups.map((group) => (group === "" ? "core" : group)).join(",");
  const names = rule.resourceNames.length === 0 ? "" : ` named ${rule.resourceNames.join(",")}`;
  return `${verbs} ${rule.resources.join(",")} (${groups})${names}`;
}

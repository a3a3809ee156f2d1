import { type AccessRequest, ALL, combined, type PolicyRule, ruleAllows } from "../model/policy-rule.ts";
import { type Binding, bindingText, type Role, roleText } from "../model/role.ts";
import { type Identity, principalKeys } from "../model/subject.ts";
import { holdsIn } from "../model/version-switches.ts";
import { boundTo, isAllowed } from "./can.ts";
import type { Rbac } from "./rbac.ts";

/** What somebody holds that is nearly enough, and what is missing in it. */
export interface NearMiss {
  readonly binding: Binding;
  readonly role: Role;
  readonly rule: PolicyRule;
  readonly lacks: string;
}

/** Rules that would allow a request but for one thing, at most `most`; of a request that is denied. */
export function nearMisses(
  rbac: Rbac,
  identity: Identity,
  request: AccessRequest,
  most: number,
): readonly NearMiss[] {
  const found: NearMiss[] = [];
  for (const { binding, role } of everythingBound(rbac, identity)) {
    for (const source of rbac.sourcesOf(role))
      for (const rule of source.written) {
        if (found.length >= most) return found;
        const lacks = lacking(rule, binding, request);
        if (lacks !== undefined) found.push({ binding, role, rule, lacks });
      }
  }
  return found;
}

/** Bindings of every namespace, also those that do not count for the request. */
function* everythingBound(rbac: Rbac, identity: Identity): Generator<{ binding: Binding; role: Role }> {
  for (const key of principalKeys(identity))
    for (const bindings of rbac.holdings.get(key)?.byNamespace.values() ?? [])
      for (const binding of bindings) {
        const role = rbac.roleOf(binding);
        if (role !== undefined) yield { binding, role };
      }
}

function lacking(rule: PolicyRule, binding: Binding, request: AccessRequest): string | undefined {
  const elsewhere =
    binding.namespace !== "" && (request.kind === "url" || binding.namespace !== request.namespace);
  if (ruleAllows(rule, request))
    return elsewhere ? `it counts in namespace ${binding.namespace} only` : undefined;
  if (elsewhere || request.kind === "url") return undefined;
  const { group, resource, subresource, name, verb } = request;
  const verbs = rule.verbs.includes(ALL) || rule.verbs.includes(verb);
  const wide: PolicyRule = { ...rule, verbs: [ALL] };
  if (!verbs && ruleAllows(wide, request)) return `it allows ${rule.verbs.join(", ")} only`;
  if (!verbs) return undefined;
  if (ruleAllows({ ...rule, resourceNames: [] }, request))
    return name === ""
      ? `it is limited to the names ${rule.resourceNames.join(", ")}, and this request carries no name`
      : `it is limited to the names ${rule.resourceNames.join(", ")}`;
  if (ruleAllows({ ...rule, apiGroups: [ALL] }, request))
    return `it is for the API groups ${rule.apiGroups.map((one) => (one === "" ? "core" : one)).join(", ")}, and ${resource} is in ${group === "" ? "core" : group}`;
  const plain = subresource !== "" && rule.resources.includes(resource);
  return plain && ruleAllows({ ...rule, resources: [ALL] }, request)
    ? `it names ${resource}, which does not hold for ${combined(resource, subresource)}`
    : undefined;
}

/** Bindings of somebody whose role is not there: they allow nothing until somebody creates it. */
export function danglingOf(rbac: Rbac, identity: Identity, namespace: string): readonly Binding[] {
  return principalKeys(identity).flatMap((key) => {
    const held = rbac.holdings.get(key)?.byNamespace;
    return [...new Set(["", namespace])]
      .flatMap((scope) => held?.get(scope) ?? [])
      .filter((binding) => rbac.roleOf(binding) === undefined);
  });
}

type ResourceAsked = Extract<AccessRequest, { kind: "resource" }>;

/** What a note looks at. */
interface Noted {
  readonly rbac: Rbac;
  readonly identity: Identity;
  readonly request: ResourceAsked;
  readonly allowed: boolean;
  /** The same question with other parts. */
  readonly ask: (other: Partial<ResourceAsked>) => boolean;
}

const streams: ReadonlySet<string> = new Set(["exec", "attach", "portforward"]);
const isStream = ({ group, resource, subresource }: ResourceAsked): boolean =>
  group === "" && resource === "pods" && streams.has(subresource);
const isCreate = ({ verb, subresource }: ResourceAsked): boolean => verb === "create" && subresource === "";
const isSeeing = ({ verb }: ResourceAsked): boolean => verb === "list" || verb === "watch";
const isCore = (request: ResourceAsked, resource: string): boolean =>
  request.group === "" && request.resource === resource;

/** What answers are misread for, one row each: the note, where it belongs. */
const notes: readonly ((given: Noted) => string | undefined)[] = [
  ({ request, allowed, ask }) =>
    isCreate(request) && request.name !== "" && allowed && !ask({ name: "" })
      ? `a POST carries no name and is refused; only server-side apply${ask({ verb: "patch" }) ? "" : " (which needs patch as well, and that is missing)"} or PUT can create ${request.name}`
      : undefined,
  ({ rbac, identity, request, allowed }) => {
    if (!isCreate(request) || request.name !== "" || allowed) return undefined;
    const names = namesFor(rbac, identity, request);
    return names.length === 0
      ? undefined
      : `objects of these names can be created by server-side apply, which carries the name: ${names.join(", ")}`;
  },
  ({ request, allowed, ask }) =>
    isSeeing(request) && request.name !== "" && allowed && !ask({ name: "" })
      ? `only with the field selector metadata.name=${request.name}; a plain ${request.verb} is refused`
      : undefined,
  ({ request }) =>
    request.verb === "deletecollection" && request.name !== ""
      ? "deletecollection never carries a name: the server asks without one"
      : undefined,
  ({ rbac, request, allowed, ask }) => {
    if (!isStream(request) || request.verb !== "get" || !allowed) return undefined;
    const what = `pods/${request.subresource}`;
    return holdsIn("execByGet", rbac.minor)
      ? `in Kubernetes 1.${rbac.minor} get is enough to use ${what} over a WebSocket (until 1.34)`
      : `in Kubernetes 1.${rbac.minor} ${what} asks for create as well, which ${ask({ verb: "create" }) ? "is held" : "is missing"}`;
  },
  ({ rbac, request, allowed, ask }) =>
    isStream(request) &&
    request.verb === "create" &&
    !allowed &&
    holdsIn("execByGet", rbac.minor) &&
    ask({ verb: "get" })
      ? `get on pods/${request.subresource} is held, and in Kubernetes 1.${rbac.minor} that is enough to use it over a WebSocket`
      : undefined,
  ({ request, allowed }) =>
    isCore(request, "nodes") && request.subresource === "proxy" && allowed
      ? "nodes/proxy runs commands in every pod of the node, with get as well, and is not in the audit log"
      : undefined,
  ({ request, allowed }) =>
    isCore(request, "secrets") && isSeeing(request) && allowed
      ? `${request.verb} returns the contents of the Secrets`
      : undefined,
];

/** What an answer does not say by itself, and is easily misread. */
export function notesOn(
  rbac: Rbac,
  identity: Identity,
  request: AccessRequest,
  allowed: boolean,
): readonly string[] {
  if (request.kind === "url") return [];
  const ask = (other: Partial<ResourceAsked>): boolean => isAllowed(rbac, identity, { ...request, ...other });
  return notes.flatMap((note) => note({ rbac, identity, request, allowed, ask }) ?? []);
}

/** Names to which create is limited for somebody. */
function namesFor(rbac: Rbac, identity: Identity, request: ResourceAsked): readonly string[] {
  const names = new Set<string>();
  const rules = boundTo(rbac, identity, request.namespace)
    .flatMap(({ role }) => rbac.sourcesOf(role))
    .flatMap(({ written }) => written);
  for (const rule of rules)
    if (names.size < 10 && ruleAllows({ ...rule, resourceNames: [] }, request))
      for (const name of rule.resourceNames) names.add(name);
  return [...names].sort();
}

/** Rules that grant nothing in a RoleBinding: paths, and resources that are in no namespace. */
export function isInert(rbac: Rbac, rule: PolicyRule, namespace: string): boolean {
  if (namespace === "") return false;
  if (rule.resources.length === 0) return rule.nonResourceURLs.length > 0;
  return rule.resources.every((resource) => {
    if (resource.includes("*")) return false;
    const plural = resource.split("/")[0] ?? "";
    const served = rule.apiGroups.flatMap((group) => rbac.served.of(group, plural) ?? []);
    return served.length > 0 && served.every(({ namespaced }) => !namespaced);
  });
}

/** `RoleBinding shop/ci gives Role shop/deployer`. */
export function throughText(binding: Binding, role: Role, source: Role): string {
  const from = source === role ? "" : `, from ${roleText(source)}`;
  return `${bindingText(binding)} gives ${roleText(role)}${from}`;
}

/** What every answer takes for given (facts: rbac.md 1.7). */
export function assumptionsFor(rbac: Rbac, live: boolean): readonly string[] {
  return [
    "RBAC alone decides: a webhook, the node authorizer or a condition may decide otherwise.",
    ...(live
      ? []
      : [
          rbac.builtin
            ? `The roles and bindings that Kubernetes 1.${rbac.minor} makes itself are there unchanged, unless the input has its own (--no-builtin leaves them out).`
            : "The input holds every role and binding of the cluster.",
        ]),
    "A user has no groups but those that are named and those that everybody has.",
  ];
}

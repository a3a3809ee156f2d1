import { type ResourceType, resourceOf, versionsOf } from "../../../kube/catalogue/catalogue.ts";
import { versionText } from "../../../kube/object-key.ts";
import { lifecycles } from "./lifecycle.generated.ts";

/** A version of a kind. */
export interface Gvk {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** When a version of a native kind came and goes, in minors of Kubernetes 1; undefined where nothing is planned or known. */
export interface Lifecycle extends Gvk {
  readonly introduced: number | undefined;
  readonly deprecated: number | undefined;
  /** The first minor that does not serve it. */
  readonly removed: number | undefined;
  /** What upstream names as its replacement, which may be gone itself. */
  readonly replacement: Gvk | undefined;
}

const byId = new Map<string, Lifecycle>();
const groupKinds = new Set<string>();

for (const [group, version, kind, introduced, deprecated, removed, replacement] of lifecycles) {
  groupKinds.add(`${group}/${kind}`);
  byId.set(`${group}/${version}/${kind}`, {
    group,
    version,
    kind,
    introduced: introduced || undefined,
    deprecated: deprecated || undefined,
    removed: removed || undefined,
    replacement: replacement === "" ? undefined : gvkOf(replacement),
  });
}

function gvkOf(id: string): Gvk {
  const [group = "", version = "", kind = ""] = id.split("/");
  return { group, version, kind };
}

/** Undefined for versions that are neither deprecated nor removed, and for kinds of CRDs. */
export function lifecycleOf({ group, version, kind }: Gvk): Lifecycle | undefined {
  return byId.get(`${group}/${version}/${kind}`);
}

/** Every version of a native kind that is deprecated or gone. */
export function allLifecycles(): readonly Lifecycle[] {
  return [...byId.values()];
}

/** Was or is it a kind of Kubernetes itself, which no minor of the catalogue needs to serve any more? */
export function wasNative(group: string, kind: string): boolean {
  return groupKinds.has(`${group}/${kind}`);
}

/** Does a minor serve it, by default or where somebody has switched it on? */
export function isServed(key: Gvk, minor: number): boolean {
  const type = resourceOf(key);
  return type !== undefined && (type.minors.includes(minor) || type.offByDefault.includes(minor));
}

/** Groups into which kinds of `extensions` and of other old groups went. */
const successors = ["apps", "networking.k8s.io", "policy", "batch", "autoscaling"];

/** Kinds that another kind replaces (source: the descriptions of the types). */
const otherKinds: ReadonlyMap<string, Gvk> = new Map([
  ["/Endpoints", { group: "discovery.k8s.io", version: "v1", kind: "EndpointSlice" }],
  ["resource.k8s.io/ResourceClass", { group: "resource.k8s.io", version: "v1", kind: "DeviceClass" }],
]);

/**
 * What a minor serves instead of a version that it does not serve or that is deprecated: the best version of the kind, in
 * the group that has it now. Undefined where nothing takes its place.
 */
export function replacementOf(key: Gvk, minor: number): ResourceType | undefined {
  const seen = new Set<string>();
  let next: Gvk | undefined = key;
  while (next !== undefined && !seen.has(`${next.group}/${next.version}/${next.kind}`)) {
    seen.add(`${next.group}/${next.version}/${next.kind}`);
    const found = bestOf(next, key, minor);
    if (found !== undefined) return found;
    next = lifecycleOf(next)?.replacement ?? otherKinds.get(`${next.group}/${next.kind}`);
  }
  if (versionsOf(key.group, key.kind).length > 0) return undefined;
  for (const group of successors) {
    const found = bestOf({ ...key, group }, key, minor);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Versions stand stable first; what is off by default is named only where nothing is on. */
function bestOf({ group, kind }: Gvk, not: Gvk, minor: number): ResourceType | undefined {
  const others = versionsOf(group, kind).filter(
    (type) => type.version !== not.version || type.group !== not.group || type.kind !== not.kind,
  );
  const on = others.find((type) => type.minors.includes(minor) && !isDeprecated(type, minor));
  return on ?? others.find((type) => type.offByDefault.includes(minor) && !isDeprecated(type, minor));
}

export function isDeprecated(key: Gvk, minor: number): boolean {
  const deprecated = lifecycleOf(key)?.deprecated;
  return deprecated !== undefined && deprecated <= minor;
}

/** `networking.k8s.io/v1`, with the kind where it is another one. */
export function replacementText(key: Gvk, replacement: Gvk): string {
  const version = versionText(replacement);
  return replacement.kind === key.kind ? version : `${version} ${replacement.kind}`;
}

import { minors as builtMinors, rows, verbSets } from "./catalogue.generated.ts";

/** One version of one kind that Kubernetes itself serves. Kinds of CRDs are not here. */
export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Name of the resource in URLs and roles, e.g. `deployments`. */
  readonly plural: string;
  readonly namespaced: boolean;
  /** Minors of Kubernetes 1 (31…37) that serve this version in their default configuration. */
  readonly minors: readonly number[];
  /** Minors that serve it only when somebody switches it on: alpha and beta versions (KEP-3136). */
  readonly offByDefault: readonly number[];
  /** Verbs of the resource itself, sorted, of the newest minor that serves it. */
  readonly verbs?: readonly string[];
}

export type Scope = "namespaced" | "cluster";

/** Minor versions of Kubernetes 1 that the tables cover, oldest first. */
export const SUPPORTED_MINORS: readonly number[] = builtMinors;
export const LATEST_MINOR: number = Math.max(...builtMinors);

const byKey = new Map<string, ResourceType>();
const byKind = new Map<string, ResourceType[]>();

for (const [group, version, kind, plural, namespaced, served, optional, verbSet] of rows) {
  const type: ResourceType = Object.freeze({
    group,
    version,
    kind,
    plural,
    namespaced: namespaced === 1,
    minors: Object.freeze(minorsOf(served)),
    offByDefault: Object.freeze(minorsOf(optional)),
    verbs: Object.freeze((verbSets[verbSet] ?? "").split(" ")),
  });
  byKey.set(`${group}/${version}/${kind}`, type);
  const versions = byKind.get(`${group}/${kind}`);
  if (versions === undefined) byKind.set(`${group}/${kind}`, [type]);
  else versions.push(type);
}

function minorsOf(mask: number): number[] {
  return SUPPORTED_MINORS.filter((minor) => (mask & (1 << (minor - (SUPPORTED_MINORS[0] ?? 0)))) !== 0);
}

/** The native resource of this group, version and kind; undefined for kinds of CRDs and for what no minor of 31…37 serves. */
export function resourceOf(key: {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}): ResourceType | undefined {
  return byKey.get(`${key.group}/${key.version}/${key.kind}`);
}

/** Every version of a native kind, in Kubernetes' order: stable, beta, alpha, newest first. Empty for kinds of CRDs. */
export function versionsOf(group: string, kind: string): readonly ResourceType[] {
  return byKind.get(`${group}/${kind}`) ?? [];
}

/** May a kind be one of custom resources? Their groups have a point, and what the catalogue lists is Kubernetes' own. */
export function isCustom(group: string, kind: string): boolean {
  return group.includes(".") && versionsOf(group, kind).length === 0;
}

/** Every version of every kind that some minor serves or can be made to serve. */
export function allResources(): readonly ResourceType[] {
  return [...byKey.values()];
}

/** Every version of every kind that a minor serves in its default configuration. */
export function servedBy(minor: number): readonly ResourceType[] {
  return [...byKey.values()].filter((type) => type.minors.includes(minor));
}

/** Scope of a native kind, whatever its version: no native kind ever changed it. Undefined for kinds of CRDs. */
export function scopeOf(group: string, kind: string): Scope | undefined {
  const [type] = versionsOf(group, kind);
  if (type === undefined) return undefined;
  return type.namespaced ? "namespaced" : "cluster";
}

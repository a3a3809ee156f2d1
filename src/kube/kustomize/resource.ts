import { type GroupVersion, groupVersion, versionText } from "../object-key.ts";
import type { Place } from "../place.ts";
import { clusterScoped } from "./tables.generated.ts";
import { textAt, type TreeMap } from "./tree.ts";

export interface ResourceKind extends GroupVersion {
  readonly kind: string;
}

/** What kustomize knows an object by (kyaml resid). */
export interface ResourceId extends ResourceKind {
  readonly name: string;
  /** As written; empty where none is. */
  readonly namespace: string;
}

/** What a generated object does with one of its id that is there. */
export type Behavior = "create" | "replace" | "merge" | "unspecified";

/** An object on its way through a build. */
export interface Resource {
  tree: TreeMap;
  /** Names it had before, oldest first. */
  readonly previous: ResourceId[];
  readonly prefixes: string[];
  readonly suffixes: string[];
  readonly behavior: Behavior;
  readonly needsHash: boolean;
  /** Names of vars that take a value of it. */
  readonly vars: string[];
  /** Where it came from, for what stood in no file. */
  readonly place: Place;
}

/** An object that nothing has happened to yet. */
export function newResource(
  tree: TreeMap,
  place: Place,
  { behavior = "unspecified", needsHash = false }: Partial<Pick<Resource, "behavior" | "needsHash">> = {},
): Resource {
  return { tree, previous: [], prefixes: [], suffixes: [], behavior, needsHash, vars: [], place };
}

export function kindOf(tree: TreeMap): ResourceKind {
  return { ...groupVersion(textAt(tree, "apiVersion")), kind: textAt(tree, "kind") };
}

export function currentId(tree: TreeMap): ResourceId {
  return {
    ...kindOf(tree),
    name: textAt(tree, "metadata", "name"),
    namespace: textAt(tree, "metadata", "namespace"),
  };
}

/** Ids it had, with its apiVersion as it is (api/internal/utils/makeResIds.go). */
export function previousIds(resource: Resource): readonly ResourceId[] {
  const version = groupVersion(textAt(resource.tree, "apiVersion"));
  return resource.previous.map((id) => ({ ...id, ...version }));
}

export function originalId(resource: Resource): ResourceId {
  return previousIds(resource)[0] ?? currentId(resource.tree);
}

export function storeId(resource: Resource): void {
  const id = currentId(resource.tree);
  resource.previous.push({ ...id, namespace: effectiveNamespace(id) });
}

export function isClusterScoped(id: ResourceKind): boolean {
  return clusterScoped.has(`${versionText(id)}/${id.kind}`);
}

const NO_NAMESPACE = "_non_namespaceable_";

export function effectiveNamespace(id: ResourceId): string {
  if (isClusterScoped(id)) return NO_NAMESPACE;
  return id.namespace === "" ? "default" : id.namespace;
}

export function sameId(one: ResourceId, other: ResourceId): boolean {
  return (
    one.name === other.name &&
    one.kind === other.kind &&
    one.group === other.group &&
    one.version === other.version &&
    effectiveNamespace(one) === effectiveNamespace(other)
  );
}

/** Whether an id is of the group, version and kind; empty ones fit everything. */
export function isKind(id: ResourceKind, [group, version, kind]: readonly [string, string, string]): boolean {
  return (
    (group === "" || id.group === group) &&
    (version === "" || id.version === version) &&
    (kind === "" || id.kind === kind)
  );
}

/** Every id that an object has or had, once it is found by any of them. */
export function byAnyId(
  resources: readonly Resource[],
  fits: (id: ResourceId) => boolean,
): readonly Resource[] {
  return resources.filter((resource) => previousIds(resource).some(fits) || fits(currentId(resource.tree)));
}

export function idText({ kind, name, namespace }: ResourceId): string {
  return `${kind} ${namespace === "" ? "" : `${namespace}/`}${name}`;
}

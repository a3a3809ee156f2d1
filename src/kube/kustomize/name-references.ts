import type { NameReference } from "./field-config.ts";
import { changeField } from "./field-path.ts";
import {
  currentId,
  effectiveNamespace,
  idText,
  isClusterScoped,
  isKind,
  originalId,
  previousIds,
  type Resource,
} from "./resource.ts";
import { Fault } from "./stop.ts";
import { isTreeMap, look, type Origins, textAt, type Tree, treeAt, type TreeMap } from "./tree.ts";

/** Gives references the names that objects have become (kustomize api/filters/nameref). */
export function fixReferences(
  resources: readonly Resource[],
  origins: Origins,
  nameReferences: readonly NameReference[],
): void {
  const byName = new Map<string, Resource[]>();
  for (const resource of resources) {
    for (const name of new Set(previousIds(resource).map((id) => id.name))) {
      const list = byName.get(name);
      if (list === undefined) byName.set(name, [resource]);
      else list.push(resource);
    }
  }
  if (byName.size === 0) return;
  const namespaces = new Set(resources.map((one) => effectiveNamespace(originalId(one))));
  for (const referrer of resources) {
    const original = originalId(referrer);
    const reaches = reachOf(referrer);
    for (const [target, rows] of nameReferences) {
      for (const row of rows) {
        const [path, group, version, kind] = row;
        if (!isKind(original, [group, version, kind])) continue;
        const link: Link = { referrer, reaches, target, path, byName, namespaces, origins };
        changeField(referrer.tree, [path, "", "", "", 0], (value) => changed(link, value));
      }
    }
  }
}

interface Link {
  readonly referrer: Resource;
  /** Whether it can mean an object, by its namespace. */
  readonly reaches: (one: Resource) => boolean;
  readonly target: readonly [string, string, string];
  readonly path: string;
  readonly byName: ReadonlyMap<string, readonly Resource[]>;
  readonly origins: Origins;
  /** Namespaces that objects had at first. */
  readonly namespaces: ReadonlySet<string>;
}

function changed(link: Link, value: Tree): Tree | undefined {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) value[index] = changed(link, item) ?? item;
    return undefined;
  }
  if (isTreeMap(value)) {
    changeMapping(link, value);
    return undefined;
  }
  if (typeof value !== "string") return undefined;
  const found = referred(link, value, candidates(link, value), (one) => textAt(one.tree, "metadata", "name"));
  return found === undefined ? undefined : textAt(found.tree, "metadata", "name");
}

/** A reference by name and namespace, e.g. a subject of a binding. */
function changeMapping(link: Link, value: TreeMap): void {
  const name = value.get("name");
  if (typeof name !== "string")
    throw new Fault("kustomization/field", `${link.path} names nothing`, link.referrer.place);
  const namespace = value.get("namespace");
  let list = candidates(link, name);
  if (typeof namespace === "string") {
    const original = list.filter((one) => effectiveNamespace(originalId(one)) === namespace);
    const known = link.namespaces.has(namespace);
    list = known ? original : list.filter((one) => effectiveNamespace(currentId(one.tree)) === namespace);
  }
  const found = referred(link, name, list, (one) => idText(currentId(one.tree)));
  if (found === undefined) return;
  const id = currentId(found.tree);
  value.set("name", id.name);
  if (id.namespace !== "") value.set("namespace", id.namespace);
}

function candidates({ reaches, byName, origins }: Link, name: string): readonly Resource[] {
  const list = byName.get(name) ?? [];
  look(origins, list.length);
  return list.filter(reaches);
}

/**
 * Objects that a referrer can mean: of its namespace, without a namespace, and of those that a RoleBinding names before
 * any of its references changes (kustomize api/resmap SubsetThatCouldBeReferencedByResource).
 */
function reachOf(referrer: Resource): (one: Resource) => boolean {
  const own = currentId(referrer.tree);
  if (isClusterScoped(own)) return () => true;
  const named = new Set<string>();
  const subjects = own.kind === "RoleBinding" ? treeAt(referrer.tree, "subjects") : undefined;
  for (const subject of Array.isArray(subjects) ? subjects : []) {
    if (textAt(subject, "kind") === "ServiceAccount") named.add(textAt(subject, "namespace"));
  }
  named.delete("");
  return (one) => {
    const id = currentId(one.tree);
    return (
      isClusterScoped(id) || effectiveNamespace(id) === effectiveNamespace(own) || named.has(id.namespace)
    );
  };
}

/** The one object that is meant; undefined when none is. */
function referred(
  { referrer, target, path }: Link,
  name: string,
  list: readonly Resource[],
  identity: (one: Resource) => string,
): Resource | undefined {
  const own = currentId(referrer.tree);
  const roleRef = path.endsWith("roleRef/name") ? treeAt(referrer.tree, "roleRef") : undefined;
  let left = list.filter((one) => {
    const ids = previousIds(one);
    if (!ids.some((id) => isKind(id, target))) return false;
    if (
      roleRef !== undefined &&
      !ids.some((id) => isKind(id, [textAt(roleRef, "apiGroup"), "", textAt(roleRef, "kind")]))
    )
      return false;
    const id = currentId(one.tree);
    return (
      isClusterScoped(own) ||
      isClusterScoped(id) ||
      id.kind === "ServiceAccount" ||
      effectiveNamespace(id) === effectiveNamespace(own)
    );
  });
  if (left.length === 1) return left[0];
  left = left.filter((one) => alike(one, referrer, true));
  if (left.length > 1) left = left.filter((one) => alike(one, referrer, false));
  const [first] = left;
  if (first === undefined || left.every((one) => identity(one) === identity(first))) return first;
  throw new Fault(
    "kustomization/conflict",
    `${path} of ${idText(own)} may mean more than one object named ${name}`,
    referrer.place,
  );
}

/** Whether two objects went through the same prefixes and suffixes at the end. */
function alike(one: Resource, other: Resource, emptyFits: boolean): boolean {
  return [
    [one.prefixes, other.prefixes],
    [one.suffixes, other.suffixes],
  ].every(([a = [], b = []]) => (emptyFits && (a.length === 0 || b.length === 0)) || sameEnd(a, b));
}

function sameEnd(a: readonly string[], b: readonly string[]): boolean {
  const [short, long] = a.length > b.length ? [b, a] : [a, b];
  if (short.length === 0) return long.length === 0;
  return short.every((text, index) => text === long[index + long.length - short.length]);
}

import type { TellSet } from "./field-path.ts";
import { isTreeMap, type Origins, type Tree, type TreeMap } from "./tree.ts";

/**
 * A label that kustomize makes in several fields of an object is one node of its YAML tree for all of them (kyaml
 * yaml/fns.go, FieldSetter appends the node that it was given). What changes it later in one field, a label of an overlay or
 * a patch, changes it in all: a selector, too. That is what the cluster gets, so it is done here.
 */
export function shareValue({ shared }: Origins, holders: readonly TreeMap[], key: string): void {
  if (holders.length < 2) return;
  const one = { holders: holders.map((map) => ({ map, key })) };
  for (const map of holders) {
    const keys = shared.get(map);
    if (keys === undefined) shared.set(map, new Map([[key, one]]));
    else keys.set(key, one);
  }
}

/** Sets a single value, and with it those that are one with it. */
export function setShared(
  { shared }: Origins,
  map: TreeMap,
  key: string,
  { value, tell }: { readonly value: Tree; readonly tell?: TellSet },
): void {
  map.set(key, value);
  tell?.(map, key);
  const one = shared.get(map)?.get(key);
  for (const other of one?.holders ?? []) {
    // One that was taken away, or made anew by something else, is no longer of them.
    if (other.map === map || shared.get(other.map)?.get(other.key) !== one) continue;
    other.map.set(other.key, value);
    tell?.(other.map, other.key);
  }
}

/** Takes a member away; what comes there later is a value of its own. */
export function unshare({ shared }: Origins, map: TreeMap, key: string): void {
  shared.get(map)?.delete(key);
}

/** Every value of a tree becomes one of its own: it was written as JSON and read again. */
export function unshareAll(origins: Origins, tree: Tree): void {
  if (Array.isArray(tree)) for (const item of tree) unshareAll(origins, item);
  else if (isTreeMap(tree)) {
    origins.shared.delete(tree);
    for (const member of tree.values()) unshareAll(origins, member);
  }
}

import { sha256Hex } from "../../kube/digest.ts";
import { identity } from "../../kube/object-key.ts";
import type { ObjectKey } from "../../kube/read-object.ts";

/** Longest file name that is given: common file systems end at 255 bytes, and a temporary name adds to it. */
const MAX_NAME = 200;

/**
 * The file of every object, by identity. An object that has a file keeps it. A new one is called `<kind>-<name>.yaml`;
 * where that name is taken, or differs from a taken one only by case (kernel K4), all who want it are called by group and
 * namespace as well. The order of `keys` does not show.
 */
export function fileNames(
  keys: readonly ObjectKey[],
  existing: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const taken = new Set([...existing.values()].map((file) => file.toLowerCase()));
  const fresh = new Map<string, ObjectKey>();
  for (const key of keys) if (!existing.has(identity(key))) fresh.set(identity(key), key);
  const wanted = new Map<string, number>();
  for (const key of fresh.values()) {
    const name = shortName(key);
    wanted.set(name, (wanted.get(name) ?? 0) + 1);
  }
  const names = new Map<string, string>();
  const unsettled: [string, ObjectKey][] = [];
  for (const [id, key] of [...fresh].sort(byId)) {
    const name = shortName(key);
    if (taken.has(name) || (wanted.get(name) ?? 0) > 1) unsettled.push([id, key]);
    else names.set(id, name);
  }
  for (const name of names.values()) taken.add(name);
  for (const [id, key] of unsettled) {
    const name = [longName(key), digestName(id, key)].find((candidate) => !taken.has(candidate));
    let free = name ?? digestName(`${id}/`, key);
    for (let number = 2; taken.has(free); number += 1) free = digestName(`${id}/${number}`, key);
    taken.add(free);
    names.set(id, free);
  }
  return new Map(
    keys.map((key) => {
      const id = identity(key);
      return [id, existing.get(id) ?? names.get(id) ?? shortName(key)];
    }),
  );
}

function byId([left]: readonly [string, ObjectKey], [right]: readonly [string, ObjectKey]): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** What a file name may hold of a name: names of RBAC objects and of CRDs hold `:` and capitals. */
function clean(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9.-]/g, "-");
}

function shortName(key: ObjectKey): string {
  return fit(`${clean(key.kind)}-${clean(key.name)}`, identity(key));
}

function longName(key: ObjectKey): string {
  const group = key.group === "" ? "core" : key.group;
  const namespace = key.namespace === "" ? "" : `${clean(key.namespace)}-`;
  return fit(`${clean(key.kind)}.${clean(group)}-${namespace}${clean(key.name)}`, identity(key));
}

function digestName(text: string, key: ObjectKey): string {
  return `${`${clean(key.kind)}-${clean(key.name)}`.slice(0, MAX_NAME - 20)}-${sha256Hex(text).slice(0, 12)}.yaml`;
}

function fit(name: string, id: string): string {
  if (name.length <= MAX_NAME) return `${name}.yaml`;
  return `${name.slice(0, MAX_NAME - 20)}-${sha256Hex(id).slice(0, 12)}.yaml`;
}

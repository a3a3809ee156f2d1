import { Fault } from "./stop.ts";
import { type MergeEntry, mergeKinds, mergeTypes } from "./tables.generated.ts";
import { isTreeMap, textAt, TOO_LARGE, type Tree, type TreeMap } from "./tree.ts";

/** A member is taken away. */
const CLEAR: unique symbol = Symbol("clear");
type Merged = Tree | typeof CLEAR;

/**
 * A strategic merge patch, as kustomize joins it (kyaml yaml/merge2 with lists that grow at their front): mappings member
 * by member, lists by the keys of the kind, items of the patch first; every other list is replaced; null takes away;
 * `$patch: delete` and `$patch: replace` do what they say. The target is changed in place; undefined: it was deleted.
 */
export function mergePatch(target: TreeMap, patch: TreeMap): TreeMap | undefined {
  const apiVersion = textAt(target, "apiVersion");
  const kind = `${apiVersion}/${textAt(target, "kind")}`;
  const made = merged(target, patch, Object.hasOwn(mergeKinds, kind) ? mergeKinds[kind] : undefined);
  return made !== CLEAR && isTreeMap(made) ? made : undefined;
}

function typeName(value: Tree): string {
  if (Array.isArray(value)) return "a list";
  return isTreeMap(value) ? "a mapping" : "a single value";
}

function isScalar(value: Tree | undefined): boolean {
  return typeof value !== "object";
}

/** `undefined`: it is not there. */
function merged(dest: Tree | undefined, patch: Tree | undefined, entry: MergeEntry | undefined): Merged {
  const some = dest ?? patch;
  if (some === undefined) return CLEAR;
  if (some === null) return patch === undefined ? null : CLEAR;
  for (const value of [dest, patch]) {
    if (value === undefined || value === null) continue;
    if (typeName(value) !== typeName(some))
      throw new Fault(
        "kustomization/patch",
        `the patch has ${typeName(patch ?? null)} where the object has ${typeName(dest ?? null)}`,
      );
  }
  if (isScalar(some)) {
    if (patch === undefined) return dest ?? CLEAR;
    return patch === null ? CLEAR : patch;
  }
  if (isTreeMap(some))
    return mergedMaps(dest as TreeMap | null | undefined, patch as TreeMap | null | undefined, entry);
  return mergedLists(dest as Tree[] | null | undefined, patch as Tree[] | null | undefined, entry);
}

function mergedMaps(
  dest: TreeMap | null | undefined,
  patch: TreeMap | null | undefined,
  entry: MergeEntry | undefined,
): Merged {
  let base: TreeMap;
  if (dest === undefined || dest === null) {
    if (patch === undefined || patch === null || directive(patch) === "delete") return CLEAR;
    base = patch;
  } else if (patch === null) return CLEAR;
  else {
    const asked = patch === undefined ? "merge" : directive(patch);
    if (asked === "delete") return CLEAR;
    base = asked === "replace" && patch !== undefined ? patch : dest;
  }
  const type = typeof entry === "number" ? mergeTypes[entry] : undefined;
  for (const key of [...new Set([...base.keys(), ...(patch?.keys() ?? [])])].sort()) {
    const inner = type !== undefined && Object.hasOwn(type, key) ? type[key] : undefined;
    const made = merged(base.get(key), patch?.get(key), inner);
    if (made === CLEAR) base.delete(key);
    else base.set(key, made);
  }
  return base;
}

type Directive = "merge" | "replace" | "delete";

function directive(patch: TreeMap): Directive {
  const asked = patch.get("$patch");
  if (asked === undefined) return "merge";
  if (asked !== "merge" && asked !== "replace" && asked !== "delete")
    throw new Fault("kustomization/patch", "$patch is merge, replace or delete");
  patch.delete("$patch");
  return asked;
}

/** What a list asks by an item that holds nothing but `$patch`. */
function listDirective(patch: Tree[]): Directive {
  const at = patch.findIndex((item) => isTreeMap(item) && item.has("$patch"));
  const item = patch[at];
  if (!isTreeMap(item) || item.size > 1) return "merge";
  const asked = directive(item);
  patch.splice(at, 1);
  return asked;
}

function mergedLists(
  dest: Tree[] | null | undefined,
  patch: Tree[] | null | undefined,
  entry: MergeEntry | undefined,
): Merged {
  if (entry === undefined || typeof entry === "number") {
    if (patch === undefined) return dest ?? CLEAR;
    return patch ?? CLEAR;
  }
  let base: Tree[];
  if (dest === undefined || dest === null) {
    if (patch === undefined || patch === null) return CLEAR;
    base = patch;
  } else if (patch === null) return CLEAR;
  else {
    const asked = patch === undefined ? "merge" : listDirective(patch);
    if (asked === "delete") return CLEAR;
    base = asked === "replace" && patch !== undefined ? patch : dest;
  }
  const [keys, item] = entry;
  if (keys.length === 0) return [...new Set([...(patch ?? []), ...base])];
  return joined(base, patch ?? undefined, keys, item === -1 ? undefined : item);
}

/** The text of a key field, as kustomize compares them. */
function keyText(item: Tree | undefined, key: string): string {
  const value = isTreeMap(item) ? item.get(key) : undefined;
  return value === undefined || value === null || typeof value === "object" ? "" : String(value);
}

/** Items of both lists by their keys: those of the patch in its order, then the others. */
function joined(
  dest: Tree[],
  patch: Tree[] | undefined,
  keys: readonly string[],
  type: MergeEntry | undefined,
): Tree[] {
  const wanted = distinct([...(patch ?? []), ...dest].map((item) => keys.map((key) => keyText(item, key))));
  const asked = keys.length > 1 ? filledIn(wanted) : wanted;
  const used = keys.filter((_, index) => asked.some((values) => (values[index] ?? "") !== ""));
  const valid = used.length === 0 ? keys : used;
  const find = index(dest);
  const findPatch = index(patch ?? []);
  const made = new Map<string, Tree>();
  for (const values of asked) {
    const own = values.filter((value, position) => value !== "" || valid.includes(keys[position] ?? ""));
    const present = valid.filter((_, position) => own[position] !== "");
    const presentValues = own.filter((value) => value !== "");
    const looked = present.length === 0 ? valid : present;
    const key = JSON.stringify(own);
    const item = merged(find(looked, presentValues), findPatch(looked, presentValues), type);
    if (item === CLEAR || item === null || (isTreeMap(item) && item.size === 0)) continue;
    if (isTreeMap(item)) {
      for (const [position, name] of valid.entries()) {
        const value = own[position] ?? "";
        if (!item.has(name) && value !== "") item.set(name, /^\d+$/.test(value) ? Number(value) : value);
      }
    }
    made.set(key, item);
  }
  return [...made.values()];
}

/** Finds the first item that has the values; by a table for each set of keys, since a list may be long. */
function index(
  list: readonly Tree[],
): (keys: readonly string[], values: readonly string[]) => Tree | undefined {
  const tables = new Map<string, ReadonlyMap<string, Tree>>();
  return (keys, values) => {
    const id = keys.join(" ");
    let table = tables.get(id);
    if (table === undefined) {
      const made = new Map<string, Tree>();
      for (const item of list) {
        const own = JSON.stringify(keys.map((key) => keyText(item, key)));
        if (!made.has(own)) made.set(own, item);
      }
      table = made;
      tables.set(id, made);
    }
    return table.get(JSON.stringify(values));
  };
}

function distinct(lists: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [
    ...new Map(
      lists
        .filter((values) => values.some((value) => value !== ""))
        .map((values) => [JSON.stringify(values), values]),
    ).values(),
  ];
}

/** Items of one list that may agree in their first key: each is compared with each. */
const MAX_ALIKE = 500;

/** Items that agree in one key and leave others out are one: the fuller names both (kyaml mergeValues). */
function filledIn(lists: readonly (readonly string[])[]): readonly (readonly string[])[] {
  if (!lists.some((values) => values.includes(""))) return lists;
  const filled = lists.map((values) => [...values]);
  const byFirst = new Map<string, number[]>();
  for (const [at, values] of filled.entries()) {
    const key = values[0] ?? "";
    byFirst.set(key, [...(byFirst.get(key) ?? []), at]);
  }
  for (const group of byFirst.values()) {
    if (group.length > MAX_ALIKE) throw TOO_LARGE;
    for (const one of group) {
      for (const other of group) {
        const [a, b] = [filled[one] ?? [], filled[other] ?? []];
        if (
          one === other ||
          a.some((value, position) => value !== "" && b[position] !== "" && value !== b[position])
        )
          continue;
        const both = a.map((value, position) => (value === "" ? (b[position] ?? "") : value));
        filled[one] = both;
        filled[other] = both;
      }
    }
  }
  return distinct(filled);
}

import type { TellSet } from "./field-path.ts";
import { setShared, unshare } from "./shared.ts";
import type { MergeSchema } from "./merge-schema.ts";
import { Fault, Unsupported } from "./stop.ts";
import {
  isTreeMap,
  type Origin,
  type Origins,
  scalarText,
  tellOrigin,
  textAt,
  TOO_LARGE,
  type Tree,
  type TreeMap,
} from "./tree.ts";

/** A member is taken away. */
const CLEAR: unique symbol = Symbol("clear");
type Merged = Tree | typeof CLEAR;

/**
 * A strategic merge patch, as kustomize joins it (kyaml yaml/merge2 with lists that grow at their front): mappings member
 * by member, lists by the keys of the kind, items of the patch first; every other list is replaced; null takes away;
 * `$patch: delete` and `$patch: replace` do what they say. The target is changed in place; undefined: it was deleted.
 */
export function mergePatch(target: TreeMap, patch: TreeMap, origins: Origins): TreeMap | undefined {
  const made = merged(target, patch, { schema: undefined, origins });
  return made !== CLEAR && isTreeMap(made) ? made : undefined;
}

function typeName(value: Tree): string {
  if (Array.isArray(value)) return "a list";
  return isTreeMap(value) ? "a mapping" : "a single value";
}

function isScalar(value: Merged | undefined): boolean {
  return typeof value !== "object";
}

interface How {
  /** How the lists below are joined; undefined where nothing is known of it. */
  readonly schema: MergeSchema | undefined;
  readonly origins: Origins;
}

/** `undefined`: it is not there. */
function merged(dest: Tree | undefined, patch: Tree | undefined, how: How): Merged {
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
    return mergedMaps(dest as TreeMap | null | undefined, patch as TreeMap | null | undefined, how);
  return mergedLists(dest as Tree[] | null | undefined, patch as Tree[] | null | undefined, how);
}

function mergedMaps(
  dest: TreeMap | null | undefined,
  patch: TreeMap | null | undefined,
  { schema: known, origins }: How,
): Merged {
  const schema = known ?? schemaOf(dest, origins) ?? schemaOf(patch, origins);
  const base = baseOf(dest, patch);
  if (base === CLEAR) return CLEAR;
  for (const key of [...new Set([...base.keys(), ...(patch?.keys() ?? [])])].sort()) {
    const given = patch?.get(key);
    const made = merged(base.get(key), given, { schema: schema?.member(key), origins });
    if (made === CLEAR) {
      base.delete(key);
      unshare(origins, base, key);
    } else if (given !== undefined && isScalar(made) && patch !== base) {
      const origin = memberOrigin(patch, key, origins);
      const tell: TellSet = (holder, name) => tellOrigin(origins, holder, name, origin);
      setShared(origins, base, key, { value: made, tell });
    } else base.set(key, made);
  }
  return base;
}

/** A mapping of which nothing is known may be an object that stands in another one. */
function schemaOf(value: TreeMap | null | undefined, { schemas }: Origins): MergeSchema | undefined {
  const [apiVersion, kind] = [textAt(value, "apiVersion"), textAt(value, "kind")];
  return apiVersion === "" || kind === "" ? undefined : schemas(apiVersion, kind);
}

/** The mapping into which both are joined. */
function baseOf(dest: TreeMap | null | undefined, patch: TreeMap | null | undefined): TreeMap | typeof CLEAR {
  if (dest === undefined || dest === null)
    return patch === undefined || patch === null || directive(patch) === "delete" ? CLEAR : patch;
  if (patch === null) return CLEAR;
  const asked = patch === undefined ? "merge" : directive(patch);
  if (asked === "delete") return CLEAR;
  return asked === "replace" && patch !== undefined ? patch : dest;
}

/** Where a single value of a patch stands. */
function memberOrigin(patch: TreeMap | null | undefined, key: string, origins: Origins): Origin | undefined {
  if (patch === undefined || patch === null) return undefined;
  const own = origins.of.get(patch);
  return own === undefined ? undefined : { places: own.places, path: [...own.path, key] };
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
  { schema, origins }: How,
): Merged {
  const list = schema?.list;
  if (list === undefined) {
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
  const { keys, item } = list;
  if (keys.length > 0) return joined(base, patch ?? undefined, keys, { schema: item, origins });
  const both = [...(patch ?? []), ...base];
  if (both.some((one) => !isScalar(one)))
    throw new Unsupported("a patch of mappings that have no key but are to be joined");
  return [...new Set(both)];
}

/** The text of a key field, as kustomize compares them. */
function keyText(item: Tree | undefined, key: string): string {
  const value = isTreeMap(item) ? item.get(key) : undefined;
  return scalarText(value ?? null);
}

/**
 * Items of both lists by their keys: those of the patch in its order, then the others. What kustomize makes of items that
 * share keys or lack some follows from its steps, so these are done one by one (kyaml yaml/walk/associative_sequence.go).
 */
function joined(dest: Tree[], patch: Tree[] | undefined, keys: readonly string[], how: How): Tree[] {
  const [key] = keys;
  if (key !== undefined && keys.length === 1 && isPlain(dest, key) && isPlain(patch ?? [], key))
    return joinedPlain(dest, patch ?? [], key, how);
  if (dest.length + (patch?.length ?? 0) > MAX_ODD) throw TOO_LARGE;
  return joinedOdd(dest, patch, keys, how);
}

/** Items of lists with several keys or unclear ones: each is compared with each. */
const MAX_ODD = 4000;

/** Whether every item is a mapping with a value of the key that no other has. */
function isPlain(list: readonly Tree[], key: string): boolean {
  const texts = new Set(list.map((item) => keyText(item, key)));
  return texts.size === list.length && !texts.has("");
}

function joinedPlain(dest: Tree[], patch: Tree[], key: string, how: How): Tree[] {
  const before = new Map(dest.map((item) => [keyText(item, key), item]));
  const asked = new Map(patch.map((item) => [keyText(item, key), item]));
  const made: Tree[] = [];
  const done = new Set<string>();
  for (const text of [...asked.keys(), ...before.keys()]) {
    if (done.has(text)) continue;
    done.add(text);
    const old = before.get(text);
    const item = merged(old, asked.get(text), how);
    // kustomize puts the items that were there over those that it made: what `$patch: replace` asks of an item is lost.
    if (!isGone(item)) made.push(old ?? item);
  }
  return made;
}

function isGone(value: Merged): value is typeof CLEAR | null {
  return value === CLEAR || value === null || (isTreeMap(value) && value.size === 0);
}

function joinedOdd(dest: Tree[], patch: Tree[] | undefined, keys: readonly string[], how: How): Tree[] {
  const lists = distinct([...(patch ?? []), ...dest].map((item) => keys.map((key) => keyText(item, key))));
  const asked = keys.length > 1 ? filledIn(lists) : lists;
  const used = keys.filter((_, index) => asked.some((values) => (values[index] ?? "") !== ""));
  const valid = used.length === 0 ? keys : used;
  const made: Tree[] = [];
  for (const values of asked) {
    const own = values.filter((value, index) => value !== "" || valid.includes(keys[index] ?? ""));
    const present = valid.filter((_, index) => own[index] !== "");
    const looked = present.length === 0 ? valid : present;
    const wanted = present.length === 0 ? own : own.filter((value) => value !== "");
    const find = (list: readonly Tree[] | undefined): Tree | undefined =>
      list?.find(
        (item) =>
          isTreeMap(item) && looked.every((key, at) => item.has(key) && keyText(item, key) === wanted[at]),
      );
    const item = merged(find(dest), find(patch), how);
    if (isGone(item)) {
      setItem(dest, undefined, valid, own);
      continue;
    }
    if (isTreeMap(item)) {
      for (const [at, name] of valid.entries()) {
        const value = own[at] ?? "";
        if (!item.has(name) && value !== "") item.set(name, /^\d+$/.test(value) ? Number(value) : value);
      }
    }
    setItem(made, item, valid, own);
  }
  for (const item of asked.length === 0 ? [] : [...dest]) appendItem(made, item, valid);
  return asked.length === 0 ? dest : made;
}

/** appendListNode of one item: one that lacks a key is appended for each that it lacks. */
function appendItem(list: Tree[], item: Tree, keys: readonly string[]): void {
  const values: string[] = [];
  for (const key of keys) {
    if (isTreeMap(item) && item.has(key) && item.get(key) !== null) values.push(keyText(item, key));
    else list.push(item);
  }
  if (keys.length > 1) setItem(list, undefined, keys, values);
  setItem(list, item, keys, values);
}

/** ElementSetter: exchanges the items that have the values, or takes them away; appends what was not there. */
function setItem(
  list: Tree[],
  item: Tree | undefined,
  keys: readonly string[],
  values: readonly string[],
): void {
  let found = false;
  const kept: Tree[] = [];
  for (const old of list) {
    if (old === null || (isTreeMap(old) && old.size === 0)) continue;
    // A key without a value asks nothing: kustomize looks at its answer for the key before.
    const fits =
      values.length > 0 &&
      isTreeMap(old) &&
      keys.every((key, at) => {
        const value = values[at];
        return value === undefined || (old.has(key) && (value === "" || keyText(old, key) === value));
      });
    if (!fits) {
      if (values.length > 0) kept.push(old);
      continue;
    }
    found = true;
    if (item !== undefined) kept.push(item);
  }
  list.splice(0, list.length, ...kept);
  if (item !== undefined && item !== null && !found) list.push(item);
}

function distinct(lists: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [...new Map(lists.map((values) => [JSON.stringify(values), values])).values()];
}

/** Items that agree in one key and leave others out are one: each gets the values of both (kyaml mergeValues). */
function filledIn(lists: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const filled = [...lists];
  for (let one = 0; one < filled.length; one++) {
    const values = filled[one] ?? [];
    for (let other = 0; other < filled.length; other++) {
      const both = matched(values, filled[other] ?? []);
      if (both === undefined) continue;
      filled[one] = both;
      filled[other] = both;
    }
  }
  return filled;
}

function matched(one: readonly string[], other: readonly string[]): readonly string[] | undefined {
  if (!one.some((value, at) => value === other[at])) return undefined;
  if (one.some((value, at) => value !== "" && other[at] !== "" && value !== other[at])) return undefined;
  return one.map((value, at) => (value === "" ? (other[at] ?? "") : value));
}

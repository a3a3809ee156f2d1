import { canonicalJson } from "../../kube/canonical-json.ts";
import { isArray, isObject, type Json, type JsonArray, type JsonObject } from "../../kube/json.ts";
import { itemWith, partOf } from "./managed-fields.ts";

/**
 * Sets of fields as managedFields write them (structured-merge-diff fieldpath, serialize.go): a tree whose steps are
 * members (`f:`), items by their keys (`k:`) and items by their value (`v:`); what is a member itself and has members below
 * says so by `.`.
 */
export type FieldSet = JsonObject;

/** Everything that one of the two has. */
export function union(left: FieldSet, right: FieldSet): FieldSet {
  return Object.fromEntries(
    [...new Set([...Object.keys(left), ...Object.keys(right)])].map((step): readonly [string, Json] => {
      const [one, other] = [below(left, step), below(right, step)];
      return [step, one === undefined ? (other ?? {}) : other === undefined ? one : united(one, other)];
    }),
  );
}

/** Of one field: no step at all is the field itself. */
function united(left: FieldSet, right: FieldSet): FieldSet {
  const [leaf, other] = [left, right].map((set) => Object.keys(set).length === 0);
  if (leaf === other) return union(left, right);
  return { ".": {}, ...(leaf === true ? right : left) };
}

function below(set: FieldSet | undefined, step: string): FieldSet | undefined {
  const part = set !== undefined && Object.hasOwn(set, step) ? set[step] : undefined;
  return isObject(part) ? part : undefined;
}

function allBelow(sets: readonly FieldSet[], step: string): readonly FieldSet[] {
  return sets.map((set) => below(set, step)).filter((set) => set !== undefined);
}

/**
 * What server-side apply makes of a live object and the object that is applied, before anything is taken away: maps are
 * merged member by member, lists by the keys that their managers wrote down, and what a manager owns as a whole is replaced
 * (structured-merge-diff typed/merge.go). Without the schema, what no manager owns is taken for a map, or a list that is one
 * value: the server's own dry run has the last word.
 */
export function merged(live: Json | undefined, wanted: Json, sets: readonly FieldSet[]): Json {
  if (live === undefined || live === null) return wanted;
  if (isObject(live) && isObject(wanted)) {
    const atomic = sets.length > 0 && sets.every((set) => Object.keys(set).length === 0);
    if (atomic && Object.keys(live).length > 0) return wanted;
    const members = new Map<string, Json>(Object.entries(live));
    for (const [name, value] of Object.entries(wanted)) {
      const was = Object.hasOwn(live, name) ? live[name] : undefined;
      members.set(name, merged(was, value, allBelow(sets, `f:${name}`)));
    }
    return Object.fromEntries(members);
  }
  if (!isArray(live) || !isArray(wanted)) return wanted;
  const keys = keysOf(sets);
  if (keys !== undefined)
    return mergedLists(live, wanted, {
      same: (one, other) => isSameItem(one, other, keys),
      merge: (one, other) => merged(one, other, itemSets(sets, one)),
    });
  if (sets.some((set) => Object.keys(set).some((step) => step.startsWith("v:"))))
    return mergedLists(live, wanted, {
      same: (one, other) => canonicalJson(one) === canonicalJson(other),
      merge: (_, other) => other,
    });
  return wanted;
}

/** Names of the keys of a list's items; undefined for a list that has none. */
function keysOf(sets: readonly FieldSet[]): readonly string[] | undefined {
  for (const set of sets) {
    for (const step of Object.keys(set)) {
      const part = partOf(step);
      if (part?.kind === "item") return Object.keys(part.keys);
    }
  }
  return undefined;
}

function isSameItem(one: Json, other: Json, keys: readonly string[]): boolean {
  if (!isObject(one) || !isObject(other)) return false;
  const named = (item: JsonObject): JsonObject =>
    Object.fromEntries(
      keys.flatMap((key) => (Object.hasOwn(item, key) ? [[key, item[key] ?? null] as const] : [])),
    );
  return itemWith([one], named(other)) !== undefined || itemWith([other], named(one)) !== undefined;
}

/** The parts of the sets that are about one item of a list. */
function itemSets(sets: readonly FieldSet[], item: Json): readonly FieldSet[] {
  if (!isObject(item)) return [];
  return sets.flatMap((set) =>
    Object.entries(set).flatMap(([step, part]): readonly FieldSet[] => {
      const found = partOf(step);
      return found?.kind === "item" && isObject(part) && itemWith([item], found.keys) !== undefined
        ? [part]
        : [];
    }),
  );
}

/** The server's order: that of the applied list, with what only the live one has left where it stood (typed/merge.go, visitListItems). */
function mergedLists(
  live: JsonArray,
  wanted: JsonArray,
  {
    same,
    merge,
  }: {
    readonly same: (one: Json, other: Json) => boolean;
    readonly merge: (live: Json, wanted: Json) => Json;
  },
): JsonArray {
  const matches = wanted.map((item) => live.findIndex((one) => same(one, item)));
  const wantedOf = live.map((_, index) => matches.indexOf(index));
  const shared = matches.filter((index) => index >= 0);
  const out: Json[] = [];
  const done = new Set<number>();
  let left = 0;
  let right = 0;
  const take = (index: number): void => {
    const match = matches[index] ?? -1;
    const item = wanted[index] ?? null;
    out.push(match < 0 ? item : merge(live[match] ?? null, item));
    done.add(index);
    if (shared[0] === match && match >= 0) shared.shift();
  };
  while (left < live.length || right < wanted.length) {
    if (left < live.length && right < wanted.length) {
      if (wantedOf[left] === right) {
        take(right);
        left++;
        right++;
        continue;
      }
      if ((wantedOf[left] ?? -1) >= 0 && shared.length > 0 && shared[0] !== left) {
        left++;
        continue;
      }
    }
    if (left < live.length) {
      const match = wantedOf[left] ?? -1;
      if (match < 0) {
        out.push(live[left] ?? null);
        left++;
        continue;
      }
      if (done.has(match)) left++;
    }
    if (right < wanted.length) {
      if (!done.has(right)) take(right);
      right++;
    }
  }
  return out;
}

/**
 * A merged object without what its applier owned before, applies no more, and nobody else owns (structured-merge-diff
 * merge/update.go, prune).
 */
export function pruned(
  value: Json,
  given: { readonly last: FieldSet; readonly wanted: Json | undefined; readonly others: readonly FieldSet[] },
): Json {
  const { last, wanted, others } = given;
  if (isObject(value)) {
    const members = Object.entries(value).flatMap(([name, item]): readonly (readonly [string, Json])[] => {
      const step = `f:${name}`;
      const lastBelow = below(last, step);
      if (lastBelow === undefined) return [[name, item]];
      const wants = isObject(wanted) && Object.hasOwn(wanted, name) ? wanted[name] : undefined;
      const theirs = allBelow(others, step);
      if (wants === undefined && theirs.length === 0) return [];
      return [[name, pruned(item, { last: lastBelow, wanted: wants, others: theirs })]];
    });
    return Object.fromEntries(members);
  }
  if (!isArray(value)) return value;
  return value.flatMap((item): readonly Json[] => {
    const text = canonicalJson(item);
    for (const [step, part] of Object.entries(last)) {
      const found = partOf(step);
      if (found?.kind === "value" && canonicalJson(found.value) === text) {
        const kept =
          (isArray(wanted) && wanted.some((one) => canonicalJson(one) === text)) ||
          others.some((set) => Object.hasOwn(set, step));
        return kept ? [item] : [];
      }
      if (found?.kind !== "item" || !isObject(part) || itemWith([item], found.keys) === undefined) continue;
      const wants = isArray(wanted)
        ? wanted.find((one) => isSameItem(item, one, Object.keys(found.keys)))
        : undefined;
      const theirs = itemSets(others, item);
      if (wants === undefined && theirs.length === 0) return [];
      return [pruned(item, { last: part, wanted: wants, others: theirs })];
    }
    return [item];
  });
}

import { byText } from "../by-text.ts";
import { firstKinds, lastKinds, ranksOf, typeText } from "./kind-order.ts";
import type { Sort } from "./kustomization.ts";
import { currentId, type Resource, type ResourceId } from "./resource.ts";

/** The objects in the order of the result (kustomize internal/builtins/SortOrderTransformer.go). */
export function sorted(resources: readonly Resource[], sort: Sort): readonly Resource[] {
  if (sort.order === "fifo") return resources;
  const first = sort.first ?? (sort.last === undefined ? firstKinds.split(" ") : []);
  const last = sort.last ?? (sort.first === undefined ? lastKinds.split(" ") : []);
  const ranks = ranksOf(first, last);
  const rows = resources.map((resource) => ({ resource, key: keyOf(currentId(resource.tree), ranks) }));
  return rows.sort((one, other) => compare(one.key, other.key)).map(({ resource }) => resource);
}

interface Key {
  readonly rank: number;
  readonly type: string;
  readonly name: string;
}

function keyOf(
  { group, version, kind, namespace, name }: ResourceId,
  ranks: ReadonlyMap<string, number>,
): Key {
  return {
    rank: ranks.get(kind) ?? 0,
    type: typeText([group, version, kind]),
    name: `${namespace || "~X"}|${name || "~N"}`,
  };
}

function compare(one: Key, other: Key): number {
  return one.rank - other.rank || byText(one.type, other.type) || byText(one.name, other.name);
}

import type { Implementation, LibraryFunction, OverloadRow } from "../declare.ts";
import { add, compare, contains, equal } from "../operations.ts";
import { spend } from "../meter.ts";
import { CelDuration, CelError, CelList, CelUint, type CelValue, listOf, typeNameOf } from "../values.ts";

/** Lists: k8s.io/apiserver pkg/cel/library/lists.go, cel-go ext/lists.go (version 3) and ext/sets.go. */

const comparable = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"];

function each(types: readonly string[], row: (type: string) => OverloadRow): readonly OverloadRow[] {
  return types.map(row);
}

const isSorted: Implementation = (a) => {
  let before: CelValue | undefined;
  for (const item of a as CelList) {
    const order = before === undefined ? 0 : compare(before, item);
    if (order instanceof CelError) return order;
    if (order === 1) return false;
    before = item;
  }
  return true;
};

function sum(zero: CelValue): Implementation {
  return (a) => {
    let total = zero;
    for (const item of a as CelList) {
      total = add(total, item);
      if (total instanceof CelError) return total;
    }
    return total;
  };
}

function extreme(name: string, replace: -1 | 1): Implementation {
  return (a) => {
    let found: CelValue | undefined;
    for (const item of a as CelList) {
      if (found === undefined || compare(found, item) === replace) found = item;
    }
    return found ?? new CelError(`${name} called on empty list`);
  };
}

function place(from: "first" | "last"): Implementation {
  return (a, item) => {
    const list = a as CelList;
    for (let step = 0; step < list.size; step++) {
      const at = from === "first" ? step : list.size - 1 - step;
      if (equal(list.at(at), item) === true) return BigInt(at);
    }
    return -1n;
  };
}

const includes: Implementation = (a, item) =>
  a instanceof CelList ? contains(a, item) === true : equal(a, item) === true;

function slice(a: CelValue, b: CelValue, c: CelValue): CelValue {
  const list = a as CelList;
  const start = b as bigint;
  const end = c as bigint;
  if (start < 0n || end < 0n)
    return new CelError(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end)
    return new CelError(
      `cannot slice(${start}, ${end}), start index must be less than or equal to end index`,
    );
  if (BigInt(list.size) < end)
    return new CelError(`cannot slice(${start}, ${end}), list is length ${list.size}`);
  const first = Number(start);
  return new CelList({ size: Number(end - start), at: (index) => list.at(first + index) });
}

function flatten(a: CelValue, b: CelValue): CelValue {
  const depth = typeof b === "bigint" ? b : 1n;
  if (depth < 0n) return new CelError("level must be non-negative");
  const found: CelValue[] = [];
  const walk = (list: CelList, left: bigint): void => {
    for (const item of list) {
      // The server counts the outer list alone; one list that stands in another twice over makes many.
      spend(1);
      if (item instanceof CelList && left > 0n) walk(item, left - 1n);
      else found.push(item);
    }
  };
  walk(a as CelList, depth);
  return listOf(found);
}

function sortBy(a: CelValue, b: CelValue): CelValue {
  const list = a as CelList;
  const keys = [...(b as CelList)];
  if (keys.length !== list.size)
    return new CelError(
      `@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got ${list.size} and ${keys.length} elements respectively`,
    );
  const [first] = keys;
  if (first === undefined) return list;
  if (compare(first, first) instanceof CelError) return new CelError("list elements must be comparable");
  if (keys.some((key) => typeNameOf(key) !== typeNameOf(first)))
    return new CelError("list elements must have the same type");
  const places = keys.map((_key, at) => at);
  places.sort((left, right) => {
    const order = compare(keys[left] ?? null, keys[right] ?? null);
    return order instanceof CelError ? 0 : order;
  });
  return listOf(places.map((at) => list.at(at)));
}

function distinct(a: CelValue): CelValue {
  const found: CelValue[] = [];
  const scalars = new Set<string>();
  for (const item of a as CelList) {
    const key = scalarKey(item);
    if (key === undefined) {
      if (!found.some((other) => equal(item, other) === true)) found.push(item);
    } else if (!scalars.has(key)) {
      scalars.add(key);
      found.push(item);
    }
  }
  return listOf(found);
}

function scalarKey(value: CelValue): string | undefined {
  if (typeof value === "string") return `s${value}`;
  if (typeof value === "boolean" || value === null) return String(value);
  if (typeof value === "bigint") return `n${value}`;
  return undefined;
}

function range(a: CelValue): CelValue {
  const size = a as bigint;
  if (size < 0n) return new CelError(`lists.range: size must be non-negative, got ${size}`);
  return new CelList({ size: Number(size), at: (index) => BigInt(index) });
}

function reverse(a: CelValue): CelValue {
  const list = a as CelList;
  return new CelList({ size: list.size, at: (index) => list.at(list.size - 1 - index) });
}

/** A set of the scalars of a list, when it has nothing else. */
function containsAll(list: CelList, part: CelList): boolean {
  const keys = new Set<string>();
  for (const item of list) {
    const key = scalarKey(item);
    if (key === undefined) return [...part].every((wanted) => contains(list, wanted) === true);
    keys.add(key);
  }
  return [...part].every((wanted) => {
    const key = scalarKey(wanted);
    return (key !== undefined && keys.has(key)) || contains(list, wanted) === true;
  });
}

const zeros: Readonly<Record<string, CelValue>> = {
  int: 0n,
  uint: new CelUint(0n),
  double: 0,
  duration: new CelDuration(0n),
};

export const listFunctions: readonly LibraryFunction[] = [
  {
    name: "isSorted",
    since: 0,
    overloads: each(comparable, (type) => [`list_${type}_is_sorted_bool`, `.(list(${type})) bool`, isSorted]),
  },
  {
    name: "sum",
    since: 0,
    overloads: each(Object.keys(zeros), (type) => [
      `list_${type}_sum_${type}`,
      `.(list(${type})) ${type}`,
      sum(zeros[type] ?? 0n),
    ]),
  },
  {
    name: "max",
    since: 0,
    overloads: each(comparable, (type) => [
      `list_${type}_max_${type}`,
      `.(list(${type})) ${type}`,
      extreme("max", -1),
    ]),
  },
  {
    name: "min",
    since: 0,
    overloads: each(comparable, (type) => [
      `list_${type}_min_${type}`,
      `.(list(${type})) ${type}`,
      extreme("min", 1),
    ]),
  },
  { name: "indexOf", since: 0, overloads: [["list_a_index_of_int", ".(list(A), A) int", place("first")]] },
  {
    name: "lastIndexOf",
    since: 0,
    overloads: [["list_a_last_index_of_int", ".(list(A), A) int", place("last")]],
  },
  { name: "includes", since: 37, overloads: [["list_includes_dyn_dyn", ".(dyn, dyn) bool", includes]] },
  { name: "slice", since: 34, overloads: [["list_slice", ".(list(T), int, int) list(T)", slice]] },
  {
    name: "flatten",
    since: 34,
    overloads: [
      ["list_flatten", ".(list(list(T))) list(T)", flatten],
      ["list_flatten_int", ".(list(dyn), int) list(dyn)", flatten],
    ],
  },
  {
    name: "sort",
    since: 34,
    overloads: each(comparable, (type) => [
      `list_${type}_sort`,
      `.(list(${type})) list(${type})`,
      (a) => sortBy(a, a),
    ]),
  },
  {
    name: "@sortByAssociatedKeys",
    since: 34,
    overloads: each(comparable, (type) => [
      `list_${type}_sortByAssociatedKeys`,
      `.(list(T), list(${type})) list(T)`,
      sortBy,
    ]),
  },
  { name: "lists.range", since: 34, overloads: [["lists_range", "(int) list(int)", range]] },
  { name: "reverse", since: 34, overloads: [["list_reverse", ".(list(T)) list(T)", reverse]] },
  { name: "distinct", since: 34, overloads: [["list_distinct", ".(list(T)) list(T)", distinct]] },
  {
    name: "sets.contains",
    since: 29,
    overloads: [
      [
        "list_sets_contains_list",
        "(list(T), list(T)) bool",
        (a, b) => containsAll(a as CelList, b as CelList),
      ],
    ],
  },
  {
    name: "sets.equivalent",
    since: 29,
    overloads: [
      [
        "list_sets_equivalent_list",
        "(list(T), list(T)) bool",
        (a, b) => containsAll(a as CelList, b as CelList) && containsAll(b as CelList, a as CelList),
      ],
    ],
  },
  {
    name: "sets.intersects",
    since: 29,
    overloads: [
      [
        "list_sets_intersects_list",
        "(list(T), list(T)) bool",
        (a, b) => [...(a as CelList)].some((item) => contains(b as CelList, item) === true),
      ],
    ],
  },
];

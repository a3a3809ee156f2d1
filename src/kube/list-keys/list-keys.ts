import type { Json, JsonPath } from "../json.ts";
import { kinds, type ListEntry, shapes, types } from "./list-keys.generated.ts";

/**
 * How server-side apply joins a list (kube-openapi pkg/schemaconv/smd.go): items of a `map` are matched by their key
 * fields, those of a `set` by their value, and an `atomic` list is replaced whole.
 */
export type ListShape =
  | {
      readonly type: "map";
      readonly keys: readonly string[];
      /** Values that key fields take when an item leaves them out, e.g. protocol TCP. */
      readonly defaults?: Readonly<Record<string, Json>>;
    }
  | { readonly type: "set" }
  | { readonly type: "atomic" };

const FIRST_MINOR = 31;

/**
 * Shape of the list at `path` inside an object of a native kind. Indices in the path are ignored, so a path through
 * the items of lists may name them or leave them out. Undefined: unknown kind, unknown field, or no list.
 * `minor` asks for one minor of Kubernetes; the newest answers without it.
 */
export function listShape(
  key: { readonly group: string; readonly version: string; readonly kind: string },
  path: JsonPath,
  minor?: number,
): ListShape | undefined {
  const kind = `${key.group}/${key.version}/${key.kind}`;
  let entry: ListEntry | undefined = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  for (const step of path) {
    if (entry === undefined) return undefined;
    entry = typeof step === "number" ? itemOf(entry) : memberOf(entry, step);
  }
  return entry === undefined || !isList(entry) ? undefined : shapeOf(entry, minor);
}

type List = Extract<ListEntry, readonly unknown[]>;

function isList(entry: ListEntry): entry is List {
  return Array.isArray(entry);
}

function itemOf(entry: ListEntry): ListEntry | undefined {
  // -1 stands for items that hold no list: nothing below them is known.
  return isList(entry) && entry[1] !== -1 ? entry[1] : undefined;
}

function memberOf(entry: ListEntry, step: string): ListEntry | undefined {
  const holder = isList(entry) ? itemOf(entry) : entry;
  if (holder === undefined || isList(holder)) return undefined;
  if (typeof holder !== "number") return holder["*"];
  const type = types[holder];
  return type !== undefined && Object.hasOwn(type, step) ? type[step] : undefined;
}

function shapeOf(entry: List, minor: number | undefined): ListShape | undefined {
  const other =
    minor === undefined ? undefined : entry[2]?.find(([mask]) => (mask & (1 << (minor - FIRST_MINOR))) !== 0);
  const row = shapes[other === undefined ? entry[0] : other[1]];
  if (row === undefined) return undefined;
  if (row.type !== "map") return { type: row.type };
  const keys = row.keys ?? [];
  return row.defaults === undefined ? { type: "map", keys } : { type: "map", keys, defaults: row.defaults };
}

import type { Json, JsonPath } from "../json.ts";
import type { Place } from "../place.ts";
import type { PlaceMap } from "../read-object.ts";
import type { MergeSchemas } from "./merge-schema.ts";

/** A value that transformers change in place. Mappings are Maps, so that no key of an input means anything to the language. */
export type Tree = null | boolean | number | string | Tree[] | TreeMap;
export type TreeMap = Map<string, Tree>;

/** Where something stood: a path of a document. */
export interface Origin {
  readonly places: PlaceMap;
  readonly path: JsonPath;
}

/** Where the mappings and lists of the trees of one build stood in files. */
export interface Origins {
  readonly of: WeakMap<object, Origin>;
  /** Single values that stood elsewhere than the mapping that holds them: a patch or the kustomization set them. */
  readonly members: WeakMap<TreeMap, Map<string, Origin>>;
  /** Single values without a type: replacements made them, or an image was changed. */
  readonly untyped: WeakMap<TreeMap, Set<string>>;
  /** Single values that are one for kustomize: what sets one of them sets all. */
  readonly shared: WeakMap<TreeMap, Map<string, Shared>>;
  /** How patches join the kinds: as built in, or by the document that the kustomization names. */
  schemas: MergeSchemas;
  /** Nodes that may still be made: the same base may be built many times. */
  left: number;
  /** Looks at an object that may still be taken: each patch, generator and reference looks at many. */
  looks: number;
}

/** Places of one single value. */
export interface Shared {
  readonly holders: { readonly map: TreeMap; readonly key: string }[];
}

/** Thrown inside of a build only, when a limit is reached. */
export const TOO_LARGE: unique symbol = Symbol("too large");

/** Counts looks at objects; what would look too often ends. */
export function look(origins: Origins, count: number): void {
  origins.looks -= count;
  if (origins.looks < 0) throw TOO_LARGE;
}

export function isTreeMap(value: Tree | undefined): value is TreeMap {
  return value instanceof Map;
}

/** A tree of its own of a value that stood at `path` of a document. */
export function treeOf(value: Json, origins: Origins, places: PlaceMap, path: JsonPath): Tree {
  origins.left--;
  if (origins.left < 0) throw TOO_LARGE;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const list = value.map((item, index) => treeOf(item as Json, origins, places, [...path, index]));
    origins.of.set(list, { places, path });
    return list;
  }
  const map: TreeMap = new Map();
  for (const [key, member] of Object.entries(value))
    map.set(key, treeOf(member, origins, places, [...path, key]));
  origins.of.set(map, { places, path });
  return map;
}

/** A copy whose parts stand where those of the original stood. */
export function copyTree(value: Tree, origins: Origins): Tree {
  origins.left--;
  if (origins.left < 0) throw TOO_LARGE;
  if (typeof value !== "object" || value === null) return value;
  const copy: Tree[] | TreeMap = isTreeMap(value)
    ? new Map([...value].map(([key, member]) => [key, copyTree(member, origins)]))
    : value.map((item) => copyTree(item, origins));
  const origin = origins.of.get(value);
  if (origin !== undefined) origins.of.set(copy, origin);
  const members = isTreeMap(value) ? origins.members.get(value) : undefined;
  if (members !== undefined && isTreeMap(copy)) origins.members.set(copy, new Map(members));
  return copy;
}

/** Says that a single value has no type: a replacement that writes it is read as YAML would. */
export function markUntyped({ untyped }: Origins, map: TreeMap, key: string): void {
  const keys = untyped.get(map);
  if (keys === undefined) untyped.set(map, new Set([key]));
  else keys.add(key);
}

/** Says where a single value of a mapping comes from. */
export function tellOrigin(origins: Origins, map: TreeMap, key: string, origin: Origin | undefined): void {
  if (origin === undefined) return;
  const members = origins.members.get(map);
  if (members === undefined) origins.members.set(map, new Map([[key, origin]]));
  else members.set(key, origin);
}

/** A single value as a text; empty for null, lists and mappings. */
export function scalarText(value: Tree): string {
  return value === null || typeof value === "object" ? "" : String(value);
}

/** A value as Go's `%v` writes it. */
export function spelled(value: string | number | boolean): string {
  if (typeof value !== "number" || Number.isInteger(value)) return String(value);
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -4 && exponent < 6) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

export function jsonOf(value: Tree): Json {
  if (typeof value !== "object" || value === null) return value;
  if (isTreeMap(value)) return Object.fromEntries([...value].map(([key, member]) => [key, jsonOf(member)]));
  return value.map(jsonOf);
}

/** Member of a mapping at a path of keys; undefined where there is none. */
export function treeAt(value: Tree | undefined, ...path: readonly string[]): Tree | undefined {
  let current = value;
  for (const key of path) current = isTreeMap(current) ? current.get(key) : undefined;
  return current;
}

export function textAt(value: Tree | undefined, ...path: readonly string[]): string {
  const found = treeAt(value, ...path);
  return typeof found === "string" ? found : "";
}

/** Places in what a build made: those of the innermost part that stood in a file; `fallback` for what stood in none. */
export function treePlaces(root: TreeMap, origins: Origins, fallback: Place): PlaceMap {
  const find = (path: JsonPath, key: boolean): Place => {
    let current: Tree | undefined = root;
    let place = fallback;
    path.forEach((step, index) => {
      const origin = typeof current === "object" && current !== null ? origins.of.get(current) : undefined;
      if (origin !== undefined) {
        const at = typeof step === "string" ? [...origin.path, step] : origin.path;
        place = key && index === path.length - 1 ? origin.places.key(at) : origin.places.value(at);
      }
      const told =
        isTreeMap(current) && typeof step === "string" ? origins.members.get(current)?.get(step) : undefined;
      if (told !== undefined)
        place = key && index === path.length - 1 ? told.places.key(told.path) : told.places.value(told.path);
      if (typeof step === "number") current = Array.isArray(current) ? current[step] : undefined;
      else current = isTreeMap(current) ? current.get(step) : undefined;
    });
    const origin = typeof current === "object" && current !== null ? origins.of.get(current) : undefined;
    if (origin === undefined) return place;
    return key ? origin.places.key(origin.path) : origin.places.value(origin.path);
  };
  return { value: (path) => find(path, false), key: (path) => find(path, true) };
}

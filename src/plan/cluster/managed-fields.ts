import { canonicalJson } from "../../kube/canonical-json.ts";
import { isArray, isObject, type Json, type JsonArray, type JsonObject, valueAt } from "../../kube/json.ts";

/** One manager's share of an object (apimachinery ManagedFieldsEntry, FieldsV1). */
export interface ManagedEntry {
  readonly manager: string;
  readonly operation: string;
  /** Empty for the object itself. */
  readonly subresource: string;
  readonly fields: JsonObject;
}

/** The managers of an object's fields; entries that are none are left out. */
export function managedEntries(live: JsonObject): readonly ManagedEntry[] {
  const entries = valueAt(live, ["metadata", "managedFields"]);
  return (isArray(entries) ? entries : []).flatMap((entry): readonly ManagedEntry[] => {
    const fields = valueAt(entry, ["fieldsV1"]);
    const manager = valueAt(entry, ["manager"]);
    const subresource = valueAt(entry, ["subresource"]);
    if (!isObject(fields)) return [];
    return [
      {
        manager: typeof manager === "string" ? manager : "unknown",
        operation: valueAt(entry, ["operation"]) === "Apply" ? "Apply" : "Update",
        subresource: typeof subresource === "string" ? subresource : "",
        fields,
      },
    ];
  });
}

/** The part of a set of fields at one step: a member (`f:`), an item by its keys (`k:`) or by its value (`v:`). */
export type Part =
  | { readonly kind: "member"; readonly name: string }
  | { readonly kind: "item"; readonly keys: JsonObject }
  | { readonly kind: "value"; readonly value: Json };

/** Undefined for a step of no known form, and for `.`. */
export function partOf(step: string): Part | undefined {
  if (step.startsWith("f:")) return { kind: "member", name: step.slice(2) };
  if (!step.startsWith("k:") && !step.startsWith("v:")) return undefined;
  let value: Json;
  try {
    value = JSON.parse(step.slice(2)) as Json;
  } catch {
    return undefined;
  }
  if (step.startsWith("v:")) return { kind: "value", value };
  return isObject(value) ? { kind: "item", keys: value } : undefined;
}

/** The item of a list that carries these keys; a key that the item leaves out has its default there, and fits. */
export function itemWith(list: JsonArray, keys: JsonObject): JsonObject | undefined {
  return list.find((item): item is JsonObject => {
    if (!isObject(item)) return false;
    const there = Object.keys(keys).filter((name) => Object.hasOwn(item, name));
    return there.length > 0 && there.every((name) => canonicalJson(item[name]) === canonicalJson(keys[name]));
  });
}

/** Paths of an object that a set of fields covers: what the object says and the manager owns. Sorted. */
export function sharedPaths(fields: JsonObject, object: JsonObject): readonly string[] {
  return sharedPlaces(fields, object).map(({ path }) => path);
}

/** A path in two forms: with the keys of items, and with the keys' names alone, as their values may be live ones (kernel K17). */
interface FieldPlace {
  readonly path: string;
  readonly masked: string;
}

/** The same, each path in both forms. */
export function sharedPlaces(fields: JsonObject, object: JsonObject): readonly FieldPlace[] {
  const found: FieldPlace[] = [];
  share(fields, object, { path: "", masked: "" }, new Set(), found);
  return found.sort((left, right) => (left.path < right.path ? -1 : left.path > right.path ? 1 : 0));
}

function share(
  fields: JsonObject,
  value: Json,
  place: FieldPlace,
  keys: ReadonlySet<string>,
  found: FieldPlace[],
): void {
  for (const [step, below] of Object.entries(fields)) {
    const part = partOf(step);
    if (part === undefined || !isObject(below)) continue;
    const owned = Object.keys(below).length === 0;
    if (part.kind === "member" && isObject(value) && Object.hasOwn(value, part.name)) {
      // The keys of an item belong to everybody who has a share in it.
      if (keys.has(part.name)) continue;
      const is = value[part.name];
      const next = {
        path: memberPath(place.path, part.name),
        masked: memberPath(place.masked, part.name),
      };
      if (owned) found.push(next);
      else if (is !== undefined) share(below, is, next, new Set(), found);
    } else if (part.kind === "item" && isArray(value)) {
      const item = itemWith(value, part.keys);
      const names = Object.keys(part.keys).sort();
      const next = {
        path: `${place.path}[${keysText(part.keys)}]`,
        masked: `${place.masked}[${names.map((name) => `${name}=?`).join(",")}]`,
      };
      if (item !== undefined) share(below, item, next, new Set(Object.keys(part.keys)), found);
    } else if (part.kind === "value" && isArray(value)) {
      // The value itself may be a live one: only that the list is shared is told.
      const text = canonicalJson(part.value);
      const isThere = value.some((item) => canonicalJson(item) === text);
      if (isThere && !found.some(({ path }) => path === place.path)) found.push(place);
    }
  }
}

function memberPath(path: string, name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/u.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

function keysText(keys: JsonObject): string {
  return Object.keys(keys)
    .sort()
    .map((name) => {
      const value = keys[name];
      return `${name}=${typeof value === "string" && /^[^\s,[\]{}="]+$/u.test(value) ? value : canonicalJson(value)}`;
    })
    .join(",");
}

/**
 * The part of a live object that a set of fields covers: what its manager applied (client-go's ExtractInto does the
 * same). Undefined when nothing is covered.
 */
export function extracted(fields: JsonObject, live: Json): Json | undefined {
  if (Object.keys(fields).length === 0) return live;
  const steps = Object.entries(fields).flatMap(([step, below]) => {
    const part = partOf(step);
    return part === undefined || !isObject(below) ? [] : [{ part, below }];
  });
  if (isObject(live)) {
    const members = steps.flatMap(({ part, below }): readonly (readonly [string, Json])[] => {
      if (part.kind !== "member" || !Object.hasOwn(live, part.name)) return [];
      const value = extracted(below, live[part.name] ?? null);
      return value === undefined ? [] : [[part.name, value]];
    });
    return members.length === 0 && !Object.hasOwn(fields, ".") ? undefined : Object.fromEntries(members);
  }
  if (!isArray(live)) return undefined;
  // In the order of the live list, which is the order that the server keeps.
  const items = live.flatMap((item): readonly Json[] => {
    for (const { part, below } of steps) {
      if (part.kind === "value" && canonicalJson(part.value) === canonicalJson(item)) return [item];
      if (part.kind !== "item" || !isObject(item) || itemWith([item], part.keys) === undefined) continue;
      const value = extracted(below, item);
      // A key that is not owned was left out and has its default; one has to be there.
      const owned = Object.keys(part.keys).some((name) => Object.hasOwn(below, `f:${name}`));
      const keys = owned ? [] : Object.entries(part.keys).filter(([name]) => Object.hasOwn(item, name));
      return [{ ...Object.fromEntries(keys), ...(isObject(value) ? value : {}) }];
    }
    return [];
  });
  return items.length === 0 && !Object.hasOwn(fields, ".") ? undefined : items;
}

/** What one manager applied of a live object, as an object of its own; null when it applied nothing. */
export function appliedBy(manager: string, live: JsonObject): JsonObject | null {
  const entry = managedEntries(live).find(
    (one) => one.manager === manager && one.operation === "Apply" && one.subresource === "",
  );
  const part = entry === undefined ? undefined : extracted(entry.fields, live);
  if (!isObject(part)) return null;
  return named(part, live);
}

/** A part of an object with what names it. */
export function named(part: JsonObject, live: JsonObject): JsonObject {
  const metadata = isObject(live["metadata"]) ? live["metadata"] : {};
  const names = Object.fromEntries(
    ["name", "namespace"].flatMap((name) => {
      const value = Object.hasOwn(metadata, name) ? metadata[name] : undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const own = isObject(part["metadata"]) ? part["metadata"] : {};
  return {
    ...part,
    apiVersion: live["apiVersion"] ?? null,
    kind: live["kind"] ?? null,
    metadata: { ...own, ...names },
  };
}

import { CelError, CelList, CelMap, CelOptional, CelUint, type CelValue } from "../../../kube/cel/values.ts";
import {
  isArray,
  isObject,
  type Json,
  type JsonArray,
  type JsonObject,
  pointerSteps,
} from "../../../kube/json.ts";

import { textAt } from "./matching.ts";

/** What mutations make of an object (k8s.io/apiserver pkg/admission/plugin/policy/mutating/patch). */

/** The JSON of a value that an expression built; undefined for what JSON has not. */
export function jsonOf(value: CelValue): Json | undefined {
  if (value === null || typeof value === "boolean" || typeof value === "string" || typeof value === "number")
    return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof CelUint) return Number(value.value);
  if (value instanceof CelOptional) return value.value === undefined ? null : jsonOf(value.value);
  if (value instanceof CelList) {
    const items = [...value].map(jsonOf);
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  if (!(value instanceof CelMap)) return undefined;
  const entries: [string, Json][] = [];
  for (const key of value.keys()) {
    const member = jsonOf(value.find(key) ?? null);
    if (typeof key !== "string" || member === undefined) return undefined;
    entries.push([key, member]);
  }
  return Object.fromEntries(entries);
}

/** Merges an apply configuration: mappings member by member, lists of named items by name. `undefined`: how lists join is not known. */
export function merged(base: Json, patch: Json): Json | undefined {
  if (isObject(base) && isObject(patch)) {
    const entries = new Map(Object.entries(base));
    for (const [name, value] of Object.entries(patch)) {
      const before = entries.get(name);
      const made = before === undefined ? value : merged(before, value);
      if (made === undefined) return undefined;
      entries.set(name, made);
    }
    return Object.fromEntries(entries);
  }
  if (isArray(base) && isArray(patch)) return mergedLists(base, patch);
  return patch;
}

function mergedLists(base: JsonArray, patch: JsonArray): Json | undefined {
  const name = (item: Json): string | undefined =>
    isObject(item) && typeof item["name"] === "string" ? item["name"] : undefined;
  if ([...base, ...patch].some((item) => name(item) === undefined))
    return base.length === 0 ? patch : undefined;
  const found = [...base];
  for (const item of patch) {
    const at = found.findIndex((other) => name(other) === name(item));
    const made = at < 0 ? item : merged(found[at] ?? null, item);
    if (made === undefined) return undefined;
    if (at < 0) found.push(made);
    else found[at] = made;
  }
  return found;
}

/** Applies JSON patch operations (RFC 6902); an error says which one cannot be done. */
export function patched(object: JsonObject, operations: readonly Json[]): JsonObject | CelError {
  let current: Json = object;
  for (const operation of operations) {
    const next: Json | CelError = isObject(operation)
      ? step(current, operation)
      : new CelError("an operation must be an object");
    if (next instanceof CelError) return next;
    current = next;
  }
  return isObject(current) ? current : new CelError("the result is no object");
}

function pointer(text: string): readonly string[] | CelError {
  if (text === "") return [];
  if (!text.startsWith("/")) return new CelError(`the path ${text} does not begin with /`);
  return pointerSteps(text);
}

function step(document: Json, operation: JsonObject): Json | CelError {
  const op = textAt(operation, "op");
  const path = pointer(textAt(operation, "path"));
  if (path instanceof CelError) return path;
  switch (op) {
    case "add":
    case "replace":
      return changed(document, path, { op, value: operation["value"] ?? null });
    case "remove":
      return changed(document, path, { op, value: null });
    case "test": {
      const found = at(document, path);
      return JSON.stringify(found) === JSON.stringify(operation["value"] ?? null)
        ? document
        : new CelError(`testing value ${textAt(operation, "path")} failed`);
    }
    case "copy":
    case "move": {
      const from = pointer(textAt(operation, "from"));
      if (from instanceof CelError) return from;
      const value = at(document, from);
      if (value === undefined) return new CelError(`there is nothing at ${textAt(operation, "from")}`);
      const left = op === "move" ? changed(document, from, { op: "remove", value: null }) : document;
      return left instanceof CelError ? left : changed(left, path, { op: "add", value });
    }
    default:
      return new CelError(`unexpected kind of operation: ${op}`);
  }
}

function at(value: Json, path: readonly string[]): Json | undefined {
  let current: Json | undefined = value;
  for (const part of path) {
    if (isArray(current)) current = current[Number(part)];
    else current = isObject(current) && Object.hasOwn(current, part) ? current[part] : undefined;
  }
  return current;
}

interface Change {
  readonly op: "add" | "replace" | "remove";
  readonly value: Json;
}

function changed(value: Json, path: readonly string[], change: Change): Json | CelError {
  const [first, ...rest] = path;
  if (first === undefined) return change.value;
  if (isArray(value)) return changedList(value, first, rest, change);
  if (!isObject(value)) return new CelError(`there is no ${first} to change`);
  const has = Object.hasOwn(value, first);
  if (!has && (rest.length > 0 || change.op !== "add")) return new CelError(`there is no ${first} to change`);
  const entries = new Map(Object.entries(value));
  if (rest.length === 0 && change.op === "remove") entries.delete(first);
  else {
    const made = rest.length === 0 ? change.value : changed(value[first] ?? null, rest, change);
    if (made instanceof CelError) return made;
    entries.set(first, made);
  }
  return Object.fromEntries(entries);
}

function changedList(
  value: JsonArray,
  first: string,
  rest: readonly string[],
  change: Change,
): Json | CelError {
  const items = [...value];
  const index = first === "-" ? items.length : Number(first);
  if (!/^(?:-|[0-9]{1,9})$/.test(first) || index > items.length)
    return new CelError(`there is no item ${first}`);
  if (rest.length === 0 && change.op === "add") {
    items.splice(index, 0, change.value);
    return items;
  }
  if (index >= items.length) return new CelError(`there is no item ${first}`);
  if (rest.length === 0 && change.op === "remove") items.splice(index, 1);
  else {
    const made = rest.length === 0 ? change.value : changed(items[index] ?? null, rest, change);
    if (made instanceof CelError) return made;
    items[index] = made;
  }
  return items;
}

/** Paths at which two values differ, as text, at most so many. */
export function differences(before: Json, after: Json, most: number): readonly string[] {
  const found: string[] = [];
  const visit = (left: Json | undefined, right: Json | undefined, path: string): void => {
    if (found.length >= most || left === right) return;
    if (isObject(left) && isObject(right)) {
      for (const name of new Set([...Object.keys(left), ...Object.keys(right)]))
        visit(left[name], right[name], path === "" ? name : `${path}.${name}`);
    } else if (isArray(left) && isArray(right) && left.length === right.length)
      for (const [index, item] of left.entries()) visit(item, right[index], `${path}[${index}]`);
    else if (JSON.stringify(left) !== JSON.stringify(right)) found.push(path);
  };
  visit(before, after, "");
  return found;
}

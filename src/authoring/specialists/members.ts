import type { Json, JsonObject } from "../../kube/json.ts";

/**
 * An object of the members that are there: undefined ones are left out. `Object.fromEntries` defines own members, so a
 * key that came from the input cannot reach a prototype.
 */
export function members(entries: Readonly<Record<string, Json | undefined>>): JsonObject {
  const kept: [string, Json][] = [];
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) kept.push([key, value]);
  return Object.fromEntries(kept);
}

/** `value`, or undefined when it is empty. */
export function unlessEmpty<T extends readonly unknown[] | JsonObject>(value: T): T | undefined {
  return (Array.isArray(value) ? value.length : Object.keys(value).length) === 0 ? undefined : value;
}

/** The text that an object of ours holds under `key`; empty when it holds none. */
export function textOf(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === "string" ? value : "";
}

/** JSON as data: what an object of the API server is made of. Numbers are doubles; the reader refuses what a double cannot carry. */
export type Json = null | boolean | number | string | JsonArray | JsonObject;
export type JsonArray = readonly Json[];
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A path into a document: keys of mappings and indices of lists, outermost first. */
export type JsonPath = readonly (string | number)[];

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isArray(value: Json | undefined): value is JsonArray {
  return Array.isArray(value);
}

/** The value at `path`, or undefined where the path leaves the document. Never follows the prototype chain. */
export function valueAt(value: Json | undefined, path: JsonPath): Json | undefined {
  let current = value;
  for (const step of path) {
    if (typeof step === "number") current = isArray(current) ? current[step] : undefined;
    else current = isObject(current) && Object.hasOwn(current, step) ? current[step] : undefined;
    if (current === undefined) return undefined;
  }
  return current;
}

/**
 * Whether a key or a scalar somewhere in a value fits. Builds no list and no path, for questions that
 * are asked of every object.
 */
export function holds(value: Json, fits: (scalar: Json) => boolean): boolean {
  if (typeof value !== "object" || value === null) return fits(value);
  if (isArray(value)) {
    for (const item of value) if (holds(item, fits)) return true;
    return false;
  }
  // Own members alone: nothing that JSON is made of has others that for-in finds.
  for (const key in value) if (fits(key) || holds(value[key] ?? null, fits)) return true;
  return false;
}

/** The texts of a mapping, without prototype, so that a key like `constructor` finds nothing that was not written. */
export function textMap(value: Json | undefined): Readonly<Record<string, string>> {
  const map = Object.create(null) as Record<string, string>;
  if (!isObject(value)) return map;
  for (const [key, text] of Object.entries(value)) if (typeof text === "string") map[key] = text;
  return map;
}

/** Does a path begin with another one, or is it that one? */
export function startsWith(path: JsonPath, start: JsonPath): boolean {
  return start.length <= path.length && start.every((step, index) => step === path[index]);
}

/** The text form of a path, as people write it: `spec.containers[0].image`, quoted where a key is no identifier. */
export function pathText(path: JsonPath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** The steps of a JSON pointer (RFC 6901); what stands before its first `/` says nothing. */
export function pointerSteps(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Freezes a value and everything in it, once, and gives it back. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}

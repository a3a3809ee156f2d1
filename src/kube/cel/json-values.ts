import { isArray, isObject, type Json, type JsonArray, type JsonObject } from "../json.ts";
import { spend } from "./meter.ts";
import { CelList, CelMap, type CelValue, type ListSource, type MapSource } from "./values.ts";

/**
 * A JSON value as expressions see one without a schema: whole numbers are ints, as the server's decoder makes them.
 * Parts are converted when they are asked for.
 */
export function jsonValue(value: Json): CelValue {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (isArray(value)) return new CelList(new JsonItems(value));
  return isObject(value) ? new CelMap(new JsonMembers(value)) : null;
}

class JsonItems implements ListSource {
  readonly size: number;
  readonly #items: JsonArray;

  constructor(items: JsonArray) {
    this.size = items.length;
    this.#items = items;
  }

  at(index: number): CelValue {
    return jsonValue(this.#items[index] ?? null);
  }
}

/** Names are asked for seldom, and a map may have 100,000 of them. */
class JsonMembers implements MapSource {
  readonly #value: JsonObject;
  #names: readonly string[] | undefined;

  constructor(value: JsonObject) {
    this.#value = value;
  }

  get size(): number {
    return this.keys().length;
  }

  find(key: CelValue): CelValue | undefined {
    return typeof key === "string" && Object.hasOwn(this.#value, key)
      ? jsonValue(this.#value[key] ?? null)
      : undefined;
  }

  keys(): readonly string[] {
    if (this.#names === undefined) {
      this.#names = Object.keys(this.#value);
      spend(this.#names.length);
    }
    return this.#names;
  }
}

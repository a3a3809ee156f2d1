import { isArray, isObject, type Json } from "../json.ts";
import { CelList, CelMap, type CelValue } from "./values.ts";

/**
 * A JSON value as expressions see one without a schema: whole numbers are ints, as the server's decoder makes them.
 * Parts are converted when they are asked for.
 */
export function jsonValue(value: Json): CelValue {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (isArray(value))
    return new CelList({ size: value.length, at: (index) => jsonValue(value[index] ?? null) });
  if (!isObject(value)) return null;
  const names = Object.keys(value);
  return new CelMap({
    size: names.length,
    find: (key) =>
      typeof key === "string" && Object.hasOwn(value, key) ? jsonValue(value[key] ?? null) : undefined,
    keys: () => names,
  });
}

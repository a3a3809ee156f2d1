import { isArray, isObject, type Json } from "../json.ts";
import { spend } from "./meter.ts";
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
  // Names are asked for seldom, and a map may have 100,000 of them.
  const keys = (): readonly string[] => {
    const names = Object.keys(value);
    spend(names.length);
    return names;
  };
  let names: readonly string[] | undefined;
  return new CelMap({
    get size() {
      names ??= keys();
      return names.length;
    },
    find: (key) =>
      typeof key === "string" && Object.hasOwn(value, key) ? jsonValue(value[key] ?? null) : undefined,
    keys: () => (names ??= keys()),
  });
}

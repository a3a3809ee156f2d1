import { isArray, isObject, type Json, type JsonArray, type JsonPath } from "../json.ts";
import { type Fault, fault } from "./fault.ts";
import type { Structural } from "./schema.ts";

/** Items that stand twice in lists of type `set` and `map` (k8s.io/apiextensions-apiserver pkg/apiserver/schema/listtype). */
export function listTypeFaults(value: Json, schema: Structural, path: JsonPath): readonly Fault[] {
  const faults: Fault[] = [];
  visit(value, schema, path, faults);
  return faults;
}

function visit(value: Json, schema: Structural, path: JsonPath, faults: Fault[]): void {
  if (isArray(value)) {
    if (schema.listType === "set") faults.push(...doubles(value, path, (item) => canonical(item)));
    else if (schema.listType === "map") faults.push(...mapFaults(value, schema, path));
    const { items } = schema;
    if (items !== undefined)
      for (const [at, item] of value.entries()) visit(item, items, [...path, at], faults);
  } else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      const inner = schema.properties.get(name) ?? schema.additional;
      if (inner !== undefined && inner !== true) visit(member, inner, [...path, name], faults);
    }
  }
}

function doubles(list: JsonArray, path: JsonPath, keyOf: (item: Json) => string): readonly Fault[] {
  const seen = new Map<string, number>();
  return list.flatMap((item, at) => {
    const key = keyOf(item);
    const times = seen.get(key) ?? 0;
    seen.set(key, times + 1);
    return times === 1 ? [fault("duplicate", [...path, at], "duplicate value")] : [];
  });
}

function mapFaults(list: JsonArray, schema: Structural, path: JsonPath): readonly Fault[] {
  const odd = list.findIndex((item) => item !== null && !isObject(item));
  if (odd >= 0) return [fault("type", [...path, odd], "must be an object for an array of list-type map")];
  return doubles(list, path, (item) =>
    item === null
      ? "null"
      : canonical(
          schema.listMapKeys.map((key) =>
            isObject(item) && Object.hasOwn(item, key) ? [item[key] ?? null] : [],
          ),
        ),
  );
}

/** A text that two values share only when they are equal. */
function canonical(value: Json): string {
  if (isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (isObject(value))
    return `{${Object.keys(value)
      .sort()
      .map((name) => `${JSON.stringify(name)}:${canonical(value[name] ?? null)}`)
      .join(",")}}`;
  return JSON.stringify(value);
}

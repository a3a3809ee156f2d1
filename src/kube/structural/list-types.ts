import { isArray, isObject, type Json, type JsonArray, type JsonPath } from "../json.ts";
import { eachNode } from "./each-node.ts";
import { type Fault, fault } from "./fault.ts";
import type { Structural } from "./schema.ts";

/** Items that stand twice in lists of type `set` and `map` (k8s.io/apiextensions-apiserver pkg/apiserver/schema/listtype). */
export function listTypeFaults(value: Json, schema: Structural, path: JsonPath): readonly Fault[] {
  const faults: Fault[] = [];
  eachNode(value, schema, path, (list, { listType, listMapKeys }, at) => {
    if (!isArray(list)) return;
    if (listType === "set") faults.push(...doubles(list, at, canonical));
    else if (listType === "map") faults.push(...mapFaults(list, listMapKeys, at));
  });
  return faults;
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

function mapFaults(list: JsonArray, keys: readonly string[], path: JsonPath): readonly Fault[] {
  const odd = list.findIndex((item) => item !== null && !isObject(item));
  if (odd >= 0) return [fault("type", [...path, odd], "must be an object for an array of list-type map")];
  return doubles(list, path, (item) =>
    item === null
      ? "null"
      : canonical(keys.map((key) => (isObject(item) && Object.hasOwn(item, key) ? [item[key] ?? null] : []))),
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

import { toDuration, toTimestamp } from "../cel/convert.ts";
import { jsonValue } from "../cel/json-values.ts";
import { parseTimestamp } from "../cel/time.ts";
import { CelError, CelList, CelMap, type CelValue, type ListTyping } from "../cel/values.ts";
import { isArray, isObject, type Json, type JsonObject } from "../json.ts";
import { escapeName } from "./declared-type.ts";
import { objectFields, type Structural } from "./schema.ts";

/** A JSON value as rules of its schema see it (k8s.io/apiserver pkg/cel/common/values.go). Parts are converted when asked for. */
export function typedValue(value: Json, schema: Structural | undefined, root = false): CelValue {
  if (value === null) return null;
  if (schema === undefined) return jsonValue(value);
  if (schema.intOrString) return jsonValue(value);
  if (isArray(value)) return typedList(value, schema);
  if (isObject(value)) return typedObject(value, schema, root);
  if (typeof value === "number") return schema.type === "number" ? value : jsonValue(value);
  return typeof value === "string" ? typedText(value, schema) : value;
}

function typedText(value: string, schema: Structural): CelValue {
  if (schema.type !== "string") return value;
  switch (schema.format) {
    case "duration":
      return toDuration(value);
    case "date":
      return parseTimestamp(`${value}T00:00:00Z`) ?? new CelError(`Invalid date formatted string ${value}`);
    case "date-time":
      return toTimestamp(value);
    case "byte":
      return bytesOf(value);
    default:
      return value;
  }
}

function bytesOf(value: string): CelValue {
  try {
    return Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
  } catch {
    return new CelError("Invalid byte formatted string");
  }
}

function typedList(value: readonly Json[], schema: Structural): CelList {
  const typing: ListTyping | undefined =
    schema.listType === "set" || schema.listType === "map"
      ? { kind: schema.listType, keys: schema.listMapKeys.map((key) => escapeName(key) ?? key) }
      : undefined;
  const { items } = schema;
  return new CelList(
    { size: value.length, at: (index) => typedValue(value[index] ?? null, items, items?.embedded === true) },
    typing,
  );
}

function typedObject(value: JsonObject, schema: Structural, root: boolean): CelMap {
  const { additional, properties } = schema;
  if (additional !== undefined && !root && properties.size === 0) {
    const values = additional === true ? undefined : additional;
    const names = Object.keys(value);
    return new CelMap({
      size: names.length,
      find: (key) =>
        typeof key === "string" && Object.hasOwn(value, key)
          ? typedValue(value[key] ?? null, values)
          : undefined,
      keys: () => names,
    });
  }
  // Fields that the schema does not name are not seen.
  const names = new Map<string, string>();
  for (const name of Object.keys(value)) {
    if (!properties.has(name) && !(root && objectFields.has(name))) continue;
    const escaped = escapeName(name);
    if (escaped !== undefined) names.set(escaped, name);
  }
  return new CelMap(
    {
      size: names.size,
      find: (key) => {
        const name = typeof key === "string" ? names.get(key) : undefined;
        if (name === undefined) return undefined;
        const property = properties.get(name);
        return typedValue(value[name] ?? null, property, property?.embedded === true);
      },
      keys: () => [...names.keys()],
    },
    "object",
  );
}

import { isArray, isObject, type Json, type JsonObject } from "../../kube/json.ts";
import { emitYaml } from "../../kube/yaml/emit-yaml.ts";
import { keyOrder, plainMaps } from "./key-order.ts";

/**
 * One object as YAML. Equal objects give equal bytes, whatever the order of their keys: apiVersion, kind and metadata
 * first, fields in the order of `keyOrder`, all others by code units.
 */
export function renderObject(object: JsonObject): string {
  return emitYaml(ordered(object, "", false));
}

function ordered(value: Json, under: string, plain: boolean): Json {
  // Items of a list are ordered as what the list stands under.
  if (isArray(value)) return value.map((item) => ordered(item, under, plain));
  if (!isObject(value)) return value;
  const wished = plain ? undefined : keyOrder.get(under);
  const rank = new Map(wished?.map((key, index) => [key, index]));
  const last = rank.size;
  return Object.fromEntries(
    Object.entries(value)
      .sort(
        ([left], [right]) =>
          (rank.get(left) ?? last) - (rank.get(right) ?? last) || (left < right ? -1 : left > right ? 1 : 0),
      )
      .map(([key, member]) => [key, ordered(member, key, plain || plainMaps.has(key))]),
  );
}

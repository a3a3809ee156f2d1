import { canonicalJson } from "../../kube/canonical-json.ts";
import { macHex } from "../../kube/digest.ts";
import { isArray, isObject, type Json, type JsonObject, type JsonPath } from "../../kube/json.ts";
import { objectKey } from "../../kube/object-key.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import { mayBeLive, type Own } from "../change/live-values.ts";

/** The values that a desired object holds where live values may stand. */
export function ownValues(desired: JsonObject | null): Own {
  const known = new Set<string>();
  if (desired !== null) {
    const key = objectKey(desired);
    leaves(desired, [], (path, value) => {
      if (mayBeLive(key, path)) known.add(placed(path, value));
    });
  }
  return (path, value) => known.has(placed(path, value));
}

/** Positions in lists do not count: a server may order them otherwise. */
function placed(path: JsonPath, value: Json): string {
  return canonicalJson([path.filter((step) => typeof step === "string"), value]);
}

/**
 * A live object as facts may see it: structure, and instead of every value that may be live and is not the request's own
 * its MAC (kernel K17). Equal values stay equal, so that nothing seems to change that does not.
 */
export function projected(object: JsonObject, own: Own, macKey: Uint8Array | null): JsonObject {
  return project(objectKey(object), object, [], (path, value) =>
    own(path, value)
      ? value
      : macKey === null
        ? "live"
        : `live:${macHex(macKey, "projection", placed(path, value))}`,
  ) as JsonObject;
}

function project(
  key: ObjectKey,
  value: Json,
  path: JsonPath,
  replace: (path: JsonPath, value: Json) => Json,
): Json {
  if (isArray(value)) return value.map((item, index) => project(key, item, [...path, index], replace));
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, project(key, item, [...path, name], replace)]),
    );
  }
  return mayBeLive(key, path) ? replace(path, value) : value;
}

function leaves(value: Json, path: JsonPath, visit: (path: JsonPath, value: Json) => void): void {
  if (isArray(value)) for (const [index, item] of value.entries()) leaves(item, [...path, index], visit);
  else if (isObject(value))
    for (const [name, item] of Object.entries(value)) leaves(item, [...path, name], visit);
  else visit(path, value);
}

import { isObject, type Json, type JsonPath, valueAt } from "../json.ts";
import type { PlaceMap, ReadDocument } from "../read-object.ts";

/** kustomize takes names of members in any case, as Go's reader of JSON does. */
export function isSameName(one: string, other: string): boolean {
  return one === other || one.toLowerCase() === other.toLowerCase();
}

/** The path as it is written. */
export function writtenPath(root: Json, path: JsonPath): JsonPath {
  let holder: Json | undefined = root;
  return path.map((step) => {
    const own = holder;
    const written =
      typeof step === "string" && isObject(own) && !Object.hasOwn(own, step)
        ? (Object.keys(own).find((name) => isSameName(name, step)) ?? step)
        : step;
    holder = own === undefined ? undefined : valueAt(own, [written]);
    return written;
  });
}

/** Places by the paths of names as kustomize has them. */
export function writtenPlaces({ value, places }: ReadDocument): PlaceMap {
  return {
    value: (path) => places.value(writtenPath(value, path)),
    key: (path) => places.key(writtenPath(value, path)),
  };
}

import { isArray, isObject, type Json, type JsonObject } from "../json.ts";

/** Gives the object with defaults filled in: the same object where nothing was missing, else a copy. */
export type Fill = (object: JsonObject, minor: number) => JsonObject;

/** What Go reads as not set: nothing, and the zero value of a type without pointer. */
export function unset(value: Json | undefined): boolean {
  return value === undefined || value === null || value === "" || value === 0;
}

export function missing(value: Json | undefined): boolean {
  return value === undefined || value === null;
}

export function withMember(object: JsonObject, name: string, value: Json): JsonObject {
  return object[name] === value ? object : { ...object, [name]: value };
}

/** A default where the member is not set (`""` and 0 count as not set). */
export function orElse(name: string, value: Json): Fill {
  return (object) => (unset(object[name]) ? withMember(object, name, value) : object);
}

/** A default where the member is not there (a pointer in Go: 0 and `""` stay). */
export function ifMissing(name: string, value: Json): Fill {
  return (object) => (missing(object[name]) ? withMember(object, name, value) : object);
}

export function all(...fills: readonly Fill[]): Fill {
  return (object, minor) => fills.reduce((filled, fill) => fill(filled, minor), object);
}

/** Fills a member that is a mapping. */
export function inside(name: string, fill: Fill): Fill {
  return (object, minor) => {
    const member = object[name];
    return isObject(member) ? withMember(object, name, fill(member, minor)) : object;
  };
}

/** Fills a member that is a mapping, and makes it where it is not there. */
export function insideAlways(name: string, fill: Fill): Fill {
  return (object, minor) => {
    const member = object[name] ?? {};
    return isObject(member) ? withMember(object, name, fill(member, minor)) : object;
  };
}

/** Fills each mapping of a list. */
export function each(name: string, fill: Fill): Fill {
  return (object, minor) => {
    const list = object[name];
    if (!isArray(list)) return object;
    let changed = false;
    const filled = list.map((item) => {
      if (!isObject(item)) return item;
      const made = fill(item, minor);
      changed ||= made !== item;
      return made;
    });
    return changed ? { ...object, [name]: filled } : object;
  };
}

/** Only where it is so. */
export function when(condition: (object: JsonObject, minor: number) => boolean, fill: Fill): Fill {
  return (object, minor) => (condition(object, minor) ? fill(object, minor) : object);
}

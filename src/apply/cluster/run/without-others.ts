import { isObject, type Json, type JsonObject } from "../../../kube/json.ts";
import { managedEntries } from "../../../plan/cluster/managed-fields.ts";

/**
 * A live object as it was before controllers worked on it: members that other managers alone own are as they stood before,
 * or gone when they did not (a Deployment gets its revision as an annotation milliseconds after it was written). What
 * admission adds to a write is the writer's own in managedFields, so it stays. Items of lists are not looked into.
 */
export function withoutOthers(live: JsonObject, before: JsonObject | null, manager: string): JsonObject {
  const entries = managedEntries(live);
  const of = (own: boolean): readonly JsonObject[] =>
    entries.filter((entry) => (entry.manager === manager) === own).map(({ fields }) => fields);
  return restore(live, before, of(false), of(true));
}

function restore(
  live: JsonObject,
  before: JsonObject | null,
  theirs: readonly JsonObject[],
  ours: readonly JsonObject[],
): JsonObject {
  if (theirs.length === 0) return live;
  const members = Object.entries(live).flatMap(([name, value]): readonly (readonly [string, Json])[] => {
    const theirPart = parts(theirs, name);
    if (theirPart.length === 0) return [[name, value]];
    const ourPart = parts(ours, name);
    const was = before !== null && Object.hasOwn(before, name) ? (before[name] ?? null) : undefined;
    // A leaf, or a map whose very existence is theirs.
    const whole = theirPart.some((fields) => Object.keys(fields).length === 0 || Object.hasOwn(fields, "."));
    if (ourPart.length === 0 && whole && (was === undefined || !isObject(value) || !isObject(was)))
      return was === undefined ? [] : [[name, was]];
    if (!isObject(value)) return [[name, value]];
    return [[name, restore(value, isObject(was) ? was : null, theirPart, ourPart)]];
  });
  // What they removed and nobody owns now cannot be told from here.
  return Object.fromEntries(members);
}

function parts(fields: readonly JsonObject[], name: string): readonly JsonObject[] {
  return fields.flatMap((set) => {
    const part = Object.hasOwn(set, `f:${name}`) ? set[`f:${name}`] : undefined;
    return isObject(part) ? [part] : [];
  });
}

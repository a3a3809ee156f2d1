import { type Json, type JsonObject, valueAt } from "../../../kube/json.ts";

function text(value: Json | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

export function uidOf(object: JsonObject): string | null {
  return text(valueAt(object, ["metadata", "uid"]));
}

export function versionOf(object: JsonObject): string | null {
  return text(valueAt(object, ["metadata", "resourceVersion"]));
}

/** The server has begun to delete it: finalizers are waited for. */
export function isTerminating(object: JsonObject): boolean {
  return text(valueAt(object, ["metadata", "deletionTimestamp"])) !== null;
}

export function finalizersOf(object: JsonObject): readonly string[] {
  const list = valueAt(object, ["metadata", "finalizers"]);
  return Array.isArray(list) ? list.filter((entry): entry is string => typeof entry === "string") : [];
}

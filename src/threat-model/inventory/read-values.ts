import { isObject, type Json, type JsonObject, type JsonPath } from "../../kube/json.ts";
import type { PlaceMap } from "../../kube/read-object.ts";
import { readDocuments } from "../../kube/yaml/read-documents.ts";

/** One document of a file with the lines of its parts; undefined where it is none that can be read. */
export interface ReadValue {
  readonly value: JsonObject;
  lineOf(path: JsonPath): number;
}

/** Reads JSON or YAML as an object. `firstLine` is the line of the file in which the text begins. */
export function readValue(file: string, text: string, firstLine = 1): ReadValue | undefined {
  const [document] = readDocuments(file, new TextEncoder().encode(text));
  if (document === undefined || !isObject(document.value)) return undefined;
  if (document.problems.some((problem) => problem.severity === "error")) return undefined;
  const places: PlaceMap = document.places;
  return { value: document.value, lineOf: (path) => places.value(path).line + firstLine - 1 };
}

export function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A list of texts, or a text with commas or blanks between them, as hosts take both. */
export function wordsOf(value: Json | undefined): readonly string[] | undefined {
  if (typeof value === "string") {
    return value
      .split(value.includes(",") ? "," : /\s+/)
      .map((word) => word.trim())
      .filter((word) => word !== "");
  }
  if (!Array.isArray(value)) return undefined;
  return (value as readonly Json[]).filter((word): word is string => typeof word === "string");
}

/** The members of an object at a path; empty where there is none. Keys such as `__proto__` are plain members. */
export function membersOf(value: Json | undefined): readonly (readonly [string, Json])[] {
  return isObject(value) ? Object.entries(value) : [];
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

import type { Json, JsonObject, JsonPath } from "./json.ts";
import type { Place } from "./place.ts";
import type { Problem } from "./problem.ts";

/** Where every path of a document stands in its file. */
export interface PlaceMap {
  /** Place of the value at `path`; of its nearest ancestor when the path is not there. */
  value(path: JsonPath): Place;
  /** Place of the key that ends `path`; of the value when `path` ends in a list index. */
  key(path: JsonPath): Place;
}

/** One document of a stream, read as the API server reads it. */
export interface ReadDocument {
  readonly file: string;
  /** Number of the document in its file, from 0. */
  readonly index: number;
  readonly value: Json;
  readonly places: PlaceMap;
  readonly problems: readonly Problem[];
  /** The lines of its file; absent where the file is no text. */
  readonly source?: SourceLines;
}

/** The lines of a file, for excerpts. */
export interface SourceLines {
  /** The text of a line, counted from 1, without its end; undefined beyond the file. */
  text(line: number): string | undefined;
}

/**
 * What an object is, whatever its apiVersion: two objects with the same identity are one object (kernel K4).
 * `namespace` is empty for cluster-scoped objects.
 */
export interface ObjectKey {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** One Kubernetes object of the inputs, with the places of its parts. Lists are taken apart: `path` says where it stood. */
export interface ReadObject {
  readonly object: JsonObject;
  readonly file: string;
  readonly document: number;
  /** Path of the object inside its document; empty unless it stood in a List. */
  readonly path: JsonPath;
  /** Places relative to the object. */
  readonly places: PlaceMap;
}

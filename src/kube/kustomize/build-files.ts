import type { Files } from "../files.ts";
import { pathFrom } from "../files.ts";
import { OpsError } from "../ops-error.ts";
import type { Place } from "../place.ts";
import { printable } from "../printable.ts";
import type { Problem } from "../problem.ts";
import type { ReadDocument, SourceLines } from "../read-object.ts";
import { readDocuments } from "../yaml/read-documents.ts";
import type { Named } from "./kustomization.ts";
import { isRemote, isUrl } from "./resource-path.ts";
import { Fault, Unsupported } from "./stop.ts";
import type { Origins } from "./tree.ts";

/** Folders that one build may read, objects that it may hold, and values of all trees it makes. */
export const MAX_FOLDERS = 1000;
export const MAX_OBJECTS = 50_000;
export const MAX_NODES = 5_000_000;
export const MAX_LOOKS = 30_000_000;

/** What a build has read, and what it may still do. */
export interface State {
  readonly files: Files;
  readonly sha256: (bytes: Uint8Array) => string;
  readonly origins: Origins;
  readonly documents: Map<string, readonly ReadDocument[]>;
  readonly digests: Map<string, string>;
  readonly sources: Map<string, SourceLines>;
  readonly problems: Problem[];
  folders: number;
}

/** What is at a path, if anything is. */
export function kindOf(state: State, path: string, { name, place }: Named): "file" | "folder" | undefined {
  try {
    return state.files.kind(path);
  } catch (error) {
    throw asFault(error, name, place);
  }
}

function asFault(error: unknown, name: string, place: Place): unknown {
  if (!OpsError.is(error)) return error;
  if (error.code === "INPUT_OUTSIDE") return new Fault("kustomization/outside", printable(name), place);
  if (error.code === "INPUT_NOT_FOUND") return new Fault("kustomization/not-found", printable(name), place);
  return error;
}

/** Where a resource or component lies and what it is; `what` is what does not exist when nothing is there. */
export function located(
  state: State,
  folder: string,
  named: Named,
  what: string,
): { readonly path: string; readonly kind: "file" | "folder" } {
  const { name, place } = named;
  const path = pathFrom(folder, name);
  const kind = path === undefined || isUrl(name) ? undefined : kindOf(state, path, named);
  if (path !== undefined && kind !== undefined) return { path, kind };
  if (isRemote(name)) throw new Unsupported(`the remote resource ${printable(name)}`, place);
  if (path === undefined) throw new Fault("kustomization/outside", printable(name), place);
  throw new Fault("kustomization/not-found", what, place);
}

/** A file that a kustomization names: only in its own folder (kustomize's load restriction), also through links. */
function allowed(state: State, folder: string, name: string, place: Place): string {
  const path = pathFrom(folder, name);
  const prefix = folder === "." ? "" : `${folder}/`;
  if (isUrl(name)) throw new Unsupported(`the remote file ${printable(name)}`, place);
  if (path === undefined || !path.startsWith(prefix))
    throw new Fault("kustomization/outside", printable(name), place);
  try {
    if (state.files.kind(path) !== "file")
      throw new Fault("kustomization/not-found", `the file ${printable(name)}`, place);
    const home = state.files.real?.(folder) ?? folder;
    const real = state.files.real?.(path) ?? path;
    if (!real.startsWith(home === "." ? "" : `${home}/`))
      throw new Fault("kustomization/outside", printable(name), place);
    return path;
  } catch (error) {
    throw asFault(error, name, place);
  }
}

/** The bytes of a file that a kustomization names. */
export function readFile(state: State, folder: string, name: string, place: Place): Uint8Array {
  const path = allowed(state, folder, name, place);
  try {
    const bytes = state.files.read(path);
    state.digests.set(state.files.display(path), state.sha256(bytes));
    return bytes;
  } catch (error) {
    throw asFault(error, name, place);
  }
}

/** The documents of a file that a kustomization names. */
export function documentsOf(
  state: State,
  folder: string,
  name: string,
  place: Place,
): readonly ReadDocument[] {
  // A file that another folder has read is no reason to let this one have it.
  const path = allowed(state, folder, name, place);
  const known = state.documents.get(path);
  if (known !== undefined) return known;
  const documents = readDocuments(state.files.display(path), readFile(state, folder, name, place));
  state.documents.set(path, documents);
  for (const { file, source, problems } of documents) {
    if (source !== undefined) state.sources.set(file, source);
    state.problems.push(...problems);
  }
  const failed = documents.find(({ value, problems }) => value === null && problems.length > 0);
  if (failed !== undefined)
    throw new Fault("kustomization/malformed", `${printable(name)} cannot be read`, place);
  return documents;
}

/** Files that one kustomization may name: paths are relative to its folder, and end there. */
export interface Loader {
  readonly bytes: (name: string, place: Place) => Uint8Array;
  readonly documents: (name: string, place: Place) => readonly ReadDocument[];
}

export function loaderOf(state: State, folder: string): Loader {
  return {
    bytes: (name, place) => readFile(state, folder, name, place),
    documents: (name, place) => documentsOf(state, folder, name, place),
  };
}

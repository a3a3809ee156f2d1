import { type Files, pathFrom } from "../files.ts";
import { isObject } from "../json.ts";
import type { Place } from "../place.ts";
import { printable } from "../printable.ts";
import { kustomizationNames } from "../unrendered.ts";
import { documentsOf, kindOf, MAX_FOLDERS, type State } from "./build-files.ts";
import type { Kustomization, Named } from "./kustomization.ts";
import { readKustomization } from "./read-kustomization.ts";
import { Fault } from "./stop.ts";

/** The kustomization in a folder, by the names that kustomize looks for; undefined when it has none. */
export function kustomizationIn(files: Files, folder: string): string | undefined {
  return kustomizationNames
    .map((name) => pathFrom(folder, name))
    .find((path) => path !== undefined && files.kind(path) === "file");
}

/** A base or component may not be a folder that is being built, nor one above it. */
export function noCycle(
  { files }: State,
  chain: readonly string[],
  path: string,
  { name, place }: Named,
): void {
  const real = files.real?.(path) ?? path;
  const above = real === "." ? "" : `${real}/`;
  for (const visited of chain) {
    const other = files.real?.(visited) ?? visited;
    if (real === other || `${other}/`.startsWith(above))
      throw new Fault("kustomization/cycle", printable(name), place);
  }
}

/** The kustomization of a folder. */
export function loadFolder(state: State, folder: string, place: Place): Kustomization {
  state.folders++;
  if (state.folders > MAX_FOLDERS)
    throw new Fault("kustomization/too-large", `${MAX_FOLDERS} folders`, place);
  const found = kustomizationNames.filter((name) => {
    const path = pathFrom(folder, name);
    return path !== undefined && kindOf(state, path, { name, place }) === "file";
  });
  const [name] = found;
  if (name === undefined)
    throw new Fault(
      "kustomization/not-found",
      `a kustomization.yaml in ${printable(state.files.display(folder))}`,
      place,
    );
  if (found.length > 1)
    throw new Fault("kustomization/malformed", `the folder has ${found.join(" and ")}`, place);
  const documents = documentsOf(state, folder, name, place);
  const full = documents.filter(({ value }) => value !== null);
  const [document] = full;
  const file: Place = { file: state.files.display(pathFrom(folder, name) ?? name), line: 1, column: 1 };
  if (document === undefined) throw new Fault("kustomization/malformed", "it is empty", file);
  if (full.length > 1)
    throw new Fault("kustomization/malformed", "it is one document", full[1]?.places.value([]));
  const rest = isObject(document.value)
    ? Object.keys(document.value).filter((key) => key !== "apiVersion" && key !== "kind")
    : [""];
  if (rest.length === 0) throw new Fault("kustomization/malformed", "it is empty", file);
  return readKustomization(document);
}

import type { Place } from "../place.ts";
import type { ReadDocument } from "../read-object.ts";
import type { Loader } from "./build-files.ts";
import { inline, inlineObjects } from "./inline.ts";
import type { Named, Replacement, ReplacementEntry } from "./kustomization.ts";
import { readReplacements } from "./read-kustomization.ts";
import { Fault } from "./stop.ts";
import type { Origins } from "./tree.ts";

/** The documents of one patch: written where it is asked for, or in a file. */
export function patchDocuments(
  load: Loader,
  { patch, path, place }: { readonly patch: string; readonly path: string; readonly place: Place },
): readonly ReadDocument[] {
  if ((patch === "") === (path === ""))
    throw new Fault("kustomization/patch", "it has either patch or path", place);
  return patch === "" ? load.documents(path, place) : inline(patch, place);
}

/** The documents of strategic merge patches, each the name of a file or a patch itself. */
export function mergeDocuments(
  load: Loader,
  names: readonly Named[],
  origins: Origins,
): readonly ReadDocument[] {
  return names
    .flatMap(
      ({ name, place }) => inlineObjects(name, place, origins)?.documents ?? load.documents(name, place),
    )
    .filter(({ value }) => value !== null);
}

/** The replacements of a list, with those of the files that it names. */
export function replacementsOf(load: Loader, entries: readonly ReplacementEntry[]): readonly Replacement[] {
  return entries.flatMap(({ place, file, own }) => {
    if (file === "") {
      if (own !== undefined) return [own];
      throw new Fault("kustomization/replacement", "it has a source and at least one target", place);
    }
    if (own !== undefined)
      throw new Fault("kustomization/replacement", "it has either path or its own members", place);
    return load.documents(file, place).slice(0, 1).flatMap(readReplacements);
  });
}

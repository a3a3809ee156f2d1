import { isArray } from "../json.ts";
import { versionText } from "../object-key.ts";
import type { Place } from "../place.ts";
import { printable } from "../printable.ts";
import type { ReadDocument } from "../read-object.ts";
import { applyOperations, type Operation, operationsOf } from "./json-patch.ts";
import type { PatchEntry } from "./kustomization.ts";
import { mergePatch } from "./merge-patch.ts";
import { byAnyId, currentId, idText, type Resource, sameId, storeId } from "./resource.ts";
import { selected } from "./select.ts";
import { unshareAll } from "./shared.ts";
import { at, Fault } from "./stop.ts";
import {
  copyTree,
  isTreeMap,
  spelled,
  type Origin,
  type Origins,
  textAt,
  treeAt,
  treeOf,
  type Tree,
  type TreeMap,
} from "./tree.ts";

export type PatchOptions = Pick<PatchEntry, "target" | "allowNameChange" | "allowKindChange">;

interface MergeOptions extends PatchOptions {
  /** Whether labels and annotations of the patch are written anew as texts before it is applied. */
  readonly spellsTexts: boolean;
}

/** Applies one entry of `patches`: strategic merge patches, or one JSON patch. */
export function applyAnyPatch(
  resources: Resource[],
  documents: readonly ReadDocument[],
  entry: PatchOptions & { readonly place: Place },
  origins: Origins,
): void {
  const full = documents.filter(({ value }) => value !== null);
  const [first] = full;
  if (first === undefined) throw new Fault("kustomization/patch", "it is empty", entry.place);
  if (full.length === 1 && isArray(first.value)) {
    if (entry.target === undefined)
      throw new Fault("kustomization/patch", "a JSON patch needs a target", entry.place);
    applyJsonPatch(selected(resources, entry.target), first, origins, true);
    return;
  }
  if (entry.target !== undefined && full.length > 1)
    throw new Fault("kustomization/patch", "with a target it is one patch", entry.place);
  const options = { ...entry, spellsTexts: entry.target !== undefined };
  for (const document of full) applyMergePatch(resources, document, options, origins);
}

/** Applies strategic merge patches, each to the object that it names. */
export function applyMergePatches(
  resources: Resource[],
  documents: readonly ReadDocument[],
  place: Place,
  origins: Origins,
): void {
  if (documents.length === 0) throw new Fault("kustomization/patch", "it is empty", place);
  const options: MergeOptions = {
    target: undefined,
    allowNameChange: false,
    allowKindChange: false,
    spellsTexts: true,
  };
  for (const document of documents) applyMergePatch(resources, document, options, origins);
}

/** Applies one entry of `patchesJson6902`. */
export function applyJsonPatchOf(
  resources: Resource[],
  [document]: readonly ReadDocument[],
  { target, place }: Pick<PatchEntry, "target" | "place">,
  origins: Origins,
): void {
  if (target === undefined || target.name === "")
    throw new Fault("kustomization/patch", "its target names an object", place);
  if (document === undefined || (isArray(document.value) && document.value.length === 0))
    throw new Fault("kustomization/patch", "it is empty", place);
  applyJsonPatch(selected(resources, target), document, origins, false);
}

function applyJsonPatch(
  targets: readonly Resource[],
  document: ReadDocument,
  origins: Origins,
  stores: boolean,
): void {
  const place = document.places.value([]);
  const operations = operationsOf(document.value);
  if (typeof operations === "string") throw new Fault("kustomization/patch", operations, place);
  const valueOf = (operation: Operation, index: number): Tree =>
    treeOf(operation.value ?? null, origins, document.places, [index, "value"]);
  const originOf = (index: number): Origin => ({ places: document.places, path: [index, "value"] });
  for (const target of targets) {
    if (stores) storeId(target);
    at(place, () => {
      applyOperations(target.tree, operations, { origins, valueOf, originOf });
      unshareAll(origins, target.tree);
    });
  }
}

function applyMergePatch(
  resources: Resource[],
  document: ReadDocument,
  options: MergeOptions,
  origins: Origins,
): void {
  const place = document.places.value([]);
  const made = treeOf(document.value, origins, document.places, []);
  if (!isTreeMap(made))
    throw new Fault("kustomization/patch", "it is neither an object nor a list of operations", place);
  const id = currentId(made);
  if (id.kind === "" || id.name === "")
    throw new Fault("kustomization/patch", "it has no kind or no metadata.name", place);
  const targets =
    options.target === undefined
      ? byAnyId(resources, (other) => sameId(other, id))
      : selected(resources, options.target);
  if (options.target === undefined && targets.length !== 1) {
    const what = targets.length === 0 ? "there is no" : "there is more than one";
    throw new Fault("kustomization/patch", `${what} ${printable(`${versionText(id)} ${idText(id)}`)}`, place);
  }
  const deleted = new Set<Resource>();
  for (const target of targets) {
    const patch = copyTree(made, origins) as TreeMap;
    if (options.spellsTexts) spellTexts(patch);
    const { kind, name, namespace } = currentId(target.tree);
    if (options.allowNameChange || options.allowKindChange) storeId(target);
    if (options.target !== undefined) patch.set("apiVersion", textAt(target.tree, "apiVersion"));
    const merged = at(place, () => mergePatch(target.tree, patch, origins));
    if (merged === undefined) {
      deleted.add(target);
      continue;
    }
    target.tree = merged;
    if (!options.allowKindChange) merged.set("kind", kind);
    const metadata = merged.get("metadata");
    if (!isTreeMap(metadata)) throw new Fault("kustomization/patch", "it takes the metadata away", place);
    if (!options.allowNameChange) metadata.set("name", name);
    if (namespace === "") metadata.delete("namespace");
    else metadata.set("namespace", namespace);
  }
  if (deleted.size === 0) return;
  const kept = resources.filter((one) => !deleted.has(one));
  resources.length = 0;
  for (const one of kept) resources.push(one);
}

/**
 * kustomize writes labels and annotations of a patch anew where it looks its objects up itself (api/resmap ApplySmPatch,
 * CopyMergeMetaDataFieldsFrom): one that is null becomes the text "null" and takes nothing away.
 */
function spellTexts(patch: TreeMap): void {
  for (const member of ["labels", "annotations"]) {
    const texts = treeAt(patch, "metadata", member);
    if (!isTreeMap(texts)) continue;
    for (const [key, value] of texts) {
      if (value === null) texts.set(key, "null");
      else if (typeof value === "number" || typeof value === "boolean") texts.set(key, spelled(value));
    }
  }
}

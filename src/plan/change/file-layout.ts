import { fileNames, renderKustomization, renderObject } from "../../authoring/render/render.ts";
import { canonicalJson } from "../../kube/canonical-json.ts";
import { sha256Hex } from "../../kube/digest.ts";
import type { JsonObject } from "../../kube/json.ts";
import { identity, keyText } from "../../kube/object-key.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import type { Operation } from "../plan.ts";
import { INVENTORY, inventoryText } from "./inventory.ts";
import { assertSafeWrites } from "./safe-tree.ts";
import { inFolder, type TargetFolder } from "./target-folder.ts";

/** A change with the file that holds its object. */
export interface PlacedChange {
  readonly key: ObjectKey;
  readonly operation: Operation;
  readonly object: JsonObject | null;
  readonly file: string;
}

/** File of every changed object: where it stands, or a new name for one that is new. Keys of the map are identities. */
export function placeChanges(
  changes: readonly { readonly key: ObjectKey; readonly operation: Operation }[],
  target: TargetFolder,
): ReadonlyMap<string, string> {
  const existing = new Map<string, string>();
  for (const [id, { file }] of target.objects) existing.set(id, file);
  const created = changes.filter(({ operation }) => operation === "create").map(({ key }) => key);
  const names = fileNames(created, existing);
  const files = new Map<string, string>();
  for (const { key, operation } of changes) {
    const id = identity(key);
    const file = operation === "create" ? names.get(id) : existing.get(id);
    if (file !== undefined) files.set(id, file);
  }
  return files;
}

/**
 * New text of every file that the changes touch, null for one that goes; keys are paths from the repository's root. The
 * inventory and kustomization.yaml are kept in step: the latter is ours only when we made it, and goes with the last object.
 * @throws {OpsError} TARGET_UNSAFE when a write would take something that is not ours.
 */
export function layOutFiles(
  changes: readonly PlacedChange[],
  target: TargetFolder,
  world: { readonly folder: string; readonly existing: readonly string[] },
): ReadonlyMap<string, string | null> {
  const { folder } = world;
  const texts = new Map<string, string | null>();
  const inventory = new Map(target.inventory);
  // A file of ours that somebody removed is not ours any more.
  for (const file of target.inventory.keys()) if (!target.files.has(file)) inventory.delete(file);
  for (const change of changes) writeChange(change, target, { folder, texts, inventory });
  keepKustomization(target, { folder, texts, inventory });
  const listed = inventory.size === 0 ? null : inventoryText(inventory);
  if (listed !== (target.files.get(INVENTORY) ?? null)) texts.set(INVENTORY, listed);
  const found = new Map<string, string | null>();
  for (const [file, text] of [...texts].sort(([left], [right]) => (left < right ? -1 : 1))) {
    found.set(inFolder(folder, file), text);
  }
  assertSafeWrites(
    world.existing.filter((path) => found.get(path) !== null),
    [...found].filter(([, text]) => text !== null).map(([path]) => path),
  );
  return found;
}

interface Writing {
  readonly folder: string;
  /** Below the folder. */
  readonly texts: Map<string, string | null>;
  readonly inventory: Map<string, string>;
}

function writeChange(change: PlacedChange, target: TargetFolder, writing: Writing): void {
  const { key, operation, file, object } = change;
  if (operation === "unchanged") return;
  const where = printable(inFolder(writing.folder, file));
  const standing = target.objects.get(identity(key));
  if (operation === "create" && target.files.has(file)) {
    throw new OpsError(
      "TARGET_UNSAFE",
      `${where} is there already and holds something else than ${printable(keyText(key))}`,
      {
        hint: "move the file away, or choose another folder",
      },
    );
  }
  if (operation !== "create" && standing?.alone !== true) {
    throw new OpsError(
      "TARGET_UNSAFE",
      `${where} holds more than ${printable(keyText(key))}: it is not written over`,
      {
        hint: "give every object a file of its own",
      },
    );
  }
  if (operation === "delete" || object === null) {
    if (standing?.ours !== true) {
      throw new OpsError("TARGET_UNSAFE", `${where} is not as a plan of ours wrote it: it is not deleted`, {
        hint: "delete it by hand, or restore it",
      });
    }
    writing.texts.set(file, null);
    writing.inventory.delete(file);
    return;
  }
  // A foreign JSON file stays JSON; its neighbours may be read by something that knows nothing else. The members are
  // sorted: the order in which an object came must not show.
  const text = /\.json$/iu.test(file)
    ? `${JSON.stringify(JSON.parse(canonicalJson(object)), null, 2)}\n`
    : renderObject(object);
  writing.texts.set(file, text);
  if (operation === "create" || writing.inventory.has(file)) writing.inventory.set(file, sha256Hex(text));
}

const OWN_KUSTOMIZATION = "kustomization.yaml";

function keepKustomization(target: TargetFolder, writing: Writing): void {
  const { texts, inventory } = writing;
  const standing = target.kustomization;
  const file = standing?.file ?? OWN_KUSTOMIZATION;
  const resources = [...inventory.keys()].filter((path) => path !== file).sort();
  const owned = [...target.inventory.keys()].filter((path) => path !== file).sort();
  if (resources.length === 0 && owned.length === 0) return;
  const intact = standing !== null && target.inventory.get(file) === sha256Hex(standing.text);
  if (resources.length === 0 && intact) {
    texts.set(file, null);
    inventory.delete(file);
    return;
  }
  const text = renderKustomization(resources, standing?.text ?? null, owned);
  if (text !== standing?.text) texts.set(file, text);
  // It is ours when we made it, and as long as nobody else wrote in it.
  if (standing === null || intact) inventory.set(file, sha256Hex(text));
  else inventory.delete(file);
}

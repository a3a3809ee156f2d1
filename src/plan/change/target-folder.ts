import { scopeOf } from "../../kube/catalogue/catalogue.ts";
import { sha256Hex } from "../../kube/digest.ts";
import { isObject, type JsonObject, valueAt } from "../../kube/json.ts";
import { identity, keyText, objectKey } from "../../kube/object-key.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { ObjectKey, ReadDocument } from "../../kube/read-object.ts";
import { readObjects } from "../../kube/read-objects.ts";
import { isKustomizationName, kustomizationNames } from "../../kube/unrendered.ts";
import { readDocuments } from "../../kube/yaml/read-documents.ts";
import type { GitFile, GitState } from "../git-state.ts";
import { isWithin } from "../target.ts";
import { INVENTORY, parseInventory } from "./inventory.ts";

/** An object that stands in the target folder. */
export interface TargetObject {
  /** With the namespace that kustomization.yaml gives it when it names none. */
  readonly key: ObjectKey;
  readonly object: JsonObject;
  /** Path below the target folder. */
  readonly file: string;
  /** Nothing else stands in its file: the file may be written over. */
  readonly alone: boolean;
  /** A plan of ours wrote the file, and nobody changed it since. */
  readonly ours: boolean;
}

/** What the target folder holds at the plan's base. Paths are below the folder. */
export interface TargetFolder {
  readonly objects: ReadonlyMap<string, TargetObject>;
  /** Files that plans of ours wrote, with the SHA-256 of what they wrote. */
  readonly inventory: ReadonlyMap<string, string>;
  readonly kustomization: { readonly file: string; readonly text: string; readonly value: JsonObject } | null;
  /** Every file below the folder; null for one without text. */
  readonly files: ReadonlyMap<string, string | null>;
}

/**
 * Reads the target folder.
 * @throws {OpsError} TARGET_UNSAFE for a file that cannot be read (what it holds is not known), for two objects with one
 * identity, and for an inventory that does not hold.
 */
export function readTargetFolder(state: GitState, folder: string): TargetFolder {
  const files = new Map<string, string | null>();
  for (const file of [...state.files].sort(byPath)) {
    if (file.path !== folder && isWithin(file.path, folder)) {
      files.set(folder === "" ? file.path : file.path.slice(folder.length + 1), file.text);
    }
  }
  const kustomization = readKustomization(files, folder);
  const inventory = parseInventory(files.get(INVENTORY) ?? null, inFolder(folder, INVENTORY));
  const objects = new Map<string, TargetObject>();
  for (const [file, text] of files) {
    if (!/\.(?:ya?ml|json)$/iu.test(file) || file === INVENTORY || isKustomizationName(file)) continue;
    for (const found of objectsOfFile(file, text, folder)) {
      const key = placed(found.key, kustomization?.value);
      const id = identity(key);
      const other = objects.get(id);
      if (other !== undefined) {
        throw new OpsError(
          "TARGET_UNSAFE",
          `${printable(keyText(key))} stands twice in the target: in ${name(folder, other.file)} and in ${name(folder, file)}`,
          { hint: "keep one of the two" },
        );
      }
      const ours = text !== null && inventory.get(file) === sha256Hex(text);
      objects.set(id, { key, object: found.object, file, alone: found.alone, ours });
    }
  }
  return { objects, inventory, kustomization, files };
}

function byPath(left: GitFile, right: GitFile): number {
  return left.path < right.path ? -1 : left.path > right.path ? 1 : 0;
}

/** Path relative to the repository's root. */
export function inFolder(folder: string, file: string): string {
  return folder === "" ? file : `${folder}/${file}`;
}

function name(folder: string, file: string): string {
  return printable(inFolder(folder, file));
}

function readKustomization(
  files: ReadonlyMap<string, string | null>,
  folder: string,
): TargetFolder["kustomization"] {
  const there = kustomizationNames.filter((candidate) => files.has(candidate));
  const [file, second] = there;
  if (file === undefined) return null;
  if (second !== undefined) {
    throw new OpsError(
      "TARGET_UNSAFE",
      `${name(folder, file)} and ${name(folder, second)} are both there; kustomize refuses that`,
      {
        hint: "keep one of the two",
      },
    );
  }
  const text = files.get(file) ?? null;
  const [document, more] = text === null ? [] : read(file, text, folder);
  if (
    text === null ||
    document === undefined ||
    more !== undefined ||
    !(isObject(document.value) || document.value === null)
  ) {
    throw new OpsError("TARGET_UNSAFE", `${name(folder, file)} is not one kustomization`);
  }
  return { file, text, value: document.value ?? {} };
}

function read(file: string, text: string, folder: string): readonly ReadDocument[] {
  const documents = readDocuments(inFolder(folder, file), new TextEncoder().encode(text));
  for (const document of documents) {
    const problem = document.problems.find((candidate) => candidate.severity === "error");
    if (problem !== undefined) {
      throw new OpsError(
        "TARGET_UNSAFE",
        `${name(folder, file)} cannot be read, so what it holds is not known: ${problem.message}`,
        {
          place: problem.place ?? document.places.value([]),
          hint: "repair or move the file; a target folder holds objects only",
        },
      );
    }
  }
  return documents;
}

function objectsOfFile(
  file: string,
  text: string | null,
  folder: string,
): readonly { readonly key: ObjectKey; readonly object: JsonObject; readonly alone: boolean }[] {
  if (text === null) {
    throw new OpsError(
      "TARGET_UNSAFE",
      `${name(folder, file)} is no text or too large, so what it holds is not known`,
    );
  }
  const documents = read(file, text, folder);
  const { objects } = readObjects(documents);
  const alone = objects.length === 1 && documents.filter((document) => document.value !== null).length === 1;
  return objects.map(({ object, path }) => ({
    key: objectKey(object),
    object,
    alone: alone && path.length === 0,
  }));
}

function placed(key: ObjectKey, kustomization: JsonObject | undefined): ObjectKey {
  const namespace = valueAt(kustomization, ["namespace"]);
  if (typeof namespace !== "string" || namespace === "" || scopeOf(key.group, key.kind) === "cluster")
    return key;
  return { ...key, namespace };
}

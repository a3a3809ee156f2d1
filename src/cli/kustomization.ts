import { hash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { projectFiles } from "../apply/files/node-files.ts";
import { buildKustomization, kustomizationIn } from "../kube/kustomize/build.ts";
import type { Files } from "../kube/files.ts";
import { isArray, isObject, type Json } from "../kube/json.ts";
import type { InputFile, SkippedFile } from "../kube/read-inputs.ts";
import { placeText } from "../kube/place.ts";
import { printable } from "../kube/printable.ts";
import { kustomizationText } from "../kube/unrendered.ts";
import { readDocuments } from "../kube/yaml/read-documents.ts";
import type { CliContext } from "./context.ts";

const sha256 = (bytes: Uint8Array): string => hash("sha256", bytes, "hex");

/**
 * What the kustomization in a folder makes, as one input; why it is not built here; undefined when the name is no folder
 * with a kustomization. Its bases may stand anywhere in the project folder: the repository that it stands in, else the
 * working folder when it holds the kustomization, else only in the folder itself (kernel K16).
 */
export function renderedKustomization(
  context: CliContext,
  name: string,
): { readonly input: InputFile } | { readonly skipped: SkippedFile } | undefined {
  const path = resolve(context.cwd, name);
  if (!isFolder(path)) return undefined;
  const root = projectRoot(context.cwd, path);
  const files = projectFiles(root, { displayFrom: context.cwd });
  const folder = relative(root, path).split(sep).join("/") || ".";
  const file = kustomizationIn(files, folder);
  if (file === undefined || !isKustomize(files, file)) return undefined;
  const display = files.display(folder);
  const built = buildKustomization(files, folder, sha256);
  switch (built.kind) {
    case "unsupported": {
      const where = printable(placeText(built.place));
      return {
        skipped: {
          path: display,
          reason: `not built here (${built.what} at ${where}): ${kustomizationText(display)}`,
        },
      };
    }
    case "refused": {
      const [first] = built.problems;
      const place = first?.place ?? { file: display, line: 1, column: 1 };
      const places = { value: () => place, key: () => place };
      const documents = [{ file: place.file, index: 0, value: null, places, problems: built.problems }];
      return {
        input: { path: display, sha256: sha256(new Uint8Array()), documents, sources: built.sources },
      };
    }
    default: {
      const read = built.read.map((one) => `${one.sha256} ${one.path}\n`).join("");
      const digest = sha256(new TextEncoder().encode(read));
      return { input: { path: display, sha256: digest, documents: built.documents, sources: built.sources } };
    }
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Flux has objects of the same kind and file name. */
function isKustomize(files: Files, path: string): boolean {
  return !readDocuments(files.display(path), files.read(path)).some(({ value }) => isOther(value));
}

function isOther(value: Json): boolean {
  if (!isObject(value) || isArray(value) || !Object.hasOwn(value, "apiVersion")) return false;
  const apiVersion = value["apiVersion"];
  return typeof apiVersion === "string" && !apiVersion.startsWith("kustomize.config.k8s.io/");
}

function projectRoot(cwd: string, path: string): string {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(resolve(folder, ".git"))) return folder;
    if (dirname(folder) === folder) break;
  }
  return path === cwd || path.startsWith(cwd.endsWith(sep) ? cwd : cwd + sep) ? cwd : path;
}

import { statSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { projectFiles } from "../../apply/files/node-files.ts";
import { buildKustomization } from "../../kube/kustomize/build.ts";
import { kustomizationIn } from "../../kube/kustomize/load-folder.ts";
import type { Files } from "../../kube/files.ts";
import { walkFolder } from "../../kube/find-files.ts";
import { isObject, type Json } from "../../kube/json.ts";
import { printable } from "../../kube/printable.ts";
import type { Problem } from "../../kube/problem.ts";
import type { InputFile, SkippedFile } from "../../kube/read-inputs.ts";
import { unbuiltText } from "../../kube/unrendered.ts";
import { readDocuments } from "../../kube/yaml/read-documents.ts";
import { INVENTORY } from "../../plan/change/inventory.ts";
import type { CliContext } from "../context.ts";
import { repositoryOf, within } from "./project-folder.ts";
import type { RenderedFolder } from "./rendered-folder.ts";
import { sha256 } from "../sha256.ts";

/**
 * What the kustomization in a folder makes, as one input; why it is not built here; undefined when the name is no folder
 * with a kustomization. Its bases may stand anywhere in the project folder: the repository that it stands in, else the
 * working folder when it holds the kustomization, else only in the folder itself (kernel K16).
 */
export function renderedKustomization(context: CliContext, name: string): RenderedFolder | undefined {
  const path = resolve(context.cwd, name);
  if (!isFolder(path)) return undefined;
  const root = repositoryOf(path) ?? (within(context.cwd, path) ? context.cwd : path);
  const files = projectFiles(root, { displayFrom: context.cwd });
  const folder = relative(root, path).split(sep).join("/") || ".";
  const file = kustomizationIn(files, folder);
  if (file === undefined || !isKustomize(files, file)) return undefined;
  const display = files.display(folder);
  const by = files.display(file);
  const built = buildKustomization(files, folder, sha256);
  switch (built.kind) {
    case "unsupported": {
      const input = problemsOnly({ display, by, problems: [built.problem], sources: built.sources });
      return { input, skipped: [{ path: by, reason: unbuiltText(display) }], asItStands: true };
    }
    case "refused": {
      const input = problemsOnly({ display, by, problems: built.problems, sources: built.sources });
      return { input, skipped: [], asItStands: false };
    }
    default: {
      const read = built.read.map((one) => `${one.sha256} ${one.path}\n`).join("");
      const digest = sha256(new TextEncoder().encode(read));
      const parts = new Set(built.read.map(({ path: part }) => part));
      const { documents, sources } = built;
      const made = { folder: display, by, files: parts };
      return {
        input: { path: display, sha256: digest, documents, sources, made },
        skipped: leftAside(files, folder, parts),
        asItStands: false,
      };
    }
  }
}

/** Manifests in the folder that the kustomization does not name: kustomize does not look at them either. */
function leftAside(files: Files, folder: string, parts: ReadonlySet<string>): readonly SkippedFile[] {
  const others = walkFolder(files, folder, () => undefined)
    // What kubeops wrote beside the objects is nothing that somebody forgot to name.
    .filter((path) => path !== INVENTORY && !path.endsWith(`/${INVENTORY}`))
    .map((path) => files.display(path))
    .filter((path) => !parts.has(path));
  const named = others.slice(0, NAMED).map(printable).join(", ");
  const more = others.length > NAMED ? ` and ${others.length - NAMED} more` : "";
  return others.length === 0
    ? []
    : [
        {
          path: files.display(folder),
          reason: `files that its kustomization does not name: ${named}${more}`,
        },
      ];
}

const NAMED = 5;

interface Found {
  readonly display: string;
  readonly by: string;
  readonly problems: readonly Problem[];
  readonly sources: NonNullable<InputFile["sources"]>;
}

/** An input of which nothing is known but what is wrong with it. */
function problemsOnly({ display, by, problems, sources }: Found): InputFile {
  const place = problems[0]?.place ?? { file: by, line: 1, column: 1 };
  const places = { value: () => place, key: () => place };
  const documents = [{ file: place.file, index: 0, value: null, places, problems }];
  const made = { folder: display, by, files: new Set([by]) };
  return { path: display, sha256: sha256(new Uint8Array()), documents, sources, made };
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
  if (!isObject(value) || !Object.hasOwn(value, "apiVersion")) return false;
  const apiVersion = value["apiVersion"];
  return typeof apiVersion === "string" && !apiVersion.startsWith("kustomize.config.k8s.io/");
}

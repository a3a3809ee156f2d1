import { sha256Hex } from "./digest.ts";
import { type Files, MAX_INPUT_BYTES } from "./files.ts";
import { isArray, isObject, type Json } from "./json.ts";
import { OpsError } from "./ops-error.ts";
import { isPattern, matchFiles, walkFolderWithArchives } from "./find-files.ts";
import { printable } from "./printable.ts";
import type { ReadDocument, SourceLines } from "./read-object.ts";
import {
  archiveText,
  chartText,
  isArchiveName,
  isKustomizationName,
  kustomizationText,
  partsOfKustomizations,
  withoutCharts,
} from "./unrendered.ts";
import { readDocuments } from "./yaml/read-documents.ts";

export interface InputFile {
  /** As people name the file; `<stdin>` for standard input. */
  readonly path: string;
  /** SHA-256 of its bytes, in lower-case hexadecimal. */
  readonly sha256: string;
  readonly documents: readonly ReadDocument[];
  /** The files that a rendered input was made of, for excerpts. */
  readonly sources?: ReadonlyMap<string, SourceLines>;
  /** Of a rendered input: what it was made of. */
  readonly made?: MadeOf;
}

/** A folder from which objects were made, and every file that went into them, as people name them. */
export interface MadeOf {
  readonly folder: string;
  readonly files: ReadonlySet<string>;
  /** The file that says how: its folder is rendered when it is named. */
  readonly by: string;
}

export interface SkippedFile {
  readonly path: string;
  readonly reason: string;
}

export interface ReadInputsOptions {
  /**
   * Leave aside what only a renderer can read: the templates of Helm charts, and the patches, generators and settings of
   * kustomizations. For who judges objects; who plans them must not lose a part unseen.
   */
  readonly leaveUnrendered?: boolean;
  /** SHA-256 in hexadecimal, where the world has a faster one than this library. */
  readonly sha256?: (bytes: Uint8Array) => string;
}

export interface InputsRead {
  readonly inputs: readonly InputFile[];
  readonly skipped: readonly SkippedFile[];
}

/**
 * Reads files, folders and globs (`*`, `**`, `?`), named relative to the root of `files`, each file once, in the order of
 * the names and sorted within a folder or glob. Of a folder the files `*.yaml`, `*.yml` and `*.json` are read, without
 * hidden folders and `node_modules`; those that hold nothing of Kubernetes are named in `skipped`. A file that is named
 * itself is always read.
 * @throws {OpsError} INPUT_NOT_FOUND when a name or glob fits nothing; what `Files` throws.
 */
export function readInputs(
  files: Files,
  names: readonly string[],
  { leaveUnrendered = false, sha256 = sha256Hex }: ReadInputsOptions = {},
): InputsRead {
  const inputs: Candidate[] = [];
  const skipped: SkippedFile[] = [];
  const seen = new Map<string, string>();
  for (const name of names) {
    const found = findFiles(files, normal(name), skipped);
    const paths = leaveUnrendered && !found.named ? leaveCharts(files, found, skipped) : found.paths;
    for (const path of paths) {
      const display = files.display(path);
      const real = files.real?.(path) ?? path;
      const before = seen.get(real);
      if (before !== undefined) {
        if (before !== display)
          skipped.push({ path: display, reason: `the same file as ${printable(before)}` });
        continue;
      }
      seen.set(real, display);
      inputs.push({ ...inputFile(display, files.read(path), sha256), path, display, named: found.named });
    }
  }
  const parts = leaveUnrendered ? partsOfKustomizations(inputs) : new Map<string, string>();
  const kept: InputFile[] = [];
  for (const { path, display, named, sha256: digest, documents } of inputs) {
    const reason = named
      ? undefined
      : (parts.get(path) ?? asideReason(path, display, documents, leaveUnrendered));
    if (reason === undefined) kept.push({ path: display, sha256: digest, documents });
    else skipped.push({ path: display, reason });
  }
  return { inputs: kept, skipped };
}

interface Candidate extends InputFile {
  readonly display: string;
  /** It was named itself, not found in a folder. */
  readonly named: boolean;
}

function leaveCharts(files: Files, found: Found, skipped: SkippedFile[]): readonly string[] {
  const { rest, charts } = withoutCharts(found.paths);
  const folders = charts.map(({ folder }) => (folder === "." ? "" : `${folder}/`));
  // An archive in the folder of a chart is a part of it.
  for (const archive of found.archives ?? rest.filter(isArchiveName)) {
    if (folders.some((folder) => archive.startsWith(folder))) continue;
    const path = files.display(archive);
    skipped.push({ path, reason: archiveText(path) });
  }
  for (const { folder, templates } of charts) {
    const path = files.display(folder);
    skipped.push({ path, reason: chartText(path, templates) });
  }
  return rest.filter((path) => !isArchiveName(path));
}

function asideReason(
  path: string,
  display: string,
  documents: readonly ReadDocument[],
  leaveUnrendered: boolean,
): string | undefined {
  const reason = notKubernetes(path, documents);
  if (reason === undefined || !leaveUnrendered || !isKustomizationName(path)) return reason;
  return kustomizationText(display.slice(0, Math.max(0, display.lastIndexOf("/"))) || ".");
}

/**
 * Standard input as a file, shown as `<stdin>`.
 * @throws {OpsError} INPUT_TOO_LARGE
 */
export function readStdin(bytes: Uint8Array, { sha256 = sha256Hex }: ReadInputsOptions = {}): InputFile {
  if (bytes.length > MAX_INPUT_BYTES) {
    throw new OpsError(
      "INPUT_TOO_LARGE",
      `standard input has ${bytes.length} bytes; at most ${MAX_INPUT_BYTES} are read`,
    );
  }
  return inputFile("<stdin>", bytes, sha256);
}

function inputFile(path: string, bytes: Uint8Array, sha256: (bytes: Uint8Array) => string): InputFile {
  return { path, sha256: sha256(bytes), documents: readDocuments(path, bytes) };
}

/** The name without `./`, doubled and trailing slashes; `.` for the root. */
function normal(name: string): string {
  const absolute = name.startsWith("/");
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  const path = parts.join("/");
  if (absolute) return `/${path}`;
  return path === "" ? "." : path;
}

interface Found {
  readonly paths: readonly string[];
  /** Of a folder: archives in it, which are not read. */
  readonly archives?: readonly string[];
  /** The file was named itself, not found in a folder. */
  readonly named: boolean;
}

function findFiles(files: Files, name: string, skipped: SkippedFile[]): Found {
  const kind = files.kind(name);
  if (kind === "file") return { paths: [name], named: true };
  const note = (path: string, reason: string): void => {
    skipped.push({ path: files.display(path), reason });
  };
  if (kind === "folder") {
    const all = walkFolderWithArchives(files, name, note);
    const paths = all.filter((path) => !isArchiveName(path));
    return { paths, archives: all.filter(isArchiveName), named: false };
  }
  const shown = printable(isPattern(name) ? name : files.display(name));
  if (!isPattern(name)) {
    throw new OpsError("INPUT_NOT_FOUND", `${shown} does not exist`, {
      hint: "name a file, a folder or a glob, relative to the working folder",
    });
  }
  const paths = matchFiles(files, name, note);
  if (paths.length === 0) throw new OpsError("INPUT_NOT_FOUND", `no file matches ${shown}`);
  return { paths, named: false };
}

/** Why a file of a folder is left aside; undefined when it is not. A file that cannot be read as YAML is not left aside. */
function notKubernetes(path: string, documents: readonly ReadDocument[]): string | undefined {
  const base = path.slice(path.lastIndexOf("/") + 1);
  if (base === "Chart.yaml") return "the description of a Helm chart";
  if (documents.some((document) => document.value === null && document.problems.length > 0)) return undefined;
  const values = documents.map((document) => document.value).filter((value) => value !== null);
  if (values.length === 0) return "no document in it";
  if (!values.some(hasApiVersion)) return "no apiVersion in it";
  if (values.every(isKustomization)) return "a kustomization, not an object";
  return undefined;
}

function hasApiVersion(value: Json): boolean {
  if (isArray(value)) return value.some(hasOwnApiVersion);
  if (hasOwnApiVersion(value)) return true;
  return (
    isObject(value) &&
    Object.hasOwn(value, "items") &&
    isArray(value["items"]) &&
    value["items"].some(hasOwnApiVersion)
  );
}

function hasOwnApiVersion(value: Json): boolean {
  return isObject(value) && Object.hasOwn(value, "apiVersion");
}

function isKustomization(value: Json): boolean {
  if (!isObject(value) || !Object.hasOwn(value, "apiVersion")) return false;
  const apiVersion = value["apiVersion"];
  return typeof apiVersion === "string" && apiVersion.startsWith("kustomize.config.k8s.io/");
}

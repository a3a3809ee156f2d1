import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from "node:fs";
import { join } from "node:path";
import { OpsError } from "../kube/ops-error.ts";
import { printable } from "../kube/printable.ts";
import type { FolderFile } from "../threat-model/inventory/read-inventory.ts";

/** Larger than any instruction or configuration that a host loads. */
const MAX_BYTES = 1024 * 1024;
const MAX_FILES = 20_000;
const MAX_DEPTH = 16;
/** Folders of other people's code, and of Git's own data. */
const leftOut: ReadonlySet<string> = new Set(["node_modules", ".git", ".hg", ".svn", "__pycache__", ".venv"]);
/** What an inventory looks at; the rest of a folder is not opened. */
const relevant = /\.(?:md|mdc|json|sh|bash|zsh|py|js|mjs|cjs|ts|rb|ps1)$/;

/**
 * The files of a folder, or the one file that is named. Nothing in it is run and no link is followed; what is too large or
 * unreadable is named instead of read.
 */
export function readFolder(root: string, shown: string): readonly FolderFile[] {
  const files: FolderFile[] = [];
  const kind = kindOf(root);
  if (kind === undefined)
    throw new OpsError("INPUT_NOT_FOUND", `${printable(shown)} does not exist`, {
      hint: "name the folder of a plug-in, or an MCP configuration",
    });
  if (kind !== "folder") {
    files.push(readOne(root, root.split("/").at(-1) ?? root));
    return files;
  }
  const walk = (relative: string, depth: number): void => {
    const names = namesOf(join(root, relative), relative, files);
    for (const name of names) {
      const path = relative === "" ? name : `${relative}/${name}`;
      const what = kindOf(join(root, path));
      if (what === "folder") {
        if (leftOut.has(name)) continue;
        if (depth >= MAX_DEPTH)
          files.push({ path, left: "too-large", what: "folders are nested too deeply" });
        else walk(path, depth + 1);
      } else if (what === "link" && (relevant.test(name) || !name.includes(".", 1)))
        files.push({
          path,
          left: "link",
          what: `a link to ${linkText(join(root, path))}; it is not followed`,
        });
      else if (what === "file" && relevant.test(name)) {
        if (files.length >= MAX_FILES)
          throw new OpsError("INPUT_TOO_LARGE", `${printable(shown)} holds more than ${MAX_FILES} files`, {
            hint: "name the folder of one plug-in",
          });
        files.push(readOne(join(root, path), path));
      }
    }
  };
  walk("", 0);
  return files;
}

function kindOf(path: string): "file" | "folder" | "link" | "other" | undefined {
  try {
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) return "link";
    if (stat.isDirectory()) return "folder";
    return stat.isFile() ? "file" : "other";
  } catch {
    return undefined;
  }
}

function namesOf(folder: string, relative: string, files: FolderFile[]): readonly string[] {
  try {
    return readdirSync(folder).sort((left, right) => (left < right ? -1 : Number(left > right)));
  } catch {
    files.push({ path: relative, left: "unreadable", what: "the folder cannot be read" });
    return [];
  }
}

function linkText(path: string): string {
  try {
    return printable(readlinkSync(path).slice(0, 80));
  } catch {
    return "an unknown place";
  }
}

/** Opened without following a link and without waiting for a pipe; the size is that of the open file. */
function readOne(absolute: string, path: string): FolderFile {
  let file: number;
  try {
    file = openSync(absolute, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return { path, left: "unreadable", what: "the file cannot be read" };
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return { path, left: "unreadable", what: "it is no plain file" };
    if (stat.size > MAX_BYTES)
      return { path, left: "too-large", what: `the file has ${stat.size} bytes; ${MAX_BYTES} are read` };
    const bytes = new Uint8Array(stat.size);
    let at = 0;
    while (at < bytes.length) {
      const count = readSync(file, bytes, at, bytes.length - at, at);
      if (count === 0) break;
      at += count;
    }
    return { path, text: new TextDecoder().decode(bytes.subarray(0, at)) };
  } catch {
    return { path, left: "unreadable", what: "the file cannot be read" };
  } finally {
    closeSync(file);
  }
}

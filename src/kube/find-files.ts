import type { Files } from "./files.ts";
import { OpsError } from "./ops-error.ts";
import { isArchiveName } from "./unrendered.ts";

/** Deepest folder that is walked; a backstop where `Files` cannot tell which folder a link leads to. */
const MAX_FOLDERS = 64;

/** Manifests, and the one file name without an ending that kustomize looks for. */
const manifest = /\.(?:ya?ml|json)$|(?:^|\/)Kustomization$/;

/** True for a name with `*` or `?`. */
export function isPattern(name: string): boolean {
  return /[*?]/.test(name);
}

/** Names of folders that nobody means when he names the folder above them. */
function isLeftOut(name: string): boolean {
  return name.startsWith(".") || name === "node_modules";
}

/** Told of what is left aside on a walk, and why. */
export type NoteSkipped = (path: string, reason: string) => void;

/** The files `*.yaml`, `*.yml` and `*.json` under a folder, sorted by code units of their paths' parts. */
export function walkFolder(files: Files, folder: string, note: NoteSkipped): readonly string[] {
  return walk(files, folder, note).filter((path) => manifest.test(path));
}

/** The same with the archives among them. */
export function walkFolderWithArchives(files: Files, folder: string, note: NoteSkipped): readonly string[] {
  return walk(files, folder, note).filter((path) => manifest.test(path) || isArchiveName(path));
}

/**
 * The files that a glob fits: `*` and `?` stand for characters of one name, `**` for any number of folders. Names that
 * begin with a point are fitted only by a part that begins with one.
 */
export function matchFiles(files: Files, pattern: string, note: NoteSkipped): readonly string[] {
  const parts = pattern.split("/");
  const fixed = parts.findIndex(isPattern);
  const root = parts.slice(0, fixed).join("/");
  const start = root === "" ? (pattern.startsWith("/") ? "/" : ".") : root;
  if (files.kind(start) !== "folder") return [];
  const rest = parts.slice(fixed);
  const matches = matcher(rest);
  // `..` after a wildcard would leave what was walked; Files is asked for nothing outside by a walk from the root.
  if (rest.includes("..")) return [];
  const depth = rest.includes("**") ? MAX_FOLDERS : rest.length;
  return walk(files, start, note, depth).filter((path) =>
    matches(start === "." ? path : path.slice(start.length + 1)),
  );
}

function matcher(parts: readonly string[]): (path: string) => boolean {
  let source = "";
  parts.forEach((part, index) => {
    const last = index === parts.length - 1;
    if (part === "**") source += last ? "(?:[^/.][^/]*/)*[^/.][^/]*" : "(?:[^/.][^/]*/)*";
    else source += nameSource(part) + (last ? "" : "/");
  });
  const expression = new RegExp(`^${source}$`, "u");
  return (path) => expression.test(path);
}

function nameSource(part: string): string {
  const start = /^[*?]/.test(part) ? "(?!\\.)" : "";
  // Stars side by side mean one: more would only cost time.
  const body = part
    .replace(/\*+/g, "*")
    .replace(/[\\^$.|+()[\]{}/-]/g, "\\$&")
    .replaceAll("*", "[^/]*")
    .replaceAll("?", "[^/]");
  return start + body;
}

function walk(files: Files, folder: string, note: NoteSkipped, depth: number = MAX_FOLDERS): string[] {
  const found: string[] = [];
  const walked = new Set<string>([files.real?.(folder) ?? folder]);
  const into = (path: string, left: number): void => {
    for (const name of files.list(path)) {
      const inner = path === "." ? name : `${path === "/" ? "" : path}/${name}`;
      const kind = kindOf(files, inner, name, note);
      if (kind === "file") found.push(inner);
      else if (kind === "folder" && left > 1 && !isLeftOut(name)) {
        const real = files.real?.(inner) ?? inner;
        if (walked.has(real)) note(inner, "a link to a folder that was walked already");
        else {
          walked.add(real);
          into(inner, left - 1);
        }
      }
    }
  };
  into(folder, depth);
  return found;
}

/** A link out of the folder is refused where it might be a manifest, and left aside otherwise. */
function kindOf(files: Files, path: string, name: string, note: NoteSkipped): "file" | "folder" | undefined {
  if (isLeftOut(name) && !manifest.test(name)) return undefined;
  try {
    const kind = files.kind(path);
    // It is listed: a link to nothing, or a socket or device. A manifest that is missing must not look like one that passed.
    if (kind === undefined && manifest.test(name))
      note(path, "neither a file nor a folder, or a link to nothing");
    return kind;
  } catch (error) {
    if (!OpsError.is(error) || error.code !== "INPUT_OUTSIDE" || manifest.test(name)) throw error;
    note(path, "a link out of the project folder");
    return undefined;
  }
}

/**
 * Files of one project folder, as the pure rooms see them. Paths are relative to the folder, with `/`, normalised.
 * Every method refuses a path that leaves the folder by `..`, as an absolute path, or through a link
 * (OpsError INPUT_OUTSIDE, kernel K16). Errors: INPUT_NOT_FOUND, INPUT_UNREADABLE, INPUT_TOO_LARGE.
 */
export interface Files {
  /** What stands at the path; undefined when nothing does. Links inside the folder are followed, links out of it refused. */
  kind(path: string): "file" | "folder" | undefined;
  /** Size in bytes of a file. */
  size(path: string): number;
  /** The bytes of a file, at most `limit` (default: MAX_INPUT_BYTES). */
  read(path: string, limit?: number): Uint8Array;
  /** Names in a folder, sorted by code units. */
  list(path: string): readonly string[];
  /** The path with every link followed, so that two names of one file or folder are known to be one. */
  real?(path: string): string;
  /** How a path of this folder is named to people: relative to their working folder. */
  display(path: string): string;
}

/** Largest input file that is read: 256 MiB. */
export const MAX_INPUT_BYTES: number = 256 * 1024 * 1024;

/** A path that a file in `folder` names, relative to it, as one from the root; undefined for an absolute one and one that leaves the root. */
export function pathFrom(folder: string, name: string): string | undefined {
  if (name.startsWith("/")) return undefined;
  const parts = folder === "." ? [] : folder.split("/");
  for (const part of name.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.length === 0 ? "." : parts.join("/");
}

import { existsSync } from "node:fs";
import { dirname, join, sep } from "node:path";

/** The repository that a folder stands in; undefined when it stands in none. */
export function repositoryOf(path: string): string | undefined {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

/** Whether an absolute path is that of a folder or of something in it. */
export function within(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

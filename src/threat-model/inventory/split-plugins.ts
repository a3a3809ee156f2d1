import type { FolderFile } from "./read-inventory.ts";

const manifest = /^(?:(.*)\/)?(?:\.(?:claude|codex|cursor)-plugin\/plugin\.json)$/;

export interface PluginFiles {
  /** Folder of the plug-in, relative to what was read; empty for its root. */
  readonly folder: string;
  /** Its files, with paths relative to that folder. */
  readonly files: readonly FolderFile[];
}

/**
 * The plug-ins of a marketplace folder: each folder with a manifest, with the files under it. One plug-in, or none, is the
 * folder itself. Files outside every plug-in belong to none.
 */
export function splitPlugins(files: readonly FolderFile[]): readonly PluginFiles[] {
  const folders = new Set<string>();
  for (const { path } of files) {
    const match = manifest.exec(path);
    if (match !== null) folders.add(match[1] ?? "");
  }
  if (folders.size < 2) return [{ folder: "", files }];
  const groups = new Map<string, FolderFile[]>([...folders].sort().map((folder) => [folder, []]));
  for (const file of files) {
    const owner = ownerOf(file.path, folders);
    if (owner !== undefined)
      groups
        .get(owner)
        ?.push({ ...file, path: owner === "" ? file.path : file.path.slice(owner.length + 1) });
  }
  return [...groups].map(([folder, own]) => ({ folder, files: own }));
}

/** The deepest plug-in folder above a file. */
function ownerOf(path: string, folders: ReadonlySet<string>): string | undefined {
  let folder = path;
  for (;;) {
    const slash = folder.lastIndexOf("/");
    if (slash < 0) return folders.has("") ? "" : undefined;
    folder = folder.slice(0, slash);
    if (folders.has(folder)) return folder;
  }
}

import type { DurableFolder } from "./disk/durable-folder.ts";
import type { ChangedTile } from "./growing-tree.ts";
import { bundlePath, decodeBundle, lastBundle, partialFolder, TILE_WIDTH, tilePath } from "./tiles.ts";

/** The bundle that ends with entry `size - 1`; undefined when it is missing or torn. */
export function readBundle(disk: DurableFolder, size: number): readonly Uint8Array[] | undefined {
  const { index, width } = lastBundle(size);
  const bytes = disk.read(bundlePath(index, width));
  return bytes === undefined ? undefined : decodeBundle(bytes, width);
}

/** Removes the partial forms that the new tiles and the new bundle contain. */
export function removeSmaller(
  disk: DurableFolder,
  changed: readonly ChangedTile[],
  bundle: { readonly index: number; readonly width: number },
): void {
  for (const tile of changed) removeBelow(disk, tilePath({ ...tile, width: TILE_WIDTH }), tile.width);
  removeBelow(disk, bundlePath(bundle.index, TILE_WIDTH), bundle.width);
}

function removeBelow(disk: DurableFolder, fullPath: string, width: number): void {
  const folder = partialFolder(fullPath);
  try {
    if (width === TILE_WIDTH) disk.remove(folder);
    else if (width > 1) disk.remove(`${folder}/${width - 1}`);
  } catch {
    // The log is whole without this; what stays is removed when the log is opened next.
  }
}

/** Removes partial forms of smaller sizes that a process left when it was killed before it could. */
export function tidy(disk: DurableFolder, size: number): void {
  for (const { path, width } of rightEdge(size)) {
    const folder = partialFolder(path);
    for (const name of disk.list(folder))
      if (width === TILE_WIDTH || Number(name) < width) disk.remove(`${folder}/${name}`);
  }
}

/**
 * Makes the names of the folders durable that lead to the newest tiles of a tree of `size` leaves. A folder's maker syncs
 * its name, but may have been killed in between; whoever writes the first file in it makes sure.
 */
export function syncFolders(disk: DurableFolder, size: number): void {
  const folders = new Set<string>([""]);
  for (const { path } of rightEdge(size))
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1))
      folders.add(path.slice(0, end));
  for (const folder of folders) disk.sync(folder);
}

/** The full paths and the present widths of the last bundle and of the last tile of every level. */
function rightEdge(size: number): readonly { readonly path: string; readonly width: number }[] {
  if (size === 0) return [];
  const bundle = lastBundle(size);
  const edge = [{ path: bundlePath(bundle.index, TILE_WIDTH), width: bundle.width }];
  for (let count = size, level = 0; count > 0; count = Math.floor(count / TILE_WIDTH), level += 1) {
    const { index, width } = lastBundle(count);
    edge.push({ path: tilePath({ level, index, width: TILE_WIDTH }), width });
  }
  return edge;
}

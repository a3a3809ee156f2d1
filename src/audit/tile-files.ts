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

/** Makes the names of the current tiles durable and removes partial forms of smaller sizes. */
export function settle(disk: DurableFolder, size: number): void {
  if (size === 0) return;
  const bundle = lastBundle(size);
  const full = [bundlePath(bundle.index, TILE_WIDTH)];
  for (let count = size, level = 0; count > 0; count = Math.floor(count / TILE_WIDTH), level += 1)
    full.push(tilePath({ level, index: lastBundle(count).index, width: TILE_WIDTH }));
  const folders = new Set<string>([""]);
  for (const [position, path] of full.entries()) {
    const folder = partialFolder(path);
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1))
      folders.add(path.slice(0, end));
    const count = position === 0 ? size : Math.floor(size / TILE_WIDTH ** (position - 1));
    const { width } = lastBundle(count);
    if (width < TILE_WIDTH) folders.add(folder);
    for (const name of disk.list(folder)) {
      if (width === TILE_WIDTH || Number(name) < width) disk.remove(`${folder}/${name}`);
    }
  }
  for (const folder of folders) disk.sync(folder);
}

import { HASH_BYTES } from "./merkle.ts";

/** Hashes in a full tile, entries in a full bundle (C2SP tlog-tiles). */
export const TILE_WIDTH = 256;

/** Largest entry that a bundle carries: its length is a uint16. */
export const MAX_ENTRY_BYTES = 65_535;

/** A tile of hashes: `width` 256 is a full one. */
export interface TilePlace {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** `tile/<L>/<N>[.p/<W>]`, with `/` and relative to the log's prefix. */
export function tilePath(tile: TilePlace): string {
  return `tile/${tile.level}/${numberPath(tile.index)}${partialSuffix(tile.width)}`;
}

/** `tile/entries/<N>[.p/<W>]`. */
export function bundlePath(index: number, width: number): string {
  return `tile/entries/${numberPath(index)}${partialSuffix(width)}`;
}

/** Folder of the partial forms of a full tile's or bundle's path. */
export function partialFolder(fullPath: string): string {
  return `${fullPath}.p`;
}

/** The rightmost tile of every level of a tree of `size` leaves that is partial, from the leaves up. */
export function partialTiles(size: number): readonly TilePlace[] {
  const tiles: TilePlace[] = [];
  let count = size;
  for (let level = 0; count > 0; level += 1) {
    const width = count % TILE_WIDTH;
    const index = Math.floor(count / TILE_WIDTH);
    if (width > 0) tiles.push({ level, index, width });
    count = index;
  }
  return tiles;
}

/** Where the entry `size - 1` of a tree of `size` leaves stands: the bundle that ends with it. */
export function lastBundle(size: number): { readonly index: number; readonly width: number } {
  return { index: Math.floor((size - 1) / TILE_WIDTH), width: ((size - 1) % TILE_WIDTH) + 1 };
}

/** The bytes of a tile of hashes. */
export function encodeTile(hashes: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(hashes);
}

/** The hashes of a tile; undefined when it does not hold exactly `width` of them. */
export function decodeTile(bytes: Uint8Array, width: number): readonly Uint8Array[] | undefined {
  if (bytes.length !== width * HASH_BYTES) return undefined;
  return Array.from({ length: width }, (_, index) =>
    bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES),
  );
}

/** Entries as big-endian uint16 lengths and bytes. @throws {RangeError} for an entry above MAX_ENTRY_BYTES. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES) throw new RangeError(`an entry has at most ${MAX_ENTRY_BYTES} bytes`);
    parts.push(Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry);
  }
  return Buffer.concat(parts);
}

/** The entries of a bundle; undefined when it does not hold exactly `width` of them and nothing else. */
export function decodeBundle(bytes: Uint8Array, width: number): readonly Uint8Array[] | undefined {
  const entries: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.length && entries.length < width) {
    const [high, low] = [bytes[offset], bytes[offset + 1]];
    if (high === undefined || low === undefined) return undefined;
    const end = offset + 2 + high * 256 + low;
    if (end > bytes.length) return undefined;
    entries.push(bytes.subarray(offset + 2, end));
    offset = end;
  }
  return entries.length === width && offset === bytes.length ? entries : undefined;
}

/** Zero-padded groups of three digits; all but the last begin with an x: 1234067 is x001/x234/067. */
function numberPath(value: number): string {
  const groups = [(value % 1000).toString().padStart(3, "0")];
  for (let rest = Math.floor(value / 1000); rest > 0; rest = Math.floor(rest / 1000))
    groups.unshift(`x${(rest % 1000).toString().padStart(3, "0")}`);
  return groups.join("/");
}

function partialSuffix(width: number): string {
  return width === TILE_WIDTH ? "" : `.p/${width}`;
}

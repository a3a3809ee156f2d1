import { emptyRoot, nodeHash, treeHead } from "./merkle.ts";
import { TILE_WIDTH, type TilePlace } from "./tiles.ts";

/** A tile that a new leaf changed, with all its hashes. */
export interface ChangedTile extends TilePlace {
  readonly hashes: readonly Uint8Array[];
}

/** A Merkle tree that only grows; it keeps the right edge: the partial tile of every level. */
export interface GrowingTree {
  readonly size: number;
  /** Adds a leaf hash and gives the tiles that now look different, from the leaves up; full ones once. */
  push(leaf: Uint8Array): readonly ChangedTile[];
  /** The head of the tree as it is now. */
  root(): Uint8Array;
  /** Hashes of the partial tile of a level; empty when there is none. */
  partial(level: number): readonly Uint8Array[];
}

/** A tree of `size` leaves from the hashes of its partial tiles, level 0 first; without arguments the empty tree. */
export function growingTree(size = 0, partials: readonly (readonly Uint8Array[])[] = []): GrowingTree {
  const levels: Uint8Array[][] = partials.map((hashes) => [...hashes]);
  let count = size;

  const push = (leaf: Uint8Array): readonly ChangedTile[] => {
    const changed: ChangedTile[] = [];
    let hash: Uint8Array | undefined = leaf;
    let before = count;
    count += 1;
    for (let level = 0; hash !== undefined; level += 1) {
      const hashes: Uint8Array[] = (levels[level] ??= []);
      hashes.push(hash);
      const index = Math.floor(before / TILE_WIDTH);
      changed.push({ level, index, width: hashes.length, hashes: [...hashes] });
      hash = undefined;
      if (hashes.length === TILE_WIDTH) {
        // Only the head of a full tile stands in the level above.
        hash = treeHead(hashes);
        levels[level] = [];
      }
      before = index;
    }
    return changed;
  };

  const root = (): Uint8Array => {
    let right: Uint8Array | undefined;
    for (const hashes of levels) {
      let end = hashes.length;
      // The perfect subtrees of a tile are the bits of its width, the smallest one rightmost.
      for (let width = 1; width <= hashes.length; width *= 2) {
        if (Math.floor(hashes.length / width) % 2 === 0) continue;
        const left = treeHead(hashes.slice(end - width, end));
        right = right === undefined ? left : nodeHash(left, right);
        end -= width;
      }
    }
    return right ?? emptyRoot();
  };

  return {
    get size(): number {
      return count;
    },
    push,
    root,
    partial: (level) => levels[level] ?? [],
  };
}

import { createHash } from "node:crypto";

/** Bytes of a SHA-256 hash. */
export const HASH_BYTES = 32;

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

/** Hash of a leaf: SHA-256(0x00 || entry), RFC 6962 2.1. */
export function leafHash(entry: Uint8Array): Uint8Array {
  return createHash("sha256").update(leafPrefix).update(entry).digest();
}

/** Hash of an inner node: SHA-256(0x01 || left || right), RFC 6962 2.1. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return createHash("sha256").update(nodePrefix).update(left).update(right).digest();
}

/** Head of the empty tree: SHA-256 of nothing, RFC 6962 2.1. */
export function emptyRoot(): Uint8Array {
  return createHash("sha256").digest();
}

/** Merkle tree head over leaf hashes (or over the heads of perfect subtrees of one size), RFC 6962 2.1. */
export function treeHead(hashes: readonly Uint8Array[]): Uint8Array {
  let level = hashes;
  while (level.length > 1) level = levelAbove(level);
  return level[0] ?? emptyRoot();
}

/**
 * Audit path of the leaf `index` in the tree over `hashes`, from the leaf upwards (RFC 6962 2.1.1).
 * @throws {RangeError} when there is no such leaf.
 */
export function inclusionProof(index: number, hashes: readonly Uint8Array[]): readonly Uint8Array[] {
  if (!Number.isSafeInteger(index) || index < 0 || index >= hashes.length)
    throw new RangeError(`no leaf ${index} in a tree of ${hashes.length}`);
  const proof: Uint8Array[] = [];
  let level = hashes;
  let position = index;
  while (level.length > 1) {
    const sibling = level[position % 2 === 0 ? position + 1 : position - 1];
    if (sibling !== undefined) proof.push(sibling);
    level = levelAbove(level);
    position = Math.floor(position / 2);
  }
  return proof;
}

/** The leaf hash stands at `index` in the tree of `size` leaves with head `root` (RFC 9162 2.1.3.2). */
export function verifyInclusion(
  proof: readonly Uint8Array[],
  index: number,
  size: number,
  leaf: Uint8Array,
  root: Uint8Array,
): boolean {
  if (!isSize(index) || !isSize(size) || index >= size || !areHashes([...proof, leaf, root])) return false;
  let position = index;
  let last = size - 1;
  let hash = leaf;
  for (const part of proof) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      hash = nodeHash(part, hash);
      // Levels at which the node is a right edge without a sibling carry no part of the proof.
      while (position % 2 === 0 && position !== 0) [position, last] = [half(position), half(last)];
    } else {
      hash = nodeHash(hash, part);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 && sameBytes(hash, root);
}

/**
 * Proof that the tree over the first `oldSize` hashes is a prefix of the tree over all (RFC 6962 2.1.2).
 * Empty when the sizes are equal, or when the old tree is empty.
 * @throws {RangeError} when the old tree is larger.
 */
export function consistencyProof(oldSize: number, hashes: readonly Uint8Array[]): readonly Uint8Array[] {
  if (!isSize(oldSize) || oldSize > hashes.length)
    throw new RangeError(`a tree of ${hashes.length} has no prefix of ${oldSize}`);
  const proof: Uint8Array[] = [];
  let [first, length, size, complete] = [0, hashes.length, oldSize, true];
  if (size === 0) return proof;
  while (size !== length) {
    const split = largestPowerBelow(length);
    if (size <= split) {
      proof.push(treeHead(hashes.slice(first + split, first + length)));
      length = split;
    } else {
      proof.push(treeHead(hashes.slice(first, first + split)));
      first += split;
      length -= split;
      size -= split;
      complete = false;
    }
  }
  if (!complete) proof.push(treeHead(hashes.slice(first, first + length)));
  return proof.reverse();
}

/** The tree of `oldSize` and `oldRoot` is a prefix of the tree of `newSize` and `newRoot` (RFC 9162 2.1.4.2). */
export function verifyConsistency(
  proof: readonly Uint8Array[],
  oldSize: number,
  newSize: number,
  oldRoot: Uint8Array,
  newRoot: Uint8Array,
): boolean {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) return false;
  if (!areHashes([...proof, oldRoot, newRoot])) return false;
  if (oldSize === newSize) return proof.length === 0 && sameBytes(oldRoot, newRoot);
  if (oldSize === 0) return proof.length === 0 && sameBytes(oldRoot, emptyRoot());
  let position = oldSize - 1;
  let last = newSize - 1;
  while (position % 2 === 1) [position, last] = [half(position), half(last)];
  // A whole left subtree is its own start: the proof leaves it out.
  const parts = position === 0 ? [oldRoot, ...proof] : proof;
  const [start, ...rest] = parts;
  if (start === undefined) return false;
  let oldHash = start;
  let newHash = start;
  for (const part of rest) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      oldHash = nodeHash(part, oldHash);
      newHash = nodeHash(part, newHash);
      while (position % 2 === 0 && position !== 0) [position, last] = [half(position), half(last)];
    } else {
      newHash = nodeHash(newHash, part);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 && sameBytes(oldHash, oldRoot) && sameBytes(newHash, newRoot);
}

/** Equal bytes. Hashes and texts of a log are public: no constant time is needed. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

/** Pairs hashed; an odd last one moves up as it is, which is the split of RFC 6962 read from below. */
function levelAbove(level: readonly Uint8Array[]): readonly Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let index = 0; index < level.length; index += 2) {
    const left = level[index];
    const right = level[index + 1];
    if (left !== undefined) above.push(right === undefined ? left : nodeHash(left, right));
  }
  return above;
}

function largestPowerBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

// Sizes may pass 32 bits, where >> would cut them.
function half(value: number): number {
  return Math.floor(value / 2);
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every((hash) => hash.length === HASH_BYTES);
}

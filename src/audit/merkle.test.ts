import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  consistencyProof,
  emptyRoot,
  inclusionProof,
  leafHash,
  nodeHash,
  treeHead,
  verifyConsistency,
  verifyInclusion,
} from "./merkle.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

// Leaves and roots of the reference test vectors of Certificate Transparency (RFC 6962 logs have used them since 2012).
const leaves = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map((text) => leafHash(Buffer.from(text, "hex")));
const roots = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const many = Array.from({ length: 70 }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));
const flip = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
};

describe("tree heads", () => {
  test.each(roots.map((root, size) => [size, root] as const))("of %i reference leaves", (size, root) => {
    expect(hex(treeHead(leaves.slice(0, size)))).toBe(root);
  });

  test("the empty tree has the hash of nothing", () => {
    expect(hex(emptyRoot())).toBe(roots[0]);
  });

  test("a leaf cannot pass for a node", () => {
    const [left, right] = [leaves[0]!, leaves[1]!];
    expect(hex(leafHash(Buffer.concat([left, right])))).not.toBe(hex(nodeHash(left, right)));
  });
});

describe("inclusion", () => {
  test("every leaf of every tree up to 40 is proved, and no other leaf, index or size with that proof", () => {
    for (let size = 1; size <= 40; size += 1) {
      const hashes = many.slice(0, size);
      const root = treeHead(hashes);
      for (let index = 0; index < size; index += 1) {
        const proof = inclusionProof(index, hashes);
        expect(verifyInclusion(proof, index, size, hashes[index]!, root)).toBe(true);
        const other = (index + 1) % size;
        if (other !== index) {
          expect(verifyInclusion(proof, index, size, hashes[other]!, root)).toBe(false);
          expect(verifyInclusion(proof, other, size, hashes[index]!, root)).toBe(false);
        }
        expect(verifyInclusion([...proof, root], index, size, hashes[index]!, root)).toBe(false);
        if (proof.length > 0)
          expect(verifyInclusion(proof.slice(1), index, size, hashes[index]!, root)).toBe(false);
      }
    }
  });

  test("one changed bit anywhere is refused", () => {
    const arbitrary = fc.integer({ min: 2, max: 70 }).chain((size) =>
      fc.record({
        size: fc.constant(size),
        index: fc.integer({ min: 0, max: size - 1 }),
        bit: fc.nat(255),
        where: fc.nat(1000),
      }),
    );
    fc.assert(
      fc.property(arbitrary, ({ size, index, bit, where }) => {
        const hashes = many.slice(0, size);
        const parts = [...inclusionProof(index, hashes), hashes[index]!, treeHead(hashes)];
        const at = where % parts.length;
        parts[at] = flip(parts[at]!, bit);
        const root = parts.pop()!;
        const leaf = parts.pop()!;
        expect(verifyInclusion(parts, index, size, leaf, root)).toBe(false);
      }),
    );
  });

  test("there is no proof of a leaf that is not there", () => {
    expect(() => inclusionProof(3, many.slice(0, 3))).toThrow("no leaf 3 in a tree of 3");
    expect(verifyInclusion([], 0, 0, many[0]!, many[0]!)).toBe(false);
    expect(verifyInclusion([], -1, 1, many[0]!, many[0]!)).toBe(false);
    expect(verifyInclusion([Uint8Array.of(1)], 0, 2, many[0]!, many[0]!)).toBe(false);
  });
});

describe("consistency", () => {
  test("every prefix of every tree up to 40 is proved, and no other root with that proof", () => {
    for (let size = 0; size <= 40; size += 1) {
      const hashes = many.slice(0, size);
      const root = treeHead(hashes);
      for (let old = 0; old <= size; old += 1) {
        const proof = consistencyProof(old, hashes);
        const oldRoot = treeHead(hashes.slice(0, old));
        expect(verifyConsistency(proof, old, size, oldRoot, root)).toBe(true);
        expect(verifyConsistency(proof, old, size, flip(oldRoot, 9), root)).toBe(false);
        // The empty tree is a prefix of whatever follows.
        if (old > 0) expect(verifyConsistency(proof, old, size, oldRoot, flip(root, 9))).toBe(false);
        expect(verifyConsistency([...proof, root], old, size, oldRoot, root)).toBe(false);
      }
    }
  });

  test("a changed leaf below the old size cannot be proved away", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 70 }), fc.nat(1000), fc.nat(1000), (size, a, b) => {
        const old = 1 + (a % (size - 1));
        const changed = many.slice(0, size);
        changed[b % old] = leafHash(Buffer.from("another"));
        const proof = consistencyProof(old, changed);
        const oldRoot = treeHead(many.slice(0, old));
        expect(verifyConsistency(proof, old, size, oldRoot, treeHead(changed))).toBe(false);
      }),
    );
  });

  test("a larger tree is no prefix", () => {
    expect(() => consistencyProof(4, many.slice(0, 3))).toThrow("a tree of 3 has no prefix of 4");
    expect(verifyConsistency([], 4, 3, many[0]!, many[0]!)).toBe(false);
  });
});

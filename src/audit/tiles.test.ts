import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { growingTree } from "./growing-tree.ts";
import { leafHash, treeHead } from "./merkle.ts";
import {
  bundlePath,
  decodeBundle,
  decodeTile,
  encodeBundle,
  encodeTile,
  lastBundle,
  partialTiles,
  tilePath,
} from "./tiles.ts";

describe("paths", () => {
  test.each([
    [{ level: 0, index: 0, width: 256 }, "tile/0/000"],
    [{ level: 0, index: 1_234_067, width: 256 }, "tile/0/x001/x234/067"],
    [{ level: 63, index: 999, width: 1 }, "tile/63/999.p/1"],
    [{ level: 1, index: 1000, width: 255 }, "tile/1/x001/000.p/255"],
    [{ level: 0, index: 2 ** 40, width: 256 }, "tile/0/x001/x099/x511/x627/776"],
  ])("%j is %s", (tile, path) => {
    expect(tilePath(tile)).toBe(path);
  });

  test("bundles", () => {
    expect(bundlePath(0, 256)).toBe("tile/entries/000");
    expect(bundlePath(1000, 3)).toBe("tile/entries/x001/000.p/3");
    expect([1, 255, 256, 257, 70_000].map(lastBundle)).toEqual([
      { index: 0, width: 1 },
      { index: 0, width: 255 },
      { index: 0, width: 256 },
      { index: 1, width: 1 },
      { index: 273, width: 112 },
    ]);
  });

  test("the specification's example of 70,000 leaves", () => {
    expect(partialTiles(70_000)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
    expect(partialTiles(256)).toEqual([{ level: 1, index: 0, width: 1 }]);
    expect(partialTiles(0)).toEqual([]);
  });
});

describe("bundles and tiles", () => {
  test("entries come back, and no other count or cut is read", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 20 }), (entries) => {
        const bytes = encodeBundle(entries);
        expect(decodeBundle(bytes, entries.length)?.map((entry) => Uint8Array.from(entry))).toEqual(entries);
        expect(decodeBundle(bytes, entries.length + 1)).toBeUndefined();
        expect(decodeBundle(bytes, entries.length - 1)).toBeUndefined();
        for (let cut = 1; cut <= bytes.length; cut += 1)
          expect(decodeBundle(bytes.subarray(0, bytes.length - cut), entries.length)).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });

  test("an entry has at most 65,535 bytes", () => {
    expect(decodeBundle(encodeBundle([new Uint8Array(65_535)]), 1)?.[0]?.length).toBe(65_535);
    expect(() => encodeBundle([new Uint8Array(65_536)])).toThrow("an entry has at most 65535 bytes");
  });

  test("a tile has exactly its width", () => {
    const hashes = [leafHash(Uint8Array.of(1)), leafHash(Uint8Array.of(2))];
    expect(decodeTile(encodeTile(hashes), 2)?.map((hash) => Buffer.from(hash))).toEqual(hashes);
    expect(decodeTile(encodeTile(hashes), 3)).toBeUndefined();
    expect(decodeTile(encodeTile(hashes).subarray(1), 2)).toBeUndefined();
  });
});

test("a growing tree has the heads of RFC 6962 at every size, also when it is taken up from its tiles", () => {
  const leaves = Array.from({ length: 600 }, (_, index) => leafHash(Buffer.from(`${index}`)));
  const tree = growingTree();
  for (const [index, leaf] of leaves.entries()) {
    const changed = tree.push(leaf);
    const size = index + 1;
    if (size % 37 === 0 || [1, 2, 255, 256, 257, 511, 512, 513].includes(size)) {
      expect(tree.root()).toEqual(treeHead(leaves.slice(0, size)));
      const partials = Array.from({ length: 3 }, (_, level) => tree.partial(level));
      expect(growingTree(size, partials).root()).toEqual(tree.root());
    }
    expect(changed.map(({ level }) => level)).toEqual(size % 256 === 0 ? [0, 1] : [0]);
  }
});

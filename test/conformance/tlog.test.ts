import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { checkpointText } from "../../src/audit/checkpoint.ts";
import { growingTree } from "../../src/audit/growing-tree.ts";
import { openLog } from "../../src/audit/log-store.ts";
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  treeHead,
  verifyConsistency,
  verifyInclusion,
} from "../../src/audit/merkle.ts";
import { openNote, parseVerifier, signNote } from "../../src/audit/signed-note.ts";
import { encodeTile, partialTiles, TILE_WIDTH, tilePath } from "../../src/audit/tiles.ts";
import { writer } from "../support/log-files.ts";
import { askOracle, buildOracle } from "../support/oracle.ts";
import { deep, leftOut } from "../support/suites.ts";

// Ours against golang.org/x/mod/sumdb/{tlog,note}, the implementation behind the Go checksum database.

interface Answer {
  readonly trees?: readonly { readonly head: string; readonly tiles: Readonly<Record<string, string>> }[];
  readonly proofs?: readonly { readonly record: readonly string[]; readonly tree: readonly string[] }[];
  readonly opened?: readonly string[];
  readonly verifier?: string;
  readonly signed?: readonly string[];
  readonly entries?: readonly string[];
  readonly size: number;
  readonly error?: string;
}

const oracle = buildOracle("tlog");
const ask = (question: unknown): Answer => {
  if (!("program" in oracle)) throw new Error(oracle.reason);
  return askOracle(oracle.program, [question])[0] as Answer;
};
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const folder = mkdtempSync(join(tmpdir(), "kubeops-tlog-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf("reason" in oracle && leftOut("Go's transparency logs", oracle.reason))("Go's sumdb", () => {
  const most = deep ? 70_000 : 1_100;
  const leaves = Array.from({ length: most }, (_, index) => leafHash(Buffer.from(`entry ${index}`)));

  test("gives the same tree heads and tiles", { timeout: 300_000 }, () => {
    const sizes = [1, 2, 3, 5, 255, 256, 257, 511, 512, 513, 1000, most];
    if (deep) sizes.push(65_535, 65_536, 65_537);
    const { trees } = ask({ sizes });
    for (const [position, size] of sizes.entries()) {
      const tree = growingTree();
      const tiles = new Map<string, string>();
      for (const leaf of leaves.slice(0, size))
        for (const tile of tree.push(leaf))
          if (tile.width === TILE_WIDTH) tiles.set(tilePath(tile), base64(encodeTile(tile.hashes)));
      for (const tile of partialTiles(size))
        tiles.set(tilePath(tile), base64(encodeTile(tree.partial(tile.level))));
      expect(base64(tree.root())).toBe(trees?.[position]?.head);
      expect(base64(treeHead(leaves.slice(0, size)))).toBe(trees?.[position]?.head);
      expect(Object.fromEntries(tiles), `tiles of ${size}`).toEqual(trees?.[position]?.tiles);
    }
  });

  test("gives the same proofs, for every pair up to 40 and some larger ones", () => {
    const pairs: [number, number][] = [];
    for (let size = 1; size <= 40; size += 1)
      for (let old = 1; old <= size; old += 1) pairs.push([old, size]);
    for (const size of [255, 256, 257, 1000]) for (const old of [1, 128, 200, 255]) pairs.push([old, size]);
    const { proofs } = ask({ pairs });
    for (const [position, [old, size]] of pairs.entries()) {
      const hashes = leaves.slice(0, size);
      const [record, prefix] = [inclusionProof(old - 1, hashes), consistencyProof(old, hashes)];
      const [root, oldRoot] = [treeHead(hashes), treeHead(leaves.slice(0, old))];
      expect(record.map(base64), `leaf ${old - 1} of ${size}`).toEqual(proofs?.[position]?.record);
      expect(prefix.map(base64), `${old} in ${size}`).toEqual(proofs?.[position]?.tree);
      expect(verifyInclusion(record, old - 1, size, leaves[old - 1]!, root)).toBe(true);
      expect(verifyConsistency(prefix, old, size, oldRoot, root)).toBe(true);
    }
  });

  test("opens our notes, and we open its notes", () => {
    const by = writer("kubeops.local/0123456789abcdef");
    const texts = ["one line\n", "\n", "two\n\nlines — and a dash\n", "ends in é\n"];
    const notes = texts.map((text) => signNote(text, by.name, by.privateKey));
    expect(ask({ verifier: by.verifierKey, notes }).opened).toEqual(texts);

    const answer = ask({ name: "go.example/log", texts });
    const verifier = parseVerifier(answer.verifier ?? "");
    expect(verifier?.name).toBe("go.example/log");
    for (const [position, note] of (answer.signed ?? []).entries())
      expect(openNote(Buffer.from(note), verifier!)).toEqual({ text: texts[position] });
    expect(answer.signed?.length).toBe(texts.length);
  });

  test("refuses with us what is changed in a note", () => {
    const by = writer();
    const root = base64(leaves[0]!);
    const note = signNote(checkpointText({ origin: by.name, size: 12, root }), by.name, by.privateKey);
    const verifier = parseVerifier(by.verifierKey)!;
    const changed = Array.from({ length: note.length }, (_, at) => {
      const code = note.charCodeAt(at);
      return `${note.slice(0, at)}${String.fromCharCode(code === 0x41 ? 0x42 : 0x41)}${note.slice(at + 1)}`;
    }).filter((text) => text !== note);
    const { opened } = ask({ verifier: by.verifierKey, notes: changed });
    for (const [position, text] of changed.entries()) {
      const ours = openNote(Buffer.from(text), verifier);
      // Go's base64 takes stray bits in the last digit; ours does not. Never the other way round.
      if (opened?.[position]?.startsWith("error: ") === true) expect(ours).toHaveProperty("problem");
      else expect(ours).toEqual({ problem: "the note has a malformed signature line" });
    }
  });

  test("verifies a log of ours: its note, every tile against the root, every entry", () => {
    const log = openLog(join(folder, "log"), { clock: { now: () => 0 }, actor: "alice", tool: "test" });
    const count = deep ? 600 : 270;
    for (let index = 1; index < count; index += 1) {
      log.append({ type: "refusal", target: `target ${index}` });
      if (![2, 255, 256, 257, count - 1].includes(index)) continue;
      const answer = ask({ folder: join(folder, "log"), verifier: log.verifierKey });
      expect(answer.error).toBeUndefined();
      expect(answer.size).toBe(index + 1);
      expect(answer.entries).toEqual([...log.entries()].map(({ event }) => JSON.stringify(sorted(event))));
    }
    log.close();
  });
});

function sorted(event: object): object {
  return Object.fromEntries(Object.entries(event).sort(([left], [right]) => (left < right ? -1 : 1)));
}

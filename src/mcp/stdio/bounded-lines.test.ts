import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundedLines } from "./bounded-lines.ts";

async function through(
  chunks: readonly Uint8Array[],
  limit: number,
): Promise<{ out: string; dropped: number }> {
  let dropped = 0;
  const lines = boundedLines(limit, () => {
    dropped++;
  });
  const out: Buffer[] = [];
  lines.on("data", (chunk: Buffer) => out.push(chunk));
  for (const chunk of chunks) lines.write(chunk);
  lines.end();
  await new Promise((ended) => lines.once("end", ended));
  return { out: Buffer.concat(out).toString("latin1"), dropped };
}

describe("lines of bounded length", () => {
  test("pass as they are; longer ones are dropped whole, once each, and the rest goes on", async () => {
    expect(await through([Buffer.from("ab\nabcdef\ncd\n")], 4)).toEqual({ out: "ab\ncd\n", dropped: 1 });
    expect(await through([Buffer.from("ab\nx")], 4)).toEqual({ out: "ab\nx", dropped: 0 });
  });

  test("however the bytes are cut into chunks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom("a", "b", "\u00ff"), maxLength: 12 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }),
        async (texts, cuts) => {
          const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(""), "latin1");
          const chunks: Buffer[] = [];
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const size = cuts[turn % cuts.length] ?? 1;
            chunks.push(bytes.subarray(at, at + size));
            at += size;
          }
          const kept = texts.filter((text) => text.length + 1 <= 8);
          expect(await through(chunks, 8)).toEqual({
            out: kept.map((text) => `${text}\n`).join(""),
            dropped: texts.length - kept.length,
          });
        },
      ),
    );
  });
});

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { checkpointText, parseCheckpoint } from "./checkpoint.ts";

const root = Buffer.alloc(32, 7).toString("base64");

test("a checkpoint is written as three lines and read again", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.uint8Array({ minLength: 32, maxLength: 32 }), (size, hash) => {
      const checkpoint = { origin: "log.example/one", size, root: Buffer.from(hash).toString("base64") };
      const text = checkpointText(checkpoint);
      expect(text).toBe(`log.example/one\n${size}\n${checkpoint.root}\n`);
      expect(parseCheckpoint(text)).toEqual({ checkpoint, extensions: [] });
    }),
  );
});

test("the specification's example is read", () => {
  const text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
  expect(parseCheckpoint(text)?.checkpoint.size).toBe(20_852_163);
});

test("extension lines are kept apart", () => {
  expect(parseCheckpoint(`a\n1\n${root}\nx y\nz\n`)?.extensions).toEqual(["x y", "z"]);
});

test.each([
  "",
  `a\n1\n${root}`,
  `\n1\n${root}\n`,
  `a\n01\n${root}\n`,
  `a\n-1\n${root}\n`,
  `a\n1e3\n${root}\n`,
  `a\n\n${root}\n`,
  `a\n9007199254740992\n${root}\n`,
  `a\n18446744073709551615\n${root}\n`,
  `a\n1\n${root.slice(0, -1)}\n`,
  `a\n1\n${root.slice(0, -2)}d=\n`,
  "a\n1\nAAAA\n",
  `a\n1\n${root}\n\n`,
  `a\n1\n${root}\nx\n\ny\n`,
])("%j is no checkpoint", (text) => {
  expect(parseCheckpoint(text)).toBeUndefined();
});

test("what no checkpoint can say is not written", () => {
  expect(() => checkpointText({ origin: "a\nb", size: 1, root })).toThrow("this is no checkpoint");
  expect(() => checkpointText({ origin: "a", size: -1, root })).toThrow("this is no checkpoint");
});

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { valueAt } from "./json.ts";
import { groupVersion } from "./object-key.ts";
import { readDocuments } from "./yaml/read-documents.ts";

const read = (text: string) => readDocuments("f.yaml", new TextEncoder().encode(text));
const comment = `#${"x".repeat(200_000)}\n`;

/** What forty files of 200 kB leave behind, in bytes. */
function keptOf(use: (number: number) => void): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let number = 0; number < 40; number++) use(number);
  collect();
  return process.memoryUsage().heapUsed - before;
}

// What a program that lives long remembers of names must not hold the files, and the secrets in them, that they came from.
it("keys that are remembered keep nothing of their file", () => {
  // A text that ends within its value: no member is made of the key.
  const kept = keptOf((number) => void read(`a: b\naNameThatIsNoCopy${number}: 'x\n${comment}`));
  expect(kept).toBeLessThan(4_000_000);
});

it("apiVersions that are remembered keep nothing of their file", () => {
  const kept = keptOf((number) => {
    const [document] = read(`apiVersion: group-${number}.example.com/v1\n${comment}`);
    const apiVersion = valueAt(document?.value, ["apiVersion"]);
    expect(groupVersion(apiVersion as string)).toEqual({
      group: `group-${number}.example.com`,
      version: "v1",
    });
  });
  expect(kept).toBeLessThan(4_000_000);
});

import { describe, expect, it } from "vitest";
import { readDocuments } from "./read-documents.ts";
import { yamlProblems } from "./yaml-problems.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string) => readDocuments("f.yaml", bytes(text));

describe("the table of problems", () => {
  it.each(Object.entries(yamlProblems))(
    "%s: its positive example has it, its negative has nothing",
    (code, row) => {
      const codes = (text: string) =>
        read(text).flatMap((document) => document.problems.map((problem) => problem.code));
      expect(codes(row.positive)).toContain(code);
      expect(
        codes(row.negative).filter(
          (found) => found === code || yamlProblems[found as "yaml/syntax"].severity === "error",
        ),
      ).toEqual([]);
    },
  );

  it("reads a file after one whose bytes end within a character", () => {
    const bytes = new TextEncoder().encode("a: \u20ac");
    for (const cut of [1, 2]) {
      expect(readDocuments("a", bytes.subarray(0, -cut))[0]?.problems[0]?.code).toBe("yaml/encoding");
      expect(readDocuments("b", bytes)[0]?.value).toEqual({ a: "\u20ac" });
    }
  });
});

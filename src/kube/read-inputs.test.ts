import { describe, expect, it } from "vitest";
import { MAX_INPUT_BYTES } from "./files.ts";
import { OpsError } from "./ops-error.ts";
import { readStdin } from "./read-inputs.ts";

// Files, folders and globs are tested on a real folder: src/apply/files/node-files.test.ts.
describe("readStdin", () => {
  it("shows the file as <stdin>, with the digest of its bytes", () => {
    const input = readStdin(new TextEncoder().encode("a: [1\n"));
    expect(input.path).toBe("<stdin>");
    expect(input.sha256).toBe("18b06c413ddca5348d118edfbc58a2b8be7ce796bdf53479f8a0063ed92f4f02");
    expect(input.documents[0]?.problems[0]?.place).toEqual({ file: "<stdin>", line: 2, column: 1 });
  });

  it("refuses more than the limit", () => {
    const refused = (): unknown => readStdin(new Uint8Array(MAX_INPUT_BYTES + 1));
    expect(refused).toThrow("standard input has 268435457 bytes; at most 268435456 are read");
    try {
      refused();
    } catch (error) {
      expect(OpsError.is(error) && error.code).toBe("INPUT_TOO_LARGE");
    }
  });
});

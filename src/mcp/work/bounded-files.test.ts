import { describe, expect, test } from "vitest";
import { readInputs } from "../../kube/read-inputs.ts";
import { memoryFiles } from "../../../test/support/memory-files.ts";
import { boundedFiles } from "./bounded-files.ts";

describe("the files of a project, up to a limit", () => {
  const files = memoryFiles({ "a/x.yaml": "a: 1\n", "b/y.yaml": "b: 1\n" });
  const read = (limits: { folders: number; files: number; bytes: number }): number =>
    readInputs(boundedFiles(files, limits), ["a", "b"]).skipped.length;

  test("within the limits they are the same", () => {
    expect(read({ folders: 2, files: 2, bytes: 10 })).toBe(2);
  });

  test.each([
    [{ folders: 1, files: 2, bytes: 10 }, "the project folder has more than 1 folders"],
    [{ folders: 2, files: 1, bytes: 10 }, "the project folder has more than 1 manifests"],
    [{ folders: 2, files: 2, bytes: 9 }, "the project folder has more than 9 bytes of manifests"],
  ])("beyond %j it is refused", (limits, message) => {
    expect(() => read(limits)).toThrow(message);
  });
});

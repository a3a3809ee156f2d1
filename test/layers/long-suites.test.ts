import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { longSuites } from "../../tools/long-suites.mjs";

it("every suite that the quick run leaves out is there, once", () => {
  expect(longSuites.length).toBeGreaterThan(0);
  expect(new Set(longSuites).size).toBe(longSuites.length);
  expect(longSuites.filter((file) => !existsSync(join(import.meta.dirname, "../..", file)))).toEqual([]);
});

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { controls, type ControlRow } from "./controls.ts";
import { provedControls } from "./own-controls.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

describe("controls", () => {
  it("has one row for each, in order", () => {
    expect(controls.map((row) => row.id)).toEqual(
      [6, 6, 6, 6, 6, 6, 6].flatMap((count, layer) =>
        Array.from({ length: count }, (_, index) => `C${layer + 1}.${index + 1}`),
      ),
    );
  });

  it.each(controls)("$id names code and tests that exist, or says what is missing", (row) => {
    for (const path of row.code) expect([path, existsSync(join(root, path))]).toEqual([path, true]);
    for (const { file, name } of row.tests) {
      expect([file, existsSync(join(root, file))]).toEqual([file, true]);
      expect([name, readFileSync(join(root, file), "utf8").includes(name)]).toEqual([name, true]);
    }
    if (row.code.length === 0 || row.tests.length === 0) expect(row.missing).toBeDefined();
  });
});

describe("provedControls", () => {
  const row: ControlRow = {
    id: "C1.1",
    title: "t",
    code: ["src/x"],
    tests: [
      { file: "a.test.ts", name: "one" },
      { file: "b.test.ts", name: "two" },
    ],
  };
  const passed = [
    { file: "a.test.ts", name: "suite one", passed: true },
    { file: "b.test.ts", name: "suite two", passed: true },
  ];
  const state = (ran: typeof passed, table: ControlRow = row) => provedControls(ran, [table])[0]?.state;

  it("is enforced only when each of its tests ran and passed", () => {
    expect(state(passed)).toBe("enforced");
    expect(state(passed.slice(1))).toBe("not-certain");
    expect(state([])).toBe("not-certain");
    expect(state(passed.map((one) => ({ ...one, passed: one.name !== "suite two" })))).toBe("not-certain");
    expect(state([...passed, { file: "a.test.ts", name: "one more", passed: false }])).toBe("not-certain");
  });

  it("is present where something is missing, and never certain without code or tests", () => {
    expect(state(passed, { ...row, missing: "m" })).toBe("present");
    expect(state(passed, { ...row, code: [] })).toBe("not-certain");
    expect(state(passed, { ...row, tests: [] })).toBe("not-certain");
  });
});

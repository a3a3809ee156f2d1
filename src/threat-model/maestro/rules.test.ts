import { describe, expect, it } from "vitest";
import { asiOf } from "../crosswalk/crosswalk.ts";
import { readInventory } from "../inventory/read-inventory.ts";
import { judgePolicySurface, judgeThreats } from "./judge.ts";
import type { Fixture } from "./rule.ts";
import { maestroRules } from "./rules.ts";
import { policySurfaceNames, policySurfaceRules } from "./rules-infrastructure.ts";
import { threats } from "./threats.ts";

const all = [...maestroRules, ...policySurfaceRules];
const inventoryOf = (files: Fixture) =>
  readInventory(
    "fixture",
    Object.entries(files).map(([path, text]) => ({ path, text })),
  );

it("names threats and ASI entries that exist, each rule once", () => {
  const known = new Set([...threats.map((threat) => threat.id), ...Object.keys(policySurfaceNames)]);
  expect(new Set(all.map((rule) => rule.id)).size).toBe(all.length);
  for (const rule of all) {
    expect(known).toContain(rule.threat);
    expect(rule.id.startsWith(`${rule.threat}/`)).toBe(true);
    for (const id of rule.asi) expect(asiOf(id)).toBeDefined();
  }
});

describe.each(all.filter((rule) => rule.positive !== undefined))("$id", (rule) => {
  it("holds in its positive fixture, with evidence that stands in a file of it", () => {
    const evidence = rule.when(inventoryOf(rule.positive ?? {}));
    expect(evidence.length).toBeGreaterThan(0);
    for (const one of evidence) {
      const text = rule.positive?.[one.file];
      expect(text).toBeDefined();
      expect(one.line).toBeLessThanOrEqual(text?.split("\n").length ?? 0);
    }
  });
  it("does not hold in its negative fixture", () => {
    expect(rule.when(inventoryOf(rule.negative ?? {}))).toEqual([]);
  });
});

it("leaves every threat of an empty folder uncertain", () => {
  const states = [...judgeThreats(inventoryOf({})), ...judgePolicySurface(inventoryOf({}))].map(
    (threat) => threat.state,
  );
  expect(new Set(states)).toEqual(new Set(["not-certain"]));
});

it("lets a danger outweigh a control", () => {
  const judged = judgeThreats(
    inventoryOf({
      ".mcp.json":
        '{"mcpServers": {"a": {"command": "npx", "args": ["a@1.2.3"]}, "b": {"command": "npx", "args": ["b"]}}}',
    }),
  ).find((threat) => threat.id === "M3.1");
  expect(judged).toMatchObject({
    state: "present",
    rules: ["M3.1/unpinned-component"],
    evidence: [{ file: ".mcp.json", line: 1, what: "server b is started as npx" }],
  });
});

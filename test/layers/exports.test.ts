import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as library from "../../src/index.ts";
import { repository } from "../support/cli.ts";

test("the public names of the library are these and no others", () => {
  expect(Object.keys(library).sort()).toEqual([
    "ExitCode",
    "OpsError",
    "author",
    "buildPlan",
    "canonicalJson",
    "charterDigest",
    "checkInputs",
    "emitYaml",
    "errorTable",
    "filesOf",
    "jsonDigest",
    "judgeApprovals",
    "parseCharter",
    "parsePlan",
    "planText",
    "podSecurityLevelOf",
    "podSecurityViolations",
    "readCompose",
    "readDocuments",
    "readInputs",
    "readObjects",
    "reproducePlan",
    "sha256Hex",
  ]);
});

test("the built library reaches no module of Node", () => {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(join(repository, "dist", file), "utf8");
    for (const [, name] of text.matchAll(/(?:^|;)(?:import|export)\s*(?:[\w$*{},\s]+from\s*)?"([^"]+)"/gm)) {
      if (name === undefined) continue;
      expect(name).toMatch(/^\.\/[\w-]+\.js$/);
      visit(name.slice(2));
    }
  };
  visit("index.js");
  expect(seen.size).toBeGreaterThan(1);
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Atom, covers, idOfAtom } from "../../../src/analysis/rbac/evaluate/covers.ts";
import { atomsOf } from "../../../src/analysis/rbac/evaluate/covers.ts";
import type { PolicyRule } from "../../../src/analysis/rbac/model/policy-rule.ts";
import {
  elements,
  field,
  goFlag,
  goText,
  goTexts,
  goValueAfter,
  type GoValue,
} from "../../support/go-literals.ts";
import { goModule } from "../../support/go-module.ts";
import { leftOut } from "../../support/suites.ts";

const module = goModule("k8s.io/component-helpers", "v0.37.2");
const skip =
  module === undefined && leftOut("upstream's table of Covers", "install Go, or fill its module cache");
const source = skip
  ? ""
  : readFileSync(join(module ?? "", "auth/rbac/validation/policy_comparator_test.go"), "utf8");

function ruleOf(value: GoValue): PolicyRule {
  return {
    verbs: goTexts(field(value, "Verbs")),
    apiGroups: goTexts(field(value, "APIGroups")),
    resources: goTexts(field(value, "Resources")),
    resourceNames: goTexts(field(value, "ResourceNames")),
    nonResourceURLs: goTexts(field(value, "NonResourceURLs")),
  };
}

const names = [...source.matchAll(/^func (TestCovers\w+)\(/gm)].map((match) => match[1]!);

describe.skipIf(skip)("Covers answers as upstream's tests ask", () => {
  test("all of them are read", () => expect(names.length).toBe(23));

  test.each(names)("%s", (name) => {
    const value = goValueAfter(source, new RegExp(`func ${name}\\(t \\*testing\\.T\\) \\{`));
    const literal = value.kind === "call" && value.callee.kind === "member" ? value.callee.of : value;
    const rules = (part: string): readonly PolicyRule[] => elements(field(literal, part)).map(ruleOf);
    const answer = covers(rules("ownerRules"), rules("servantRules"));
    expect(answer.covered).toBe(goFlag(field(literal, "expectedCovered")));
    const ids = (atoms: Iterable<Atom>): readonly string[] => [...atoms].map(idOfAtom).sort();
    const expected = rules("expectedUncoveredRules").flatMap((rule) => [...atomsOf(rule)]);
    expect(ids(answer.uncovered)).toEqual(ids(expected));
  });

  test("the table of URLs", () => {
    const table = goValueAfter(source, /func TestNonResourceURLCovers[\s\S]*?tests := /);
    const rows = elements(table).map((row) => elements(row));
    expect(rows.length).toBe(14);
    for (const [owner, requested, want] of rows) {
      const rule = (url: string): PolicyRule => ({
        verbs: ["get"],
        apiGroups: [],
        resources: [],
        resourceNames: [],
        nonResourceURLs: [url],
      });
      const answer = covers([rule(goText(owner))], [rule(goText(requested))]);
      expect([goText(owner), goText(requested), answer.covered]).toEqual([
        goText(owner),
        goText(requested),
        goFlag(want),
      ]);
    }
  });
});

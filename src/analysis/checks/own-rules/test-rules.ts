import { printable } from "../../../kube/printable.ts";
import type { ReadDocument, ReadObject } from "../../../kube/read-object.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import { pathText } from "../../../kube/json.ts";
import type { SettingsProblem } from "../settings/settings.ts";
import { judgeBy, messageText } from "./own-findings.ts";
import type { OwnRule, RuleTest } from "./own-rule.ts";
import type { Expected } from "./rule-shape.ts";
import type { Gvk } from "../deprecations/lifecycle.ts";
import { type UnknownKind, unknownKinds } from "./unknown-kinds.ts";
import { RuleInputs } from "./rule-inputs.ts";

export interface TestResult {
  readonly rule: OwnRule;
  readonly test: RuleTest;
  readonly passed: boolean;
  readonly got: Expected;
  /** Why it failed; empty where it passed. */
  readonly detail: string;
}

export interface TestReport {
  readonly results: readonly TestResult[];
  /** Rules without a test. */
  readonly untested: readonly OwnRule[];
  /** Rules that have tests, and none shows that they find anything. */
  readonly neverFail: readonly OwnRule[];
  /** Kinds that rules are for and that nobody knows. */
  readonly unknownKinds: readonly UnknownKind[];
}

/**
 * Runs the tests of rules: each judges the objects of its test and nothing else. `documentsOf`: the file that a test names;
 * `known`: custom resources whose definitions are stored.
 * What is no object in a test is a problem of the input.
 */
export function testRules(
  rules: readonly OwnRule[],
  documentsOf: (file: string, test: RuleTest) => readonly ReadDocument[],
  known: readonly Gvk[] = [],
): TestReport | { readonly problem: SettingsProblem } {
  const results: TestResult[] = [];
  for (const rule of rules) {
    for (const test of rule.tests) {
      const documents = "file" in test.given ? documentsOf(test.given.file, test) : test.given.documents;
      const reads = objectsOf(documents, test);
      if ("problem" in reads) return reads;
      results.push(resultOf(rule, test, reads.objects));
    }
  }
  const failing = new Set(results.flatMap(({ rule, got }) => (got === "fail" ? [rule] : [])));
  return {
    results,
    untested: rules.filter(({ tests }) => tests.length === 0),
    neverFail: rules.filter((rule) => rule.tests.length > 0 && !failing.has(rule)),
    unknownKinds: unknownKinds(rules, known),
  };
}

function objectsOf(
  documents: readonly ReadDocument[],
  test: RuleTest,
): { readonly objects: readonly ReadObject[] } | { readonly problem: SettingsProblem } {
  const { objects, problems } = readObjects(documents);
  const wrong = [...documents.flatMap((document) => document.problems), ...problems].find(
    ({ severity }) => severity === "error",
  );
  if (wrong !== undefined) {
    const { message, place = test.place, hint } = wrong;
    return { problem: { message, place, ...(hint === undefined ? {} : { hint }) } };
  }
  return { objects };
}

function resultOf(rule: OwnRule, test: RuleTest, objects: readonly ReadObject[]): TestResult {
  const { findings, units, undecided } = judgeBy(rule, new RuleInputs(objects));
  const got = undecided > 0 ? "error" : findings.length > 0 ? "fail" : units === 0 ? "skip" : "pass";
  const [first] = findings;
  const said = first === undefined ? "" : `: ${first.message} (at ${printable(pathText(first.path ?? []))})`;
  if (got !== test.expect)
    return {
      rule,
      test,
      passed: false,
      got,
      detail: `expected ${test.expect}, got ${got}${said}${advice(test, got)}`,
    };
  const wanted = test.message === undefined ? undefined : messageText(test.message);
  const passed = wanted === undefined || findings.some(({ message }) => message === wanted);
  return {
    rule,
    test,
    passed,
    got,
    detail: passed ? "" : `no finding says ${JSON.stringify(wanted)}${said}`,
  };
}

function advice({ expect }: RuleTest, got: Expected): string {
  return got === "skip" && expect !== "skip"
    ? ": the rule is for none of the objects; look at match and for, or expect skip"
    : "";
}

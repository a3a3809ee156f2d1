import { array, constantFrom, dictionary, option, record, sample, string, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/kube/json.ts";
import { matchesLabels, matchesSelector, parseSelector, selectorOf } from "../../src/kube/selector.ts";
import { askOracle, largeOracle } from "../support/oracle.ts";
import { deep, leftOut } from "../support/suites.ts";

const oracle = largeOracle("selector");
const program = "program" in oracle ? oracle.program : undefined;
const skip =
  program === undefined && leftOut("selectors against Go", "reason" in oracle ? oracle.reason : "");
const numRuns = deep ? 100_000 : 8_000;
const seed = 20261125;

const key = constantFrom(
  "a",
  "b",
  "in",
  "notin",
  "app.kubernetes.io/name",
  "x/",
  "/x",
  "A_b.c",
  "-a",
  "a/b/c",
  "é",
);
const value = constantFrom("", "x", "y", "1", "7", "-1", "9223372036854775808", "in", "_", "x".repeat(64));
const labels = dictionary(constantFrom("a", "b", "in", "app.kubernetes.io/name"), value, {
  noNullPrototype: true,
});
const space = constantFrom("", "", "", " ", "\t", "  ");
const operator = constantFrom("=", "==", "!=", ">", "<", " in ", " notin ", "===", "=!", "!", "");
const list = array(value, { maxLength: 3 }).map((values) => `(${values.join(",")})`);
const part = tuple(
  constantFrom("", "", "!"),
  space,
  key,
  space,
  operator,
  space,
  constantFrom("one", "list", "none"),
  value,
  list,
).map(
  ([not, s1, name, s2, how, s3, which, one, many]) =>
    `${not}${s1}${name}${s2}${how}${s3}${which === "one" ? one : which === "list" ? many : ""}`,
);
const text = array(part, { maxLength: 3 }).map((parts) => parts.join(","));
const noise = string({ unit: constantFrom(..."ab=!(),<> in".split("")), maxLength: 12 });

interface Answer {
  readonly valid: boolean;
  readonly matches: boolean;
}

describe.skipIf(skip)("label selectors against k8s.io/apimachinery v0.37.2", () => {
  test("the text form", () => {
    const questions = [
      ...sample(record({ text, labels }), { numRuns, seed }),
      ...sample(record({ text: noise, labels }), { numRuns, seed }),
    ];
    const answers = askOracle(program ?? "", questions) as Answer[];
    const wrong = questions.filter((question, index) => {
      const selector = parseSelector(question.text);
      const ours = {
        valid: selector !== undefined,
        matches: selector !== undefined && matchesSelector(selector, question.labels),
      };
      return JSON.stringify(ours) !== JSON.stringify(answers[index]);
    });
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(answers.filter((answer) => answer.valid).length).toBeGreaterThan(questions.length / 10);
  });

  test("LabelSelector", () => {
    const expression = record({
      key: constantFrom("a", "b", "in", "x/"),
      operator: constantFrom("In", "NotIn", "Exists", "DoesNotExist", "Gt", ""),
      values: array(value, { maxLength: 3 }),
    });
    const selector = option(
      record(
        {
          matchLabels: option(
            dictionary(constantFrom("a", "b"), value, { noNullPrototype: true, maxKeys: 2 }),
          ),
          matchExpressions: option(array(expression, { maxLength: 2 })),
        },
        { requiredKeys: [], noNullPrototype: true },
      ),
    );
    const questions = sample(record({ selector, labels }), { numRuns, seed });
    const answers = askOracle(program ?? "", questions) as Answer[];
    const wrong = questions.filter((question, index) => {
      const given = question.selector === null ? undefined : (question.selector as JsonObject);
      // To Go no selector is a valid one that selects nothing.
      const valid = given === undefined || selectorOf(given) !== undefined;
      const ours = { valid, matches: matchesLabels(given, question.labels) };
      return JSON.stringify(ours) !== JSON.stringify(answers[index]);
    });
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(answers.filter((answer) => answer.matches).length).toBeGreaterThan(questions.length / 20);
  });
});

import type { TestReport } from "../../analysis/checks/own-rules/test-rules.ts";
import { placeText } from "../../kube/place.ts";
import { printable, printableRest } from "../../kube/printable.ts";
import { style } from "./style.ts";

/** What the tests of rules gave: each with its place, then what no test shows. */
export function ruleTestsText(
  { results, untested, neverFail, unknownKinds }: TestReport,
  color: boolean,
): string {
  const paint = style(color);
  const failed = results.filter(({ passed }) => !passed).length;
  const lines = [
    ...results.flatMap(({ rule, test, passed, detail }) => {
      const head = passed ? paint.green("ok  ") : paint.red("FAIL");
      const line = `${head}  ${rule.id}  ${printable(test.name)}  ${paint.dim(printable(placeText(test.place)))}`;
      return passed ? [line] : [line, `      ${printableRest(detail)}`];
    }),
    ...untested.map(
      ({ id, place }) =>
        `${paint.yellow("none")}  ${id}  has no test  ${paint.dim(printable(placeText(place)))}`,
    ),
    ...neverFail.map(
      ({ id, place }) =>
        `${paint.yellow("none")}  ${id}  has no test in which it finds something  ${paint.dim(printable(placeText(place)))}`,
    ),
    ...unknownKinds.flatMap(({ message, hint, place }) => [
      `${paint.yellow("warn")}  ${printableRest(message)}  ${paint.dim(printable(placeText(place)))}`,
      `      ${printableRest(hint)}`,
    ]),
    `${results.length} ${results.length === 1 ? "test" : "tests"}: ${results.length - failed} passed, ${failed} failed`,
  ];
  return `${lines.join("\n")}\n`;
}

/** The same for programs. */
export function ruleTestsJson({ results, untested, neverFail, unknownKinds }: TestReport): object {
  const failed = results.filter(({ passed }) => !passed).length;
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "RuleTests",
    passed: results.length - failed,
    failed,
    tests: results.map(({ rule, test, passed, got, detail }) => ({
      rule: rule.id,
      name: printable(test.name),
      place: test.place,
      passed,
      expected: test.expect,
      got,
      ...(detail === "" ? {} : { detail: printableRest(detail) }),
    })),
    untested: untested.map(({ id, place }) => ({ rule: id, place })),
    neverFail: neverFail.map(({ id, place }) => ({ rule: id, place })),
    unknownKinds: unknownKinds.map(({ rule, kind, place, message, hint }) => ({
      rule: rule.id,
      kind: printable(kind),
      place,
      message: printableRest(message),
      hint: printableRest(hint),
    })),
  };
}

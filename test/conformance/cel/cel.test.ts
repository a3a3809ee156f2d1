import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compileCel, evaluateCel, isCompiled } from "../../../src/kube/cel/cel.ts";
import { celEnvironment } from "../../../src/kube/cel/environment.ts";
import { jsonValue } from "../../../src/kube/cel/json-values.ts";
import { DYN } from "../../../src/kube/cel/types.ts";
import type { Json } from "../../../src/kube/json.ts";
import { readStdin } from "../../../src/kube/read-inputs.ts";
import { readObjects } from "../../../src/kube/read-objects.ts";
import { isCrd } from "../../../src/kube/structural/crd.ts";
import { declaredType } from "../../../src/kube/structural/declared-type.ts";
import { rulesOfNode } from "../../../src/kube/structural/rules.ts";
import { type Structural, versionsOfCrd } from "../../../src/kube/structural/schema.ts";
import { goModule } from "../../support/go-module.ts";
import { askOracle, largeOracle } from "../../support/oracle.ts";
import { conformanceData, deep, leftOut } from "../../support/suites.ts";
import { runSpecTest, specTests } from "./cel-spec.ts";
import { expressions, generated, SELF } from "./expressions.ts";
import { shownCel } from "./shown.ts";

const module = goModule("cel.dev/expr", "v0.25.1");
const data = module === undefined ? undefined : join(module, "tests/simple/testdata");
const noData =
  (data === undefined || !existsSync(data)) &&
  leftOut("the conformance tests of CEL", "go reaches no module cel.dev/expr");

/** Files and sections of the suite that ask for what the API server's environment does not have. */
const absent: readonly (readonly [RegExp, string])[] = [
  [/^proto2|^proto3|^enums|^wrappers|^dynamic|^type_deductions/, "messages of protocol buffers"],
  [/^bindings_ext/, "cel.bind is not in the environment"],
  [/^block_ext/, "cel.block is not in the environment"],
  [/^encoders_ext/, "base64 is not in the environment"],
  [/^math_ext/, "math is not in the environment"],
  [/^network_ext/, "the server has its own addresses"],
  [/^string_ext\/(?:quote|reverse)/, "the server has version 2 of the strings library"],
];

/** Tests that another version of a library answers otherwise than the server's: what it answers is held by the oracle below. */
const otherVersion: readonly (readonly [RegExp, string])[] = [
  [/^string_ext\/format/, "format of version 2: quotes inside lists, digits of floats, exponents, infinity"],
  [/^string_ext\/value_errors\/(?:last)?indexof_out_of_range/, "cel-go 0.29 gives -1 beyond the end"],
  [
    /^optionals\/optionals\/map_(?:null_entry_no_such_key|present_key_invalid_field)/,
    "a part of what has no parts is absent",
  ],
  [/repeat_key/, "constant maps take the last of equal keys"],
];

describe.skipIf(noData)("cel-spec", () => {
  test("every test that the environment can run passes", () => {
    const tests = specTests(data ?? "");
    const faults: string[] = [];
    const counts = { passed: 0, absent: 0, unsupported: 0, other: 0 };
    for (const each of tests) {
      if (absent.some(([name]) => name.test(each.name))) counts.absent++;
      else {
        const { fault, unsupported } = runSpecTest(each);
        if (unsupported !== undefined) counts.unsupported++;
        else if (fault === undefined) counts.passed++;
        else if (otherVersion.some(([name]) => name.test(each.name))) counts.other++;
        else faults.push(`${each.name}: ${each.expr}: ${fault}`);
      }
    }
    expect(faults).toEqual([]);
    expect(tests.length).toBeGreaterThan(2000);
    expect(counts.passed).toBeGreaterThan(1100);
    expect(counts.other).toBeLessThan(30);
  });
});

interface Answer {
  readonly compile?: string;
  readonly value?: string;
  readonly error?: string;
  readonly cost: number;
}

const oracle = largeOracle("cel");
const noOracle = "reason" in oracle && leftOut("CEL against the API server's own environment", oracle.reason);

/**
 * Left out: chains behind empty optionals (their cost), maps of two keys (Go walks them in any order), what cel-go
 * refuses to plan, and lists that failed, over whose cost cel-go panics.
 */
const odd = /optional|\.\?|\[\?|^\(\[\]\.map|dyn\(b''\)|\{null:|null [<>]|dyn\(0\.1\)|'key1':1, 'key2':2/;

describe.skipIf(noOracle)("cel-go with the Kubernetes libraries", () => {
  const program = "program" in oracle ? oracle.program : "";

  test("results, costs and messages are the same", () => {
    const spec = noData
      ? []
      : specTests(data ?? "")
          .map(({ expr }) => expr)
          .filter((expr) => !/TestAllTypes|google\.protobuf/.test(expr));
    const sources = [
      ...spec.map((expr) => ({ expr, vars: {} })),
      ...[...expressions, ...generated(deep ? 20_000 : 2000, 7)].map((expr) => ({
        expr,
        vars: { self: SELF },
      })),
    ];
    const answers = askOracle(
      program,
      sources.map((source) => ({ minor: 37, ...source })),
    ) as Answer[];
    const wrong: unknown[] = [];
    for (const [at, { expr, vars }] of sources.entries()) {
      const theirs = answers[at];
      if (theirs === undefined || odd.test(expr) || theirs.error?.includes("interface conversion") === true)
        continue;
      const ours = answerTo(expr, vars);
      if (ours.refused !== undefined || theirs.compile !== undefined) {
        if ((ours.refused === undefined) !== (theirs.compile === undefined))
          wrong.push([expr, ours.refused, theirs.compile]);
        else if (
          !/Syntax|program/.test(theirs.compile ?? "") &&
          !sameProblem(ours.refused ?? "", theirs.compile ?? "")
        )
          wrong.push([expr, ours.refused, theirs.compile]);
      } else if (
        ours.shown !== (theirs.error === undefined ? theirs.value : `error: ${theirs.error}`) ||
        // What is left of the cost after an error differs by a few steps.
        (theirs.error === undefined && ours.cost !== theirs.cost)
      )
        wrong.push([expr, ours.shown, ours.cost, theirs]);
    }
    expect(wrong).toEqual([]);
    expect(sources.length).toBeGreaterThan(2000);
  });

  const crds = conformanceData("crds");
  test.skipIf(crds === undefined)("estimated costs of the rules of public definitions are the same", () => {
    const nodes = yamlFiles(crds ?? "").flatMap((file) =>
      readObjects(readStdin(readFileSync(file)).documents).objects.flatMap(({ object }) =>
        isCrd(object)
          ? versionsOfCrd(object).flatMap(({ schema }) => (schema === undefined ? [] : ruled(schema)))
          : [],
      ),
    );
    const answers = askOracle(
      program,
      nodes.map((node) => ({ minor: 36, schema: node.json })),
    ) as { rules: { error?: string; max: number; times: number }[] }[];
    const wrong: unknown[] = [];
    let rules = 0;
    for (const [at, node] of nodes.entries()) {
      const times = Math.floor(3_145_728 / ((declaredType(node, false)?.least ?? 1) + 1));
      for (const [index, { rule, cost, problem }] of rulesOfNode(node, false, 37).entries()) {
        rules++;
        const theirs = answers[at]?.rules[index];
        // Rules over the head of an object compile only at its root.
        if (theirs === undefined || (problem !== undefined && theirs.error !== undefined)) continue;
        if (
          theirs.error !== undefined ||
          problem !== undefined ||
          theirs.max !== cost ||
          theirs.times !== times
        )
          wrong.push([rule.rule, cost, times, problem, theirs]);
      }
    }
    expect(wrong).toEqual([]);
    expect(rules).toBeGreaterThan(1000);
  });
});

/** The first problem decides: later ones may follow from it. */
function sameProblem(ours: string, theirs: string): boolean {
  return ours.split("\n")[0] === theirs.split("\n")[0];
}

function answerTo(
  expr: string,
  vars: Record<string, unknown>,
): { refused?: string; shown?: string; cost?: number } {
  const variables = new Map(Object.keys(vars).map((name) => [name, DYN] as const));
  // The oracle asks the environment of stored expressions, which has what the minor itself brought.
  const compiled = compileCel(expr, celEnvironment({ minor: 38, variables }));
  if (!isCompiled(compiled)) return { refused: compiled.text };
  const bindings = new Map(
    Object.entries(vars).map(([name, value]) => [name, jsonValue(value as Json)] as const),
  );
  const { value, cost } = evaluateCel(compiled, bindings);
  return { shown: shownCel(value), cost };
}

function ruled(schema: Structural): Structural[] {
  const { additional } = schema;
  return [
    ...(schema.rules.length > 0 ? [schema] : []),
    ...[...schema.properties.values()].flatMap(ruled),
    ...(additional === undefined || additional === true ? [] : ruled(additional)),
    ...(schema.items === undefined ? [] : ruled(schema.items)),
  ];
}

function yamlFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return yamlFiles(path);
    return /\.ya?ml$/.test(name) ? [path] : [];
  });
}

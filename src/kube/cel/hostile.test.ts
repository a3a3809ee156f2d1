import { describe, expect, it } from "vitest";
import { type CompiledCel, compileCel, evaluateCel, isCompiled } from "./cel.ts";
import { celEnvironment } from "./environment.ts";
import { jsonValue } from "./json-values.ts";
import { DYN } from "./types.ts";
import { CelError } from "./values.ts";

const environment = celEnvironment({ minor: 37, variables: new Map([["self", DYN]]) });

function compiled(source: string): CompiledCel {
  const program = compileCel(source, environment);
  if (!isCompiled(program)) throw new Error(program.text);
  return program;
}

function problem(source: string): string {
  const program = compileCel(source, environment);
  return isCompiled(program) ? "" : (program.text.split("\n")[0] ?? "");
}

describe("hostile expressions stop at a limit", () => {
  it("nested too deep", () => {
    expect(problem(`${"(".repeat(249)}1${")".repeat(249)}`)).toBe("");
    expect(problem(`${"(".repeat(10_000)}1${")".repeat(10_000)}`)).toBe(
      "ERROR: <input>:-1:0: expression recursion limit exceeded: 250",
    );
    expect(problem(`1${" + 1".repeat(5000)}`)).toBe("ERROR: <input>:-1:0: max recursion depth exceeded");
    expect(problem(`self${".a".repeat(5000)}`)).toBe("ERROR: <input>:-1:0: max recursion depth exceeded");
    expect(problem("[".repeat(20_000))).toBe("ERROR: <input>:-1:0: expression recursion limit exceeded: 250");
    expect(problem(`${"!".repeat(50_000)}true`)).toBe("");
    expect(problem(`true${" && true".repeat(12_000)}`)).toBe("");
  });

  it("doubled by each optMap in a row", () => {
    const row = (name: string, length: number): string =>
      `self.?a${`.${name}(x, optional.of(x))`.repeat(length)}.hasValue()`;
    for (const name of ["optMap", "optFlatMap"]) {
      expect(problem(row(name, 6))).toBe("");
      expect(problem(row(name, 100))).toMatch(
        /^ERROR: <input>:1:\d+: optMap and optFlatMap make the expression too large$/,
      );
    }
    expect(problem(Array.from({ length: 500 }, () => row("optMap", 2)).join(" && "))).toBe("");
  });

  it("with more faults, or a longer line, than can be shown", () => {
    const program = compileCel(Array.from({ length: 20_000 }, () => "q").join("||"), environment);
    const lines = isCompiled(program) ? [] : program.text.split("\n");
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([
      101,
      "ERROR: <input>:1:1: undeclared reference to 'q' (in container '')",
      "19900 more errors were truncated",
    ]);
  });

  it("too long", () => {
    expect(problem(`"${"a".repeat(100_000)}"`)).toBe(
      "ERROR: <input>:-1:0: expression code point size exceeds limit: size: 100002, limit 100000",
    );
    expect(problem("9".repeat(90_000))).toBe("ERROR: <input>:1:1: invalid int literal");
  });

  it("types that double with each binding, and more operators than anybody can compare with each other", () => {
    const bound = (depth: number, first: string, next: (v: string) => string): string => {
      let inner = `v${depth} != v${depth}`;
      for (let at = depth; at > 0; at--) inner = `[${next(`v${at - 1}`)}].all(v${at}, ${inner})`;
      return `[${first}].all(v0, ${inner})`;
    };
    expect(problem(bound(80, "[1]", (v) => `{${v}: ${v}}`))).toBe("");
    // Each variable of a type becomes known through the next one, which stands in it twice.
    const names = Array.from({ length: 80 }, (_none, at) => `v${at}`);
    const chain = names
      .slice(1)
      .map((v, at) => `v${at} + [{${v}: ${v}}] == v${at}`)
      .join(" && ");
    expect(problem(names.reduceRight((inner, v) => `[[]].all(${v}, ${inner})`, chain))).toBe("");
    expect(problem(Array.from({ length: 12_000 }, () => "[]==[]").join("&&"))).toBe("");
  });

  const numbers = jsonValue(Array.from({ length: 1000 }, (_none, at) => at));
  it.each([
    ["loops in loops", "self.all(a, self.all(b, self.all(c, a + b + c >= 0)))"],
    ["a list of a thousand million numbers", "lists.range(1000000000).map(x, x).size() > 0"],
    [
      "texts that double",
      "self.map(a, 'aaaaaaaaaaaaaaaaaaaa').join('').replace('', 'bbbbbbbbbbbbbbbbbbbb').replace('', self.map(x, 'xxxxxxxxxxxx').join('')).size() > 0",
    ],
    [
      "lists compared with each other",
      "self.map(a, [a]).map(b, self).distinct().size() > 0 && self.map(a, self.map(b, [b]).distinct()).size() > 0",
    ],
    [
      "lists that stand in each other twice, made flat",
      `${Array.from({ length: 40 }, (_none, at) => `[[v${at}, v${at}]].all(v${at + 1}, `).reduce((all, one) => all + one, "[[1]].all(v0, ")}v40.flatten(100).size() < 1${")".repeat(41)}`,
    ],
    ["maps that grow", "self.transformMap(i, x, self.transformMap(j, y, i + j)).size() > 0"],
  ])("%s", (_name, source) => {
    const { value, cost, exceeded } = evaluateCel(compiled(source), new Map([["self", numbers]]));
    expect([value instanceof CelError && value.message, exceeded || cost <= 1_000_000]).toEqual([
      "operation cancelled: actual cost limit exceeded",
      true,
    ]);
  });

  it("patterns that other engines never finish", () => {
    const program = compiled("self.matches('^(a+)+$')");
    const { value } = evaluateCel(program, new Map([["self", `${"a".repeat(50_000)}b`]]));
    expect(value).toBe(false);
    expect(problem("'a'.matches('((a{100}){100}){100}')")).toBe(
      "ERROR: <input>:1:13: invalid matches argument",
    );
  });

  it("names of the prototype are no fields", () => {
    const object = jsonValue(JSON.parse('{"__proto__": {"a": 1}, "b": 2}'));
    const run = (source: string) => evaluateCel(compiled(source), new Map([["self", object]])).value;
    expect(run("has(self.constructor)")).toBe(false);
    expect(run("has(self.toString)")).toBe(false);
    expect(run("self.__proto__.a")).toBe(1n);
  });
});

import { describe, expect, it } from "vitest";
import { compileCel, evaluateCel, isCompiled } from "./cel.ts";
import { celEnvironment } from "./environment.ts";
import { jsonValue } from "./json-values.ts";
import { DYN } from "./types.ts";
import { CelError, type CelValue } from "./values.ts";

const environment = celEnvironment({ minor: 37, variables: new Map([["self", DYN]]) });

function evaluated(source: string, self: CelValue): ReturnType<typeof evaluateCel> {
  const program = compileCel(source, environment);
  if (!isCompiled(program)) throw new Error(program.text);
  return evaluateCel(program, new Map([["self", self]]));
}

describe("work that costs nothing on the server stops at a limit", () => {
  const object = {
    names: Array.from({ length: 2000 }, (_none, at) => `name-${10_000 + at}`),
    text: "a".repeat(500_000),
    map: Object.fromEntries(Array.from({ length: 2000 }, (_none, at) => [`key-${at}`, at])),
  };
  it.each([
    ["large values that are compared again and again", "lists.range(200000).all(i, [self] == [self])"],
    ["a long text that is measured again and again", "lists.range(200000).all(i, self.text.size() > 0)"],
    ["long texts that are compared", "lists.range(200000).all(i, self.text + 'a' == self.text + 'a')"],
    ["names of a large map, again and again", "lists.range(200000).all(i, self.map.size() > 0)"],
    ["a large list, looked through again and again", "lists.range(200000).all(i, self.names.isSorted())"],
    ["lists that are copied", "lists.range(90000).all(i, (self.names + self.names).size() > 0)"],
    ["values written out", "lists.range(90000).all(i, '%s'.format([self.map]) != '')"],
  ])("%s", (_name, source) => {
    const { value, exceeded, work } = evaluated(source, jsonValue(object));
    expect([value instanceof CelError && value.message, exceeded]).toEqual([
      "operation cancelled: actual cost limit exceeded",
      true,
    ]);
    expect(work).toBeLessThanOrEqual(2_000_000);
  });

  it.each([
    ["texts", "a text of some length"],
    ["lists", jsonValue([1, 2, 3, 4])],
  ])("%s that double from one expression to the next", (_name, start) => {
    let value: CelValue = start;
    let ended = false;
    for (let round = 0; round < 60 && !ended; round++) {
      const result = evaluated("self + self", value);
      ({ value } = result);
      ended = result.exceeded;
    }
    expect(ended).toBe(true);
  });

  it("is counted for each evaluation by itself", () => {
    const work = (): number => evaluated("[self] == [self]", jsonValue(object)).work;
    expect(work()).toBe(work());
    expect(evaluated("self.names.size() == 2000", jsonValue(object))).toMatchObject({
      value: true,
      exceeded: false,
    });
  });
});

import { array, constantFrom, dictionary, letrec, oneof, record, sample, constant } from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonArray, JsonObject } from "../../src/kube/json.ts";
import { handedOver } from "../../src/plan/cluster/take-over.ts";
import { askOracle, largeOracle } from "../support/oracle.ts";
import { deep, leftOut } from "../support/suites.ts";

const oracle = largeOracle("csaupgrade");
const program = "program" in oracle ? oracle.program : undefined;
const skip =
  program === undefined && leftOut("take-overs against Go", "reason" in oracle ? oracle.reason : "");
const numRuns = deep ? 20_000 : 2_000;

const step = constantFrom(
  "f:data",
  "f:metadata",
  "f:x",
  "f:a.b/c",
  'k:{"name":"web"}',
  'k:{"containerPort":80,"protocol":"TCP"}',
  'v:"a"',
  "v:1",
  ".",
);
const { set } = letrec<{ set: JsonObject }>((tie) => ({
  set: oneof(
    { maxDepth: 4, depthSize: "small" },
    constant({}),
    dictionary(step, tie("set"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
/** `.` is a mark, not a step with something below; the whole object is no field, so it has none. */
function marked(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([name, below]) => [name, name === "." ? {} : marked(below as JsonObject)]),
  );
}
const entry = record({
  manager: constantFrom("kubectl-client-side-apply", "kubeops", "other", "kubectl"),
  operation: constantFrom("Update", "Apply"),
  apiVersion: constantFrom("v1", "v1", "v2"),
  subresource: constantFrom("", "", "", "status"),
  fieldsV1: set,
}).map(
  ({ subresource, fieldsV1, ...rest }): JsonObject => ({
    ...rest,
    fieldsType: "FieldsV1",
    fieldsV1: marked(Object.fromEntries(Object.entries(fieldsV1).filter(([name]) => name !== "."))),
    ...(subresource === "" ? {} : { subresource }),
  }),
);
const managedFields = array(entry, { maxLength: 5 });
const from = constantFrom(
  ["kubectl-client-side-apply"],
  ["kubectl-client-side-apply", "kubectl"],
  ["kubectl", "other"],
);

/** Sets in one spelling: members in order, and no mark where there is nothing below to tell it from. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== "object" || value === null) return value;
  if (Object.keys(value).join() === ".") return {};
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, part]) => [name, normal(part)]),
  );
}

describe.skipIf(skip)("a take-over is what client-go's util/csaupgrade makes of it", () => {
  test(`${numRuns} lists of managers`, () => {
    const cases = sample(record({ managedFields, from }), { numRuns, seed: 20261125 });
    const asked = cases.map((one) => ({ ...one, to: "kubeops" }));
    // Once through Go and back: a random tree may spell a set in a way that Go does not.
    const spelt = askOracle(
      program ?? "",
      asked.map((one) => ({ ...one, from: [] })),
    ) as readonly (JsonArray | null)[];
    const questions = asked.map((one, index) => ({ ...one, managedFields: spelt[index] ?? [] }));
    const answers = askOracle(program ?? "", questions) as readonly (JsonArray | null)[];
    const differing = questions.flatMap((question, index) => {
      const ours = normal(handedOver(question.managedFields, question.from));
      const theirs = normal(answers[index] ?? []);
      return JSON.stringify(ours) === JSON.stringify(theirs) ? [] : [{ question, ours, theirs }];
    });
    expect(differing.slice(0, 1)).toEqual([]);
  });
});

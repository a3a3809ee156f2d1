import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { author } from "../../../src/authoring/specialists/author.ts";
import type { ApplicationIntent } from "../../../src/authoring/intent/intent.ts";
import { identity, objectKey } from "../../../src/kube/object-key.ts";
import { arbitraryIntent } from "../../support/arbitrary-intent.ts";
import { agents, jobs, relaxed, shop } from "../../support/authoring-intents.ts";
import { askOracle, largeOracle } from "../../support/oracle.ts";
import { deep, leftOut } from "../../support/suites.ts";
import { awesomeCompose } from "./awesome-compose.ts";

// Kubernetes' own strict decoding, defaults, validation and warnings, compiled from its Go module.
const oracle = largeOracle("validation");

/** What the API server objects to, with the object. */
function refused(intents: readonly ApplicationIntent[]): string[] {
  if (!("program" in oracle)) throw new Error(oracle.reason);
  const objects = intents.flatMap((intent) => author(intent).objects);
  const answers = askOracle(oracle.program, objects) as { readonly errors: readonly string[] }[];
  return answers.flatMap(({ errors }, index) =>
    errors.map((error) => `${identity(objectKey(objects[index] ?? {}))}: ${error}`),
  );
}

describe.skipIf(
  "reason" in oracle && leftOut("Kubernetes' validation of what authoring makes", oracle.reason),
)("Kubernetes 1.37 takes every object without an error or a warning", () => {
  test("the oracle refuses what the API server refuses", () => {
    if (!("program" in oracle)) throw new Error(oracle.reason);
    const broken = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "9", namespace: "a", extra: 1 },
      spec: {},
    };
    expect(askOracle(oracle.program, [broken])).toEqual([
      { errors: ['strict decoding error: unknown field "metadata.extra"'] },
    ]);
  });

  test("golden applications", () => {
    expect(refused([shop, jobs, agents, relaxed])).toEqual([]);
  });

  test("arbitrary applications", () => {
    const intents = fc.sample(arbitraryIntent, { numRuns: deep ? 1000 : 100, seed: 3 });
    expect(refused(intents)).toEqual([]);
  });

  const applications = awesomeCompose();
  test.skipIf(applications === undefined)("awesome-compose", () => {
    expect(refused((applications ?? []).map(({ intent }) => intent))).toEqual([]);
  });
});

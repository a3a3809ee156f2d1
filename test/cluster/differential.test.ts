import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bases, seeds } from "../support/differential/bases.ts";
import { type Case, generate, hashOf } from "../support/differential/generate.ts";
import { agreementText, compare } from "../support/differential/judge.ts";
import { serverSchemas } from "../support/differential/schemas.ts";
import { accepted, askCreate, collectionPath } from "../support/differential/server.ts";
import { controlPlane, type ControlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { deep, leftOut } from "../support/suites.ts";

const missing = controlPlaneMissing !== undefined && leftOut("the differential test", controlPlaneMissing);

/** Cases with two changes for each base object. */
const PAIRS = 60;

/** In the quick suites every n-th case, by a hash of its name, and every base as it is. */
function sample(cases: readonly Case[]): readonly Case[] {
  return deep ? cases : cases.filter(({ id, mutation }) => mutation === "as it is" || hashOf(id) % 45 === 0);
}

describe.skipIf(missing)("check judges creations as kube-apiserver 1.37 does", () => {
  let plane: ControlPlane;
  let cases: readonly Case[] = [];
  beforeAll(async () => {
    plane = await controlPlane({ components: "api" });
    for (const seed of seeds()) {
      const { status, text } = await plane.admin("POST", collectionPath(seed), seed);
      expect(status, text).toBe(201);
    }
    cases = generate(bases(), await serverSchemas(plane), PAIRS);
  });
  afterAll(() => plane?.stop());

  it("the server takes every base object", async () => {
    const objects = bases().map(({ object }) => object);
    const verdicts = await askCreate(plane, objects);
    expect(verdicts.filter((verdict) => !accepted(verdict))).toEqual([]);
  });

  it("generates at least 20,000 cases, of every kind that can be created", () => {
    expect(cases.length).toBeGreaterThanOrEqual(20_000);
    expect(new Set(cases.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(64);
  });

  it("agrees, but for a list of reasoned differences", { timeout: 600_000 }, async () => {
    const asked = sample(cases);
    const verdicts = await askCreate(
      plane,
      asked.map(({ object }) => object),
    );
    const agreement = compare(asked, verdicts, 37);
    process.stderr.write(`differential test: ${agreementText(agreement)}\n`);
    expect(agreement.unexplained).toEqual([]);
    expect(agreement.found / agreement.refused).toBeGreaterThanOrEqual(0.99);
  });
});

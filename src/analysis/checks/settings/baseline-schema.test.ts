import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mutations } from "../../../../test/support/mutations.ts";
import { deep } from "../../../../test/support/suites.ts";
import { type Json, type JsonObject, valueAt } from "../../../kube/json.ts";
import { baselineSchema } from "./baseline-schema.ts";
import { baselineJson, parseBaseline } from "./baseline.ts";

const place = { file: "k8s/a.yaml", line: 1, column: 1 };
const compile = (schema: JsonObject) =>
  new Ajv2020({ strict: true, strictRequired: false, unicodeRegExp: true }).compile(schema);

describe("baseline.schema.json", () => {
  const validate = compile(baselineSchema);
  const written: Json = JSON.parse(
    baselineJson([
      { code: "security/privileged", severity: "warning", message: "m", place },
      { code: "secret/variable", severity: "warning", message: "m" },
    ]),
  );

  it("is the published file", async () => {
    await expect(`${JSON.stringify(baselineSchema, null, 2)}\n`).toMatchFileSnapshot(
      "../../../../schemas/baseline.schema.json",
    );
  });

  it("accepts what is written, which names it, and what was written before it named one", () => {
    expect(valueAt(written, ["$schema"])).toBe(baselineSchema["$id"]);
    const before = { ...(written as JsonObject) };
    delete (before as Record<string, Json>)["$schema"];
    for (const value of [written, before])
      expect([parseBaseline(value)?.known.size, validate(value)]).toEqual([2, true]);
  });

  it("agrees with the reader on every baseline with one place changed", () => {
    const more: readonly Json[] = [
      "a".repeat(64),
      "A".repeat(64),
      "a".repeat(65),
      `${"a".repeat(64)}\n`,
      [{}],
    ];
    fc.assert(
      fc.property(mutations([written], more), ({ other, what }) => {
        expect(parseBaseline(other) !== undefined, what).toBe(validate(other));
      }),
      { numRuns: deep ? 20_000 : 1000 },
    );
  });
});

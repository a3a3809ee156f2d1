import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mutations } from "../../../../test/support/mutations.ts";
import { deep } from "../../../../test/support/suites.ts";
import { type Json, type JsonObject, type JsonPath, isObject, valueAt } from "../../../kube/json.ts";
import type { PlaceMap } from "../../../kube/read-object.ts";
import { profiles } from "../practices/practice.ts";
import { ruleCodes, ruleOf } from "../rule-table.ts";
import { baselineSchema } from "./baseline-schema.ts";
import { baselineJson, parseBaseline } from "./baseline.ts";
import { parseSettings } from "./parse-settings.ts";
import { settingsSchema } from "./settings-schema.ts";

const place = { file: "kubeops.yaml", line: 1, column: 1 };
const places: PlaceMap = { value: () => place, key: () => place };
const parse = (value: Json) => parseSettings(value, places, (id) => ruleOf(id) !== undefined);
const compile = (schema: JsonObject) =>
  new Ajv2020({ strict: true, strictRequired: false, unicodeRegExp: true }).compile(schema);

const head = { apiVersion: "kubernetes-operations.dev/v1", kind: "Settings" };
const withCheck = (check: Json): JsonObject => ({ ...head, check });

describe("settings.schema.json", () => {
  const validate = compile(settingsSchema);
  const both = (value: Json): readonly [boolean, boolean] => [parse(value).ok, validate(value)];

  it("is the published file", async () => {
    await expect(`${JSON.stringify(settingsSchema, null, 2)}\n`).toMatchFileSnapshot(
      "../../../../schemas/settings.schema.json",
    );
  });

  it("names every key that the parser knows, and no other", () => {
    // The parser names the keys that it knows when it refuses one.
    const known = (value: Json): readonly string[] => {
      const parsed = parse(value);
      if (parsed.ok) throw new Error("not refused");
      return (/^known: (.*)$/.exec(parsed.problem.hint ?? "")?.[1] ?? "").split(", ").sort();
    };
    const keys = (...path: JsonPath): readonly string[] => {
      const properties = valueAt(settingsSchema, [...path, "properties"]);
      if (!isObject(properties)) throw new Error("no properties");
      return Object.keys(properties).sort();
    };
    expect(keys()).toEqual(known({ strange: 1 }));
    expect(keys("properties", "check", "anyOf", 0)).toEqual(known(withCheck({ strange: 1 })));
    expect(keys("$defs", "exemption")).toEqual(known(withCheck({ exemptions: [{ strange: 1 }] })));
  });

  it("lists every check that the parser takes, and none that it refuses", () => {
    for (const id of [...ruleCodes(), "security/privilegde"]) {
      const taken = parse(withCheck({ enable: [id] })).ok;
      for (const check of [
        { enable: [id] },
        { disable: [id] },
        { severity: { [id]: "info" } },
        { exemptions: [{ check: id, reason: "r" }] },
      ])
        expect([id, ...both(withCheck(check))]).toEqual([id, taken, taken]);
    }
    expect(parse(withCheck({ enable: ["server/required"] })).ok).toBe(false);
  });

  it("lists every profile and severity", () => {
    for (const profile of profiles) expect(both(withCheck({ profile }))).toEqual([true, true]);
    expect(both(withCheck({ profile: "none" }))).toEqual([false, false]);
    for (const severity of ["error", "warning", "info"])
      expect(both(withCheck({ severity: { "security/privileged": severity } }))).toEqual([true, true]);
  });

  const samples: readonly Json[] = [
    head,
    withCheck({
      profile: "production",
      enable: ["supply-chain/no-digest", "security/privileged"],
      disable: ["reliability/job-kept"],
      severity: { "supply-chain/moving-tag": "error", "security/host-network": "info" },
      allowedRegistries: ["ghcr.io/acme", "registry.k8s.io"],
      requiredLabels: ["owner"],
      exemptions: [
        {
          check: "security/host-network",
          namespace: "kube-*",
          object: "DaemonSet/node-agent",
          container: "agent",
          reason: "it measures the node's own network",
        },
        { check: "secret/variable", reason: "r" },
      ],
    }),
    withCheck({ profile: null, severity: null, exemptions: [{ check: "security/privileged", reason: "r" }] }),
  ];

  it("accepts the samples, as the parser does", () => {
    for (const sample of samples) expect(both(sample)).toEqual([true, true]);
  });

  it("agrees with the parser on every sample with one place changed", () => {
    const more: readonly Json[] = [
      " \t",
      "\u00a0\ufeff",
      "all",
      "info",
      "security/privileged",
      "server/required",
      ["security/privileged", null],
      [{ check: "security/privileged", reason: "r", namespace: null }],
      { "security/privileged": "warning" },
      { "schema/unknown-field": "warning" },
      { enable: [], disable: null },
    ];
    fc.assert(
      fc.property(mutations(samples, more), ({ other, what }) => {
        const parsed = parse(other);
        expect(parsed.ok, `${what} ${JSON.stringify(parsed)}`).toBe(validate(other));
      }),
      { numRuns: deep ? 20_000 : 1000 },
    );
  });
});

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

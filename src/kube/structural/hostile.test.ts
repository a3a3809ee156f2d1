import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../json.ts";
import { crdFaults } from "./crd.ts";
import { instanceFaults } from "./instance.ts";
import { versionsOfCrd } from "./schema.ts";

function definition(spec: Json): JsonObject {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "things.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "things", kind: "Thing" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { spec } } },
        },
      ],
    },
  };
}

function faultsOf(spec: Json, value: Json): readonly string[] {
  const [version] = versionsOfCrd(definition(spec));
  if (version === undefined) throw new Error("no version");
  const object = { apiVersion: "example.com/v1", kind: "Thing", metadata: { name: "a" }, spec: value };
  return instanceFaults(object, version, 37).map(({ kind, message }) => `${kind}: ${message}`);
}

describe("hostile definitions and objects", () => {
  it("refuses $ref, and follows none", () => {
    const found = crdFaults(
      definition({ type: "object", properties: { a: { type: "object", $ref: "#" } } }),
      37,
    );
    expect(found.map(({ message }) => message)).toEqual(["$ref is not supported"]);
  });

  it("reads deep and wide schemas", () => {
    let deep: Json = { type: "string" };
    for (let depth = 0; depth < 500; depth++) deep = { type: "object", properties: { a: deep } };
    expect(crdFaults(definition(deep), 37)).toEqual([]);
    const values = Array.from({ length: 100_000 }, (_none, at) => `v${at}`);
    expect(faultsOf({ type: "string", enum: values }, "v99999")).toEqual([]);
    expect(faultsOf({ type: "string", enum: values }, "w")[0]).toMatch(
      /^value: must be one of "v0", .*, and 99990 more$/,
    );
  });

  it("stops at schemas that are too large", () => {
    const leaves = Object.fromEntries(
      Array.from({ length: 1000 }, (_none, at) => [`p${at}`, { type: "string" }]),
    );
    const wide = Object.fromEntries(
      Array.from({ length: 400 }, (_none, at) => [`q${at}`, { type: "object", properties: leaves }]),
    );
    const found = crdFaults(definition({ type: "object", properties: wide }), 37);
    expect(found.map(({ kind }) => kind)).toEqual(["uncertain"]);
  });

  it("stops at alternatives of alternatives", () => {
    let option: Json = { required: ["a"] };
    for (let depth = 0; depth < 14; depth++) option = { anyOf: [option, option] };
    const properties = { a: { type: "string" }, b: { type: "string" } };
    const spec = { type: "array", items: { type: "object", properties, anyOf: [option] } };
    const found = faultsOf(
      spec,
      Array.from({ length: 500 }, () => ({ b: "c" })),
    );
    expect(found.at(-1)).toBe("uncertain: the schema is too much work to check here");
  });

  it("matches patterns in linear time", () => {
    expect(faultsOf({ type: "string", pattern: "^(a|a)*$" }, `${"a".repeat(30_000)}!`)).toEqual([
      "value: should match '^(a|a)*$'",
    ]);
  });

  it("takes names of the prototype for what they are", () => {
    const value = JSON.parse('{"__proto__": 1, "constructor": 2}') as Json;
    expect(faultsOf({ type: "object", properties: { a: { type: "string" } } }, value)).toEqual([
      "unknown: unknown field",
      "unknown: unknown field",
    ]);
    expect(
      faultsOf({ type: "object", required: ["toString"], properties: { toString: { type: "string" } } }, {}),
    ).toEqual(["required: is required"]);
  });

  it("gives a finding for each odd part of a definition, and never throws", () => {
    const odd: readonly Json[] = [
      null,
      1,
      "a",
      [],
      {},
      [[1]],
      { type: 1 },
      { properties: [] },
      { type: "array", items: [] },
    ];
    for (const spec of odd) expect(Array.isArray(crdFaults(definition(spec), 37))).toBe(true);
    for (const spec of odd) {
      const whole = {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: "a" },
        spec,
      };
      expect(crdFaults(whole, 37).length).toBeGreaterThan(0);
    }
  });
});

describe("updates", () => {
  const rule = (text: string, more: JsonObject = {}): Json => ({
    type: "object",
    properties: { a: { type: "integer" }, b: { type: "integer" } },
    "x-kubernetes-validations": [{ rule: text, ...more }],
  });
  const update = (spec: Json, before: Json, after: Json): readonly string[] => {
    const [version] = versionsOfCrd(definition(spec));
    if (version === undefined) throw new Error("no version");
    const object = (value: Json): JsonObject => ({
      apiVersion: "example.com/v1",
      kind: "Thing",
      metadata: { name: "a" },
      spec: value,
    });
    return instanceFaults(object(after), version, 37, object(before)).map(({ message }) => message);
  };

  it("transition rules hold between the old and the new", () => {
    const spec = rule("self.a >= oldSelf.a", { message: "a never falls" });
    expect(update(spec, { a: 2 }, { a: 1 })).toEqual(["a never falls"]);
    expect(update(spec, { a: 1 }, { a: 2 })).toEqual([]);
    expect(faultsOf(spec, { a: 1 })).toEqual([]);
  });

  it("optionalOldSelf makes a rule hold at creation too", () => {
    const spec = rule("oldSelf.hasValue() || self.a == 0", { optionalOldSelf: true });
    expect(faultsOf(spec, { a: 1 })).toEqual(["rule: failed rule: oldSelf.hasValue() || self.a == 0"]);
    expect(update(spec, { a: 0 }, { a: 1 })).toEqual([]);
  });

  it("what a rule refuses and nobody changed stays (ratcheting)", () => {
    const spec = rule("self.a > 10");
    expect(update(spec, { a: 1 }, { a: 1 })).toEqual([]);
    expect(update(spec, { a: 1 }, { a: 2 })).toEqual(["failed rule: self.a > 10"]);
  });

  it("messageExpression and fieldPath", () => {
    const spec = rule("self.a > 10", { messageExpression: "'a is ' + string(self.a)", fieldPath: ".a" });
    const [version] = versionsOfCrd(definition(spec));
    const object = { apiVersion: "example.com/v1", kind: "Thing", metadata: { name: "a" }, spec: { a: 1 } };
    expect(version && instanceFaults(object, version, 37)).toEqual([
      { kind: "rule", path: ["spec", "a"], message: "a is 1" },
    ]);
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/kube/json.ts";
import { crdFaults } from "../../src/kube/structural/crd.ts";
import { controlPlane, type ControlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";

const off =
  controlPlaneMissing !== undefined && leftOut("definitions against kube-apiserver", controlPlaneMissing);

function definition(spec: JsonObject, over: JsonObject = {}, version: JsonObject = {}): JsonObject {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "things.shop.example.com" },
    spec: {
      group: "shop.example.com",
      scope: "Namespaced",
      names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { spec } } },
          ...version,
        },
      ],
      ...over,
    },
  };
}

function field(schema: JsonObject): JsonObject {
  return definition({ type: "object", properties: { it: schema } });
}

function rule(schema: JsonObject, ...rules: readonly JsonObject[]): JsonObject {
  return field({ ...schema, "x-kubernetes-validations": rules });
}

const numbers = {
  type: "object",
  properties: { a: { type: "integer" }, b: { type: "integer" }, s: { type: "string" } },
} as const;

/** Sound and broken definitions; the server says which are which. */
const cases: Readonly<Record<string, JsonObject>> = {
  plain: field({ type: "string" }),
  "no type": field({}),
  "no type but int-or-string": field({ "x-kubernetes-int-or-string": true }),
  "int-or-string with its anyOf": field({
    "x-kubernetes-int-or-string": true,
    anyOf: [{ type: "integer" }, { type: "string" }],
  }),
  "anyOf with types": field({ type: "string", anyOf: [{ type: "string" }] }),
  "anyOf with patterns": field({ type: "string", anyOf: [{ pattern: "^a" }, { pattern: "^b" }] }),
  "anyOf of fields that the node has": field({
    ...numbers,
    anyOf: [{ required: ["a"] }, { required: ["b"] }],
  }),
  "anyOf of fields that it has not": field({ ...numbers, anyOf: [{ properties: { z: { minimum: 1 } } }] }),
  "anyOf at the root, of fields that it has not": definition(
    {},
    {},
    { schema: { openAPIV3Schema: { type: "object", anyOf: [{ properties: { z: { minimum: 1 } } }] } } },
  ),
  "anyOf twice deep with types": field({ type: "string", anyOf: [{ anyOf: [{ type: "string" }] }] }),
  "int-or-string twice deep": field({
    "x-kubernetes-int-or-string": true,
    anyOf: [{ anyOf: [{ type: "integer" }, { type: "string" }] }],
  }),
  "int-or-string in allOf": field({
    "x-kubernetes-int-or-string": true,
    allOf: [{ anyOf: [{ type: "integer" }, { type: "string" }] }, { pattern: "^[0-9]" }],
  }),
  "default against a rule on change": field({
    type: "integer",
    default: 1,
    "x-kubernetes-validations": [{ rule: "self > oldSelf" }],
  }),
  "default of an old self that may lack": field({
    type: "integer",
    default: 1,
    "x-kubernetes-validations": [{ rule: "oldSelf.hasValue()", optionalOldSelf: true }],
  }),
  "not with a default": field({ type: "string", not: { default: "a" } }),
  "additionalProperties beside properties": field({ ...numbers, additionalProperties: { type: "string" } }),
  "additionalProperties false beside properties": field({ ...numbers, additionalProperties: false }),
  "a map": field({ type: "object", additionalProperties: { type: "string" } }),
  "a map of anything": field({ type: "object", additionalProperties: true }),
  "items absent": field({ type: "array" }),
  "items a list": field({ type: "array", items: [{ type: "string" }] }),
  "unknown type": field({ type: "text" }),
  "type null": field({ type: "null" }),
  "pattern broken": field({ type: "string", pattern: "(" }),
  "pattern with look-ahead": field({ type: "string", pattern: "(?!a)b" }),
  "pattern with repetitions beyond a thousand": field({ type: "string", pattern: "a{1001}" }),
  "unknown format": field({ type: "string", format: "made-up" }),
  "unique items": field({ type: "array", items: { type: "string" }, uniqueItems: true }),
  "unique items false": field({ type: "array", items: { type: "string" }, uniqueItems: false }),
  reference: field({ $ref: "#/definitions/x", type: "object" }),
  definitions: field({ type: "object", definitions: { x: { type: "string" } } }),
  "preserve false": field({ type: "object", "x-kubernetes-preserve-unknown-fields": false }),
  preserve: field({ "x-kubernetes-preserve-unknown-fields": true }),
  "embedded without fields": field({ type: "object", "x-kubernetes-embedded-resource": true }),
  "embedded that preserves": field({
    type: "object",
    "x-kubernetes-embedded-resource": true,
    "x-kubernetes-preserve-unknown-fields": true,
  }),
  "embedded with a kind that is no text": field({
    type: "object",
    "x-kubernetes-embedded-resource": true,
    properties: { kind: { type: "integer" } },
  }),
  "set of texts": field({ type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" }),
  "set of objects": field({ type: "array", items: { type: "object" }, "x-kubernetes-list-type": "set" }),
  "set of atomic objects": field({
    type: "array",
    items: { type: "object", "x-kubernetes-map-type": "atomic" },
    "x-kubernetes-list-type": "set",
  }),
  "map list without keys": field({ type: "array", items: numbers, "x-kubernetes-list-type": "map" }),
  "map list, key not required": field({
    type: "array",
    items: numbers,
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["a"],
  }),
  "map list, key with default": field({
    type: "array",
    items: { type: "object", properties: { a: { type: "string", default: "x" } } },
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["a"],
  }),
  "map list, key unknown": field({
    type: "array",
    items: { ...numbers, required: ["a"] },
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["a", "z"],
  }),
  "map list, key twice": field({
    type: "array",
    items: { ...numbers, required: ["a"] },
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["a", "a"],
  }),
  "list type on an object": field({ type: "object", "x-kubernetes-list-type": "atomic" }),
  "list type unknown": field({ type: "array", items: { type: "string" }, "x-kubernetes-list-type": "bag" }),
  "map type on a text": field({ type: "string", "x-kubernetes-map-type": "atomic" }),
  "default of another type": field({ type: "integer", default: "a" }),
  "default beyond the limit": field({ type: "integer", maximum: 3, default: 4 }),
  "default null": field({ type: "integer", default: null }),
  "default null, nullable": field({ type: "integer", nullable: true, default: null }),
  "default with an unknown field": field({ ...numbers, default: { z: 1 } }),
  "default that breaks a rule": field({
    type: "integer",
    default: 1,
    "x-kubernetes-validations": [{ rule: "self > 3" }],
  }),
  "default below a default": field({
    type: "object",
    default: {},
    properties: { a: { type: "integer", default: 3, maximum: 2 } },
  }),
  "rule sound": rule(numbers, { rule: "self.a < self.b" }),
  "rule of an unknown field": rule(numbers, { rule: "self.z < self.b" }),
  "rule of no bool": rule(numbers, { rule: "self.a" }),
  "rule empty": rule(numbers, { rule: " " }),
  "rule with lines and no message": rule(numbers, { rule: "self.a <\nself.b" }),
  "rule with lines and a message": rule(numbers, { rule: "self.a <\nself.b", message: "m" }),
  "message with lines": rule(numbers, { rule: "true", message: "a\nb" }),
  "message blank": rule(numbers, { rule: "true", message: "  " }),
  "message expression of int": rule(numbers, { rule: "self.a < self.b", messageExpression: "self.a" }),
  "message expression of string(int)": rule(numbers, {
    rule: "self.a < self.b",
    messageExpression: '"a is " + string(self.a)',
  }),
  "message expression of format": rule(numbers, {
    rule: "self.a < self.b",
    messageExpression: '"a is %d".format([self.a])',
  }),
  "message expression of a text without limit": rule(numbers, {
    rule: "self.a < self.b",
    messageExpression: '"s is " + self.s',
  }),
  "reason unknown": rule(numbers, { rule: "true", reason: "Because" }),
  "field path": rule(numbers, { rule: "self.a < self.b", fieldPath: ".a" }),
  "field path unknown": rule(numbers, { rule: "self.a < self.b", fieldPath: ".z" }),
  "field path without a dot": rule(numbers, { rule: "self.a < self.b", fieldPath: "a" }),
  "optionalOldSelf without oldSelf": rule(numbers, { rule: "true", optionalOldSelf: true }),
  optionalOldSelf: rule(numbers, {
    rule: "oldSelf.hasValue() ? oldSelf.value().a == self.a : true",
    optionalOldSelf: true,
  }),
  "oldSelf in an atomic list": field({
    type: "array",
    items: { ...numbers, "x-kubernetes-validations": [{ rule: "self.a == oldSelf.a" }] },
  }),
  "nested loops without limits": rule(
    { type: "array", items: { type: "array", items: { type: "string" } } },
    { rule: "self.all(a, self.all(b, a.all(c, b.all(d, c == d))))" },
  ),
  "nested loops within limits": rule(
    {
      type: "array",
      maxItems: 3,
      items: { type: "array", maxItems: 3, items: { type: "string", maxLength: 9 } },
    },
    { rule: "self.all(a, self.all(b, a.all(c, b.all(d, c == d))))" },
  ),
  "group without a dot": definition({ type: "object" }, { group: "shop" }),
  "scope unknown": definition({ type: "object" }, { scope: "Local" }),
  "name of another plural": definition(
    { type: "object" },
    { names: { plural: "thinges", singular: "thing", kind: "Thing", listKind: "ThingList" } },
  ),
  "kind equal to listKind": definition(
    { type: "object" },
    { names: { plural: "things", kind: "Thing", listKind: "Thing" } },
  ),
  "kind absent": definition({ type: "object" }, { names: { plural: "things" } }),
  "only plural and kind": definition({ type: "object" }, { names: { plural: "things", kind: "Thing" } }),
  "short name in capitals": definition(
    { type: "object" },
    { names: { plural: "things", kind: "Thing", shortNames: ["TH"] } },
  ),
  "preserveUnknownFields true": definition({ type: "object" }, { preserveUnknownFields: true }),
  "conversion unknown": definition({ type: "object" }, { conversion: { strategy: "Magic" } }),
  "conversion webhook absent": definition({ type: "object" }, { conversion: { strategy: "Webhook" } }),
  "conversion webhook over http": definition(
    { type: "object" },
    {
      conversion: {
        strategy: "Webhook",
        webhook: { clientConfig: { url: "http://a.b" }, conversionReviewVersions: ["v1"] },
      },
    },
  ),
  "conversion webhook": definition(
    { type: "object" },
    {
      conversion: {
        strategy: "Webhook",
        webhook: {
          clientConfig: { service: { namespace: "a", name: "b" } },
          conversionReviewVersions: ["v1"],
        },
      },
    },
  ),
  "no version stored": definition({ type: "object" }, {}, { storage: false }),
  "version not served": definition({ type: "object" }, {}, { served: false }),
  "version name": definition({ type: "object" }, {}, { name: "V1" }),
  "no schema": definition({ type: "object" }, {}, { schema: {} }),
  "warning of a version that is kept": definition({ type: "object" }, {}, { deprecationWarning: "old" }),
  "scale without paths": definition({ type: "object" }, {}, { subresources: { scale: {} } }),
  "scale under status": definition(
    { type: "object" },
    {},
    { subresources: { scale: { specReplicasPath: ".status.a", statusReplicasPath: ".status.b" } } },
  ),
  scale: definition(
    { type: "object" },
    {},
    { subresources: { scale: { specReplicasPath: ".spec.a", statusReplicasPath: ".status.b" } } },
  ),
  "column of an unknown type": definition(
    { type: "object" },
    {},
    { additionalPrinterColumns: [{ name: "A", type: "text", jsonPath: ".spec.a" }] },
  ),
  "column without a path": definition(
    { type: "object" },
    {},
    { additionalPrinterColumns: [{ name: "A", type: "string", jsonPath: "spec.a" }] },
  ),
  column: definition(
    { type: "object" },
    {},
    { additionalPrinterColumns: [{ name: "A", type: "string", jsonPath: ".spec.a" }] },
  ),
  "root of another type": definition({}, {}, { schema: { openAPIV3Schema: { type: "array" } } }),
  "root nullable": definition({}, {}, { schema: { openAPIV3Schema: { type: "object", nullable: true } } }),
  "metadata with rules of its own": definition(
    {},
    {},
    {
      schema: {
        openAPIV3Schema: {
          type: "object",
          properties: { metadata: { type: "object", properties: { labels: { type: "object" } } } },
        },
      },
    },
  ),
  "metadata with a name": definition(
    {},
    {},
    {
      schema: {
        openAPIV3Schema: {
          type: "object",
          properties: {
            metadata: { type: "object", properties: { name: { type: "string", maxLength: 9 } } },
          },
        },
      },
    },
  ),
};

describe.skipIf(off)("definitions, as a real kube-apiserver judges them", () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await controlPlane({ components: "api" });
  }, 120_000);
  afterAll(async () => plane?.stop());

  test.each(Object.keys(cases))("%s", async (name) => {
    const given = cases[name] ?? {};
    const answer = await plane.admin(
      "POST",
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All&fieldValidation=Strict",
      given,
    );
    const ours = crdFaults(given, 37).map(({ message }) => message);
    expect(
      ours.length > 0 ? "refused" : "taken",
      `${answer.text.slice(0, 900)}\nours: ${ours.join("\n")}`,
    ).toBe(answer.status === 201 ? "taken" : "refused");
  });
});

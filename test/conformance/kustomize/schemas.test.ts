import * as fc from "fast-check";
import { expect, test } from "vitest";
import { emitYaml } from "../../../src/kube/yaml/emit-yaml.ts";
import { deep } from "../../support/suites.ts";
import { compare, skip } from "./compare.ts";
import { type Case, type Members, optional, seldom, withoutUndefined } from "./trees.ts";

const merge = { "x-kubernetes-patch-strategy": "merge" };
const byName = { ...merge, "x-kubernetes-patch-merge-key": "name" };
const part = { type: "object", properties: { name: { type: "string" } } };

/** Properties of a Thing, of which some are left out. */
const properties: Readonly<Record<string, fc.Arbitrary<Members>>> = {
  list: fc.constantFrom<Members>(
    { type: "array", ...byName, items: { $ref: "#/definitions/example.Part" } },
    { type: "array", ...byName, items: part },
    {
      type: ["array"],
      "x-kubernetes-patch-strategy": "merge,retainKeys",
      "x-kubernetes-list-map-keys": ["name", "side"],
      items: part,
    },
    { type: "array", "x-kubernetes-patch-merge-key": "name", items: part },
    { $ref: "#/definitions/example.List" },
    { $ref: "#/definitions/example.None" },
  ),
  tags: fc.constantFrom<Members>({ type: "array", ...merge, items: { type: "string" } }, { type: "array" }),
  inner: fc.constantFrom<Members>(
    { type: "object", properties: { list: { type: "array", ...byName } } },
    {
      type: "object",
      additionalProperties: { type: "array", ...byName, items: { $ref: "#/definitions/example.Part" } },
    },
    { additionalProperties: true },
  ),
};
const thing = fc.record({
  list: optional(properties["list"] ?? fc.constant({})),
  tags: optional(properties["tags"] ?? fc.constant({})),
  inner: optional(properties["inner"] ?? fc.constant({})),
});
const gvk = (group: string, version: string, kind: string): Members => ({
  "x-kubernetes-group-version-kind": [{ group, version, kind }],
});

const document = fc
  .record({
    spec: thing,
    deployment: fc.boolean(),
    yaml: fc.boolean(),
    kind: fc.constantFrom("Thing", "Thing", "Thing", "Other"),
    paths: fc.constantFrom(undefined, "/apis/example.com/v1/namespaces/{namespace}/things"),
    odd: seldom(
      fc.constantFrom<Members>(
        { "x-kubernetes-group-version-kind": "no" },
        { "x-kubernetes-group-version-kind": [1] },
      ),
      8,
    ),
  })
  .map(({ spec, deployment, yaml, kind, paths, odd }) => {
    const pod = { properties: { containers: { type: "array", ...byName, items: part } } };
    const made = withoutUndefined({
      definitions: {
        "example.Thing": {
          type: "object",
          properties: { spec: { type: "object", properties: spec } },
          ...gvk("example.com", "v1", kind),
        },
        "example.Part": { properties: { name: { type: "string" }, deep: { type: "array", ...byName } } },
        "example.List": { type: "array", ...byName, items: { $ref: "#/definitions/example.Part" } },
        ...(deployment
          ? {
              "example.Deployment": {
                properties: { spec: { properties: { template: { properties: { spec: pod } } } } },
                ...gvk("apps", "v1", "Deployment"),
              },
            }
          : {}),
        ...(odd === undefined ? {} : { odd }),
      },
      ...(paths === undefined
        ? {}
        : {
            paths: {
              [paths]: {
                get: {
                  "x-kubernetes-group-version-kind": { group: "example.com", version: "v1", kind: "Thing" },
                },
              },
            },
          }),
    });
    return yaml ? emitYaml(made) : JSON.stringify(made);
  });

const items = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom("a", "b", "c"),
    side: optional(fc.constantFrom("l", "r")),
    value: optional(fc.nat(3)),
    deep: optional(fc.constantFrom([{ name: "x", y: 1 }], [{ name: "x", z: 2 }, { name: "y" }])),
  }),
  { selector: (item) => item.name, maxLength: 3 },
);
const tags = fc.uniqueArray(fc.constantFrom("t", "u", "v"), { maxLength: 3 });
const embedded = fc.constantFrom("web", "two").map((name) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  spec: { template: { spec: { containers: [{ name, image: name }] } } },
}));
const spec = fc.record({
  list: optional(items),
  tags: optional(tags),
  inner: optional(fc.record({ list: optional(items), other: optional(items) })),
  embedded: seldom(embedded, 2),
});
const object = (own: fc.Arbitrary<unknown>): fc.Arbitrary<Members> =>
  own.map((made) => ({ apiVersion: "example.com/v1", kind: "Thing", metadata: { name: "web" }, spec: made }));
const deployment = (): fc.Arbitrary<Members> =>
  fc.uniqueArray(fc.constantFrom("main", "side", "last"), { minLength: 1, maxLength: 2 }).map((names) => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: { template: { spec: { containers: names.map((name) => ({ name, image: `${name}:1` })) } } },
  }));

/** Definitions of Go types, as `crds` have them. */
const crd = fc
  .record({
    label: fc.boolean(),
    annotation: fc.boolean(),
    identity: fc.boolean(),
    reference: fc.constantFrom<Members | undefined>(
      { "x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "ConfigMap" },
      {
        "x-kubernetes-object-ref-api-version": "v1",
        "x-kubernetes-object-ref-kind": "Service",
        "x-kubernetes-object-ref-name-key": "id",
      },
      { "x-kubernetes-object-ref-kind": "Service" },
      { "X-Kubernetes-Object-Ref-Api-Version": "v1", "x-kubernetes-object-ref-kind": "ConfigMap" },
      undefined,
    ),
    metadata: fc.constantFrom(true, true, true, false),
    deep: fc.boolean(),
    form: fc.constantFrom("json", "json", "yaml", "lower", "object"),
  })
  .map(({ label, annotation, identity, reference, metadata, deep: isDeep, form }) => {
    const own = {
      labels: { type: "object", ...(label ? { "x-kubernetes-label-selector": "" } : {}) },
      notes: { type: "object", ...(annotation ? { "x-kubernetes-annotation": "" } : {}) },
      named: { type: "string", ...(identity ? { "x-kubernetes-identity": "" } : {}) },
      ref: { ...reference },
    };
    const schema = form === "lower" ? "schema" : "Schema";
    const definitions: Members = {
      "example.com/apis/v1.Thing": {
        [schema]: {
          properties: {
            apiVersion: {},
            kind: {},
            ...(metadata ? { metadata: {} } : {}),
            spec: { $ref: "example.com/apis/v1.ThingSpec" },
          },
        },
        Dependencies: ["example.com/apis/v1.ThingSpec"],
      },
      "example.com/apis/v1.ThingSpec": {
        [schema]: { properties: isDeep ? { deep: { $ref: "example.com/apis/v1.Deep" } } : own },
      },
      "example.com/apis/v1.Deep": { [schema]: { properties: own } },
    };
    if (form === "object")
      return emitYaml({ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" });
    return form === "yaml" ? emitYaml(withoutUndefined(definitions)) : JSON.stringify(definitions);
  });
const asked = {
  labels: { app: "a" },
  notes: { n: "1" },
  named: "x",
  ref: { name: "settings", id: "web" },
};
const referring = fc.boolean().map((isDeep) => ({
  apiVersion: "example.com/v1",
  kind: "Thing",
  metadata: { name: "two" },
  spec: isDeep ? { deep: asked } : asked,
}));

const cases: fc.Arbitrary<Case> = fc
  .record({
    schema: optional(document),
    schemaIn: fc.constantFrom(["prod"], ["prod"], ["prod"], ["prod", "base"], []),
    version: seldom(fc.constantFrom("v1.21.2", "v1.20.0"), 20),
    crds: optional(crd),
    crdsIn: fc.constantFrom("base", "prod", "prod"),
    objects: fc.tuple(object(spec), deployment(), referring),
    patches: fc.array(fc.oneof(object(spec), object(spec), deployment()), { minLength: 1, maxLength: 3 }),
    configurations: seldom(
      fc.constantFrom(
        { namePrefix: [{ path: "spec/named", kind: "Thing", create: true }] },
        { commonLabels: [{ path: "spec/labels", kind: "Thing" }] },
      ),
      6,
    ),
  })
  .map(({ schema, schemaIn, version, crds, crdsIn, objects, patches, configurations }) => {
    const kustomizations: Record<string, Record<string, unknown>> = {
      base: { resources: ["all.yaml"], configMapGenerator: [{ name: "settings", literals: ["a=b"] }] },
      prod: {
        resources: ["../base"],
        namePrefix: "p-",
        commonLabels: { team: "x" },
        commonAnnotations: { note: "y" },
        patches: patches.map((one) => ({ patch: emitYaml(withoutUndefined(one)) })),
      },
    };
    const files: Record<string, string> = {};
    const add = (folder: string, member: string, value: unknown): void => {
      const own = kustomizations[folder];
      if (own !== undefined) own[member] = value;
    };
    for (const folder of schema === undefined ? [] : schemaIn) {
      add(folder, "openapi", { path: "schema.json", ...(version === undefined ? {} : { version }) });
      files[`${folder}/schema.json`] = schema ?? "";
    }
    if (schema === undefined && version !== undefined) add("prod", "openapi", { version });
    if (crds !== undefined) {
      add(crdsIn, "crds", ["crd.json"]);
      files[`${crdsIn}/crd.json`] = crds;
    }
    if (configurations !== undefined) {
      add("prod", "configurations", ["fields.yaml"]);
      files["prod/fields.yaml"] = emitYaml(configurations);
    }
    for (const [folder, members] of Object.entries(kustomizations))
      files[`${folder}/kustomization.yaml`] = emitYaml(withoutUndefined(members));
    const service = { apiVersion: "v1", kind: "Service", metadata: { name: "web" } };
    files["base/all.yaml"] = [...objects, service]
      .map((one) => emitYaml(withoutUndefined(one)))
      .join("---\n");
    return { files, folder: "prod" };
  });

test.skipIf(skip)(
  "openapi joins lists by its keys, and crds name fields and references, as for kustomize",
  () => {
    const trees = fc.sample(cases, { numRuns: deep ? 1_500 : 200, seed: 13 });
    const { built, refused, differences } = compare(trees);
    expect(differences.slice(0, 1)).toEqual([]);
    const having = (text: string): number =>
      built.filter(({ one }) => (one.files["prod/kustomization.yaml"] ?? "").includes(text)).length;
    process.stderr.write(
      `kustomize schemas: ${built.length} of ${trees.length} built alike, ${refused.length} refused by both, ${having("openapi")} with openapi, ${having("crds")} with crds\n`,
    );
    expect(having("openapi")).toBeGreaterThan(trees.length / 10);
    expect(having("crds")).toBeGreaterThan(trees.length / 10);
  },
  1_200_000,
);

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { emitYaml } from "../../../src/kube/yaml/emit-yaml.ts";
import type { Json } from "../../../src/kube/json.ts";
import { deep } from "../../support/suites.ts";
import { compare, skip } from "./compare.ts";
import { type Case, optional, seldom, withoutUndefined } from "./trees.ts";

const leaf = fc.constantFrom<Json>("text", "", "80", "<&>", 'a "b"', "true", 5, 1.5, true, null);
const holding: fc.Arbitrary<Json> = fc.record({
  a: leaf,
  b: fc.constantFrom<Json>({}, { c: "x" }, { c: { d: 1 }, "10": 1, "9": 2 }),
  list: fc.constantFrom<Json>([], ["one", "two"], [{ name: "n", value: "v" }, { name: "m" }], [1, 2]),
  inner: fc.constantFrom<Json>('{"deep": "x"}', "{}", "plain"),
});
const text = fc.oneof(
  { weight: 6, arbitrary: holding.map((value) => JSON.stringify(value)) },
  { weight: 6, arbitrary: holding.map((value) => JSON.stringify(value, null, 2)) },
  { weight: 4, arbitrary: holding.map((value) => ` ${JSON.stringify(value, null, 1)}\n`) },
  { weight: 1, arbitrary: holding.map((value) => JSON.stringify([value])) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("plain", "5", "", "[", '{"a": "x", "b": 1.25}', '{"a":\t"x"}'),
  },
);

const inData = fc.record({
  select: fc.constantFrom({ kind: "ConfigMap" }, { name: "settings.*" }, { kind: "ConfigMap" }),
  fieldPaths: fc.uniqueArray(
    fc.constantFrom(
      ...[
        "a",
        "b",
        "b.c",
        "b.c.d",
        "b.new",
        "new.deep",
        "list.0",
        "list.*",
        "list.[name=n].value",
        "list.[name=new].value",
        "list.5",
      ].flatMap((path) => [`data.config\\.json.${path}`, `data.[config.json].${path}`]),
      "data.config\\.json.0.a",
      "data.config\\.json.inner.deep",
      "data.config\\.json.list",
      "data.*.a",
      "metadata.annotations.json.a",
    ),
    { minLength: 1, maxLength: 2 },
  ),
  options: optional(fc.constantFrom({ create: true }, { create: true }, { delimiter: "/", index: 0 })),
});
const inEnv = fc.record({
  select: fc.constant({ kind: "Deployment" }),
  fieldPaths: fc.subarray(
    [
      "spec.template.spec.containers.0.env.0.value.a",
      "spec.template.spec.containers.[name=main].env.[name=JSON].value.a",
      "spec.template.spec.containers.*.env.[name=JSON].value.a",
      "metadata.annotations.json.list.0",
    ],
    { minLength: 1, maxLength: 2 },
  ),
  options: optional(fc.constant({ create: true })),
});
const target = fc.oneof({ weight: 3, arbitrary: inData }, { weight: 1, arbitrary: inEnv });
const replacement = fc
  .record({
    source: fc.constantFrom<object | undefined>(
      { kind: "Service", name: "web" },
      { kind: "Service", name: "web", fieldPath: "spec.ports.0.port" },
      { kind: "Service", name: "web", fieldPath: "spec.selector" },
      { kind: "Service", name: "web", fieldPath: "spec.publishNotReadyAddresses" },
      { kind: "Service", name: "web", fieldPath: "metadata.annotations.n" },
      {
        kind: "Service",
        name: "web",
        fieldPath: "metadata.annotations.n",
        options: { delimiter: ".", index: 1 },
      },
      undefined,
      undefined,
    ),
    sourceValue: fc.constantFrom("80", "1.5", "word", "true", "{}"),
    targets: target.map((one) => [one]),
  })
  .map(({ source, sourceValue, targets }) =>
    source === undefined ? { sourceValue, targets } : { source, targets },
  );

const cases: fc.Arbitrary<Case> = fc
  .record({
    data: text,
    generated: seldom(text),
    annotation: text,
    env: text,
    replacements: fc.oneof(
      { weight: 3, arbitrary: replacement.map((one) => [one]) },
      { weight: 1, arbitrary: fc.array(replacement, { minLength: 2, maxLength: 2 }) },
    ),
  })
  .map(({ data, generated, annotation, env, replacements }) => {
    const objects: readonly Json[] = [
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "settings", annotations: { json: annotation } },
        data: { "config.json": data },
      },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "web", annotations: { n: "1.20" } },
        spec: { ports: [{ port: 8080 }], selector: { app: "a" }, publishNotReadyAddresses: true },
      },
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web", annotations: { json: annotation } },
        spec: {
          template: {
            spec: { containers: [{ name: "main", image: "nginx", env: [{ name: "JSON", value: env }] }] },
          },
        },
      },
    ];
    const kustomization = {
      resources: ["all.yaml"],
      replacements,
      ...(generated === undefined
        ? {}
        : { configMapGenerator: [{ name: "settings-made", files: ["config.json"] }] }),
    };
    const files = {
      "prod/kustomization.yaml": emitYaml(withoutUndefined(kustomization)),
      "prod/all.yaml": objects.map((one) => emitYaml(one)).join("---\n"),
      "prod/config.json": generated ?? "",
    };
    return { files, folder: "prod" };
  });

test.skipIf(skip)(
  "replacements inside of texts that hold JSON make the texts that kustomize makes",
  () => {
    const trees = fc.sample(cases, { numRuns: deep ? 6_000 : 1_000, seed: 17 });
    const { built, refused, differences } = compare(trees);
    expect(differences.slice(0, 1)).toEqual([]);
    process.stderr.write(
      `kustomize texts: ${built.length} of ${trees.length} built alike, ${refused.length} refused by both\n`,
    );
    expect(built.length).toBeGreaterThan(trees.length / 5);
  },
  1_200_000,
);

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findingsJson } from "../../src/analysis/findings/json.ts";
import { reportSchema } from "../../src/analysis/findings/report-schema.ts";
import { errorSchema } from "../../src/cli/error-schema.ts";
import { ruleTestsSchema } from "../../src/cli/rule-tests-schema.ts";
import {
  isArray,
  isObject,
  type Json,
  type JsonObject,
  type JsonPath,
  valueAt,
} from "../../src/kube/json.ts";
import type { RenderedPlace } from "../../src/kube/place.ts";
import { readStdin } from "../../src/kube/read-inputs.ts";
import { schemaAddress } from "../../src/kube/schema-address.ts";
import { makeWorld, type World } from "../support/cli.ts";

/** The schema, refusing every key that it does not name: what is published leaves room for later versions. */
function closed(schema: Json): Json {
  if (isArray(schema)) return schema.map(closed);
  if (!isObject(schema)) return schema;
  const parts = Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, closed(part)]));
  return schema["type"] === "object" && isObject(schema["properties"])
    ? { ...parts, additionalProperties: false }
    : parts;
}

const compile = (schema: JsonObject) =>
  new Ajv2020({ strict: true, strictRequired: false, allErrors: true }).compile(closed(schema) as JsonObject);

/** Keys of the objects in a document, as `finding.place.line` would be named by a path without indices. */
function keysIn(value: Json, at = ""): readonly string[] {
  if (isArray(value)) return value.flatMap((item) => keysIn(item, at));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, part]) => [`${at}.${key}`, ...keysIn(part, `${at}.${key}`)]);
}

function namedIn(...path: JsonPath): readonly string[] {
  const properties = valueAt(reportSchema, [...path, "properties"]);
  return isObject(properties) ? Object.keys(properties).sort() : [];
}

describe("what programs read", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld();
    world.write(
      "k8s/pods.yaml",
      [
        "apiVersion: v1",
        "kind: Pod",
        "metadata: {name: a, namespace: shop}",
        "spec:",
        "  containers:",
        "    - {name: a, image: nginx, securityContext: {privileged: true}, env: [{name: PASSWORD, value: Wq8zTk2m}]}",
        "    - {name: b, image: 'nginx:1.27.0', volumeMounts: [{name: none, mountPath: /x}], replicas: 3}",
        "---",
        "apiVersion: extensions/v1beta1",
        "kind: Ingress",
        "metadata: {name: i}",
        "---",
        "apiVersion: v1",
        "kind: Pod",
        "metadata: {name: a, namespace: shop}",
        "spec: {containers: [{name: a, image: 'nginx@sha256:x'}]}",
        "",
      ].join("\n"),
    );
    world.write("k8s/broken.yaml", "a: [\n");
    world.write("good/pod.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {}\n");
    world.write("good/values.yaml", "replicas: 1\n");
    world.write(
      "good/kubeops.yaml",
      "# yaml-language-server: $schema=x\napiVersion: kubernetes-operations.dev/v1\nkind: Settings\n",
    );
  });
  afterAll(() => world.remove());

  it("the schemas are the published files", async () => {
    for (const [name, schema] of [
      ["report", reportSchema],
      ["error", errorSchema],
      ["rule-tests", ruleTestsSchema],
    ] as const)
      await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(
        `../../schemas/${name}.schema.json`,
      );
  });

  it("reports of check follow report.schema.json, and hold no other key", () => {
    const validate = compile(reportSchema);
    const seen = new Set<string>();
    for (const words of [
      ["k8s"],
      ["k8s", "--profile", "all", "--pod-security", "restricted"],
      ["k8s", "--upgrade-to", "1.37"],
      ["k8s", "--against", "good"],
      ["good"],
    ]) {
      const ran = world.kubeops(["check", ...words, "-o", "json"]);
      const report = JSON.parse(ran.stdout) as Json;
      expect([words, validate(report), validate.errors]).toEqual([words, true, null]);
      for (const key of keysIn(report)) seen.add(key);
    }
    // What only charts and few checks have.
    const place: RenderedPlace = { file: "a", line: 1, column: 1, rendered: 2 };
    const rare = findingsJson([{ code: "a/b", severity: "info", message: "m", place, fix: "f" }]);
    const report: Json = JSON.parse(JSON.stringify(rare));
    expect([validate(report), validate.errors]).toEqual([true, null]);
    for (const key of keysIn(report)) seen.add(key);
    // No key is in the schema that nothing writes.
    expect([...seen].filter((key) => !key.startsWith(".findings.")).sort()).toEqual([
      ".apiVersion",
      ".counts",
      ".counts.error",
      ".counts.info",
      ".counts.warning",
      ".findings",
      ".kind",
      ".skipped",
      ".skipped.path",
      ".skipped.reason",
    ]);
    const written = [...seen].flatMap((key) => /^\.findings\.(\w+)$/.exec(key)?.[1] ?? []).sort();
    expect(written).toEqual(namedIn("$defs", "finding"));
    for (const key of namedIn("$defs", "place")) expect(seen).toContain(`.findings.place.${key}`);
  });

  it("results of tests of rules follow rule-tests.schema.json, and hold no other key", () => {
    const object = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";
    const rule = (id: string, tests: string): string =>
      `    - {id: own/${id}, title: A, expression: object.kind == 'ConfigMap', tests: [${tests}]}\n`;
    world.write(
      "rules.yaml",
      [
        "apiVersion: kubernetes-operations.dev/v1\nkind: Settings\ncheck:\n  rules:\n",
        rule(
          "a",
          `{name: one, object: ${object}, expect: pass}, {name: two, object: ${object}, expect: fail}`,
        ),
        rule("b", ""),
      ].join(""),
    );
    const ran = world.kubeops(["check", "--test-rules", "--config", "rules.yaml", "-o", "json"]);
    const validate = compile(ruleTestsSchema);
    const report = JSON.parse(ran.stdout) as Json;
    expect([ran.status, validate(report), validate.errors]).toEqual([1, true, null]);
    expect(keysIn(report)).toEqual(
      expect.arrayContaining([".tests.detail", ".untested.place.line", ".neverFail.rule"]),
    );
  });

  it("errors follow error.schema.json, and hold no other key", () => {
    const validate = compile(errorSchema);
    world.write("bad.yaml", "apiVersion: kubernetes-operations.dev/v1\nkind: Settings\nchek: {}\n");
    for (const words of [
      ["check", "none"],
      ["check", "good", "--config", "bad.yaml"],
    ]) {
      const ran = world.kubeops([...words, "-o", "json"]);
      expect([ran.status, ran.stdout]).toEqual([2, ""]);
      const error = JSON.parse(ran.stderr) as Json;
      expect([words, validate(error), validate.errors]).toEqual([words, true, null]);
    }
  });

  it("a baseline that check writes names its schema and is read again", () => {
    world.kubeops(["check", "k8s", "--write-baseline", "baseline.json"]);
    const written = JSON.parse(readFileSync(world.path("baseline.json"), "utf8")) as JsonObject;
    expect(written["$schema"]).toBe("https://kubernetes-operations.dev/schemas/baseline.schema.json");
    const ran = world.kubeops(["check", "k8s", "--baseline", "baseline.json", "-o", "json"]);
    expect([ran.status, (JSON.parse(ran.stdout) as JsonObject)["findings"]]).toEqual([0, []]);
  });

  it("the example of settings in the guide names its schema and follows it", () => {
    const guide = readFileSync(join(import.meta.dirname, "../../docs/guide/checks.md"), "utf8");
    const example = /```yaml\n(# yaml-language-server: \$schema=\S+\/kubeops\.schema\.json\n[^`]*)```/.exec(
      guide,
    )?.[1];
    const schema = JSON.parse(
      readFileSync(join(import.meta.dirname, "../../schemas/kubeops.schema.json"), "utf8"),
    ) as JsonObject;
    expect(example).toContain(`$schema=${schemaAddress("kubeops")}\n`);
    const [document] = readStdin(new TextEncoder().encode(example ?? "")).documents;
    // What editors read is of an older draft than what programs read.
    const validate = new Ajv({ strict: true, strictRequired: false }).compile(schema);
    expect([validate(document?.value), validate.errors]).toEqual([true, null]);
  });
});

import { expect, test } from "vitest";
import { memoryFiles } from "../../../../test/support/memory-files.ts";
import { valueAt } from "../../json.ts";
import { type Built, buildKustomization } from "../build.ts";

const object = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n";
const build = (files: Readonly<Record<string, string>>, members: string): Built =>
  buildKustomization(
    memoryFiles({
      "app/all.yaml": object,
      ...files,
      "app/kustomization.yaml": `resources: [all.yaml]\n${members}\n`,
    }),
    "app",
  );
const plugin = (kind: string, rest: string): string =>
  `apiVersion: builtin\nkind: ${kind}\nmetadata:\n  name: one\n${rest}\n`;

test("they run after the members of the kustomization, inline ones before files and folders", () => {
  const affix = (text: string, name: string): string =>
    `apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: ${name}}\nprefix: ${text}-\nfieldSpecs: [{path: metadata/name}]\n`;
  const inline = JSON.stringify(affix("inline", "c"));
  const built = build(
    {
      "app/file.yaml": affix("file", "a"),
      "other/kustomization.yaml": "resources: [x.yaml]\n",
      "other/x.yaml": affix("folder", "b"),
    },
    `namePrefix: own-\ntransformers: [file.yaml, ../other, ${inline}]`,
  );
  expect(built.kind === "built" && valueAt(built.documents[0]?.value, ["metadata", "name"])).toBe(
    "folder-file-inline-own-web",
  );
});

test("a value stands where the configuration has it", () => {
  const built = build(
    {
      "app/count.yaml": plugin(
        "ReplicaCountTransformer",
        "replica:\n  name: web\n  count: 5\nfieldSpecs: [{path: spec/replicas}]",
      ),
    },
    "transformers: [count.yaml]",
  );
  const place = built.kind === "built" ? built.documents[0]?.places.value(["spec", "replicas"]) : undefined;
  expect(place).toMatchObject({ file: "app/count.yaml", line: 7, column: 10 });
});

test.each([
  ["LabelTransformer", "labels: text", "kustomization/malformed"],
  ["LabelTransformer", "fieldSpecs: {path: a}", "kustomization/malformed"],
  ["PrefixTransformer", "prefix: a", "kustomization/malformed"],
  ["NamespaceTransformer", "setRoleBindingSubjects: all", "kustomization/malformed"],
  ["PatchTransformer", "path: ../secret.yaml", "kustomization/outside"],
  ["PatchTransformer", "path: gone.yaml", "kustomization/not-found"],
  ["PatchStrategicMergeTransformer", "paths: []", "kustomization/patch"],
  ["toString", "", "kustomization/malformed"],
  ["__proto__", "", "kustomization/malformed"],
  ["ConfigMapGenerator", "", "kustomization/malformed"],
  ["ValueAddTransformer", "", "kustomization/not-built"],
  ["HelmChartInflationGenerator", "", "kustomization/not-built"],
])("%s with %j is refused or not built", (kind, rest, code) => {
  const built = build({ "app/t.yaml": plugin(kind, rest), "secret.yaml": object }, "transformers: [t.yaml]");
  const problem =
    built.kind === "refused"
      ? built.problems.at(-1)
      : built.kind === "unsupported"
        ? built.problem
        : undefined;
  expect(problem?.code).toBe(code);
});

test("keys that mean something to the language are keys like others", () => {
  const rest = "labels: {__proto__: a, constructor: b}\nfieldSpecs: [{path: metadata/labels, create: true}]";
  const built = build({ "app/t.yaml": plugin("LabelTransformer", rest) }, "transformers: [t.yaml]");
  const value =
    built.kind === "built" ? valueAt(built.documents[0]?.value, ["metadata", "labels"]) : undefined;
  expect(JSON.stringify(value)).toBe('{"__proto__":"a","constructor":"b"}');
});

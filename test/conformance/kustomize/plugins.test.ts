import * as fc from "fast-check";
import { expect, test } from "vitest";
import { emitYaml } from "../../../src/kube/yaml/emit-yaml.ts";
import { deep } from "../../support/suites.ts";
import { compare, skip } from "./compare.ts";
import {
  type Case,
  generator,
  type Members,
  name,
  optional,
  patch,
  replacement,
  resources,
  seldom,
  withoutUndefined,
} from "./trees.ts";

const often = fc.oneof({ weight: 4, arbitrary: fc.constant("web") }, { weight: 1, arbitrary: name });
const specs = (...rows: readonly object[]): fc.Arbitrary<readonly object[] | undefined> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.subarray([...rows]) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
const thing = { kind: "Thing" };
const textSpecs = specs(
  { path: "metadata/labels", create: true },
  { path: "metadata/annotations", create: true },
  { path: "spec/template/metadata/labels", kind: "Deployment" },
  { path: "spec/numbers", ...thing },
  { path: "spec/selector", create: true, version: "v1", kind: "Service" },
);
const nameSpecs = specs(
  { path: "metadata/name" },
  { path: "spec/prefixed", ...thing },
  { path: "metadata/name", kind: "Service" },
);
const texts = fc.constantFrom<object>({ team: "x" }, { a: "1", b: "2" }, { count: 5, on: true, part: 1.5 });

const plugin = (kind: string, members: fc.Arbitrary<Members>): fc.Arbitrary<Members> =>
  members.map((own) => ({ apiVersion: "builtin", kind, ...own }));

/** Configurations of transformers that are built into kustomize. */
const transformer = fc.oneof(
  plugin("AnnotationsTransformer", fc.record({ annotations: optional(texts), fieldSpecs: textSpecs })),
  plugin("LabelTransformer", fc.record({ labels: optional(texts), fieldSpecs: textSpecs })),
  plugin(
    "ImageTagTransformer",
    fc.record({
      imageTag: fc.constantFrom(
        { name: "nginx", newTag: "9" },
        { name: "nginx", newTag: 1.25 },
        { name: "host:5000/team/app", newName: "other/app" },
        { name: "busybox", digest: "sha256:def" },
      ),
      fieldSpecs: specs({ path: "spec/image", ...thing }, { path: "spec/containers[]/image", create: true }),
    }),
  ),
  plugin(
    "NamespaceTransformer",
    fc.record({
      metadata: fc.constantFrom<Members>({ namespace: "one" }, { namespace: "prod" }, {}),
      unsetOnly: optional(fc.boolean()),
      setRoleBindingSubjects: optional(
        fc.constantFrom("defaultOnly", "allServiceAccounts", "none", "defaultOnly", "all"),
      ),
      fieldSpecs: specs(
        { path: "spec/space", ...thing },
        { path: "spec/fresh/space", create: true, ...thing },
        { path: "metadata/name", kind: "Namespace" },
        { path: "subjects/namespace", kind: "RoleBinding" },
        { path: "subjects/namespace" },
      ),
    }),
  ),
  plugin(
    "PatchJson6902Transformer",
    fc.record({
      target: optional(often.map((n) => ({ group: "apps", version: "v1", kind: "Deployment", name: n }))),
      jsonOp: fc.constantFrom(
        '[{"op": "add", "path": "/metadata/labels", "value": {"json": "yes"}}]',
        "- op: replace\n  path: /spec/template/spec/serviceAccountName\n  value: patched\n",
        "[]",
        undefined,
      ),
      path: seldom(fc.constantFrom("patch.json", "none.json")),
    }),
  ),
  plugin(
    "PatchStrategicMergeTransformer",
    fc.record({
      paths: optional(
        fc.constantFrom(
          ["merge.yaml"],
          ["merge.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort}\n"],
          [],
        ),
      ),
      patches: optional(
        often.map(
          (n) => `apiVersion: v1\nkind: Service\nmetadata: {name: ${n}}\nspec: {clusterIP: None}\n---\n`,
        ),
      ),
    }),
  ),
  plugin("PatchTransformer", patch),
  plugin(
    "PatchTransformer",
    fc.record({
      path: fc.constantFrom("merge.yaml", "patch.json"),
      target: optional(fc.constantFrom({ kind: "Deployment" }, { kind: "Service" })),
    }),
  ),
  plugin(
    "PrefixTransformer",
    fc.record({ prefix: optional(fc.constantFrom("p-", "q-", "")), fieldSpecs: nameSpecs }),
  ),
  plugin("SuffixTransformer", fc.record({ suffix: fc.constantFrom("-s", "-t", 5), fieldSpecs: nameSpecs })),
  plugin(
    "PrefixSuffixTransformer",
    fc.record({
      prefix: optional(fc.constant("p-")),
      suffix: optional(fc.constant("-s")),
      fieldSpecs: nameSpecs,
    }),
  ),
  plugin(
    "ReplicaCountTransformer",
    fc.record({
      replica: often.map((n) => ({ name: n, count: 4 })),
      fieldSpecs: specs(
        { path: "spec/replicas", create: true, kind: "Deployment" },
        { path: "spec/size", ...thing },
      ),
    }),
  ),
  plugin(
    "ReplacementTransformer",
    fc.record({
      replacements: fc.array(fc.oneof(replacement, fc.constant({ path: "replace.yaml" })), {
        maxLength: 2,
      }),
    }),
  ),
  plugin("HashTransformer", fc.constant({})),
);

/** What no transformer is, or not as it should be. */
const odd = fc.constantFrom<Members>(
  { apiVersion: "builtin", kind: "LabelTransformer", labels: "text" },
  {
    apiVersion: "builtin",
    kind: "LabelTransformer",
    labels: { a: "b" },
    fieldSpecs: { path: "metadata/labels" },
  },
  {
    apiVersion: "builtin",
    kind: "LabelTransformer",
    labels: { a: "b" },
    fieldSpecs: [{ path: "metadata/labels", create: "true" }],
  },
  {
    apiVersion: "builtin",
    kind: "LabelTransformer",
    LABELS: { a: "b" },
    fieldspecs: [{ Path: "metadata/labels", create: true, more: 1 }],
    other: {},
  },
  { apiVersion: "builtin", kind: "PrefixTransformer", Prefix: "p-", fieldSpecs: [{ path: "metadata/name" }] },
  {
    apiVersion: "builtin",
    kind: "ReplicaCountTransformer",
    replica: { name: "web", count: "3" },
    fieldSpecs: [{ path: "spec/replicas", kind: "Deployment" }],
  },
  { apiVersion: "builtin", kind: "ConfigMapGenerator", literals: ["a=b"] },
  { apiVersion: "builtin", kind: "constructor" },
  { apiVersion: "builtin", kind: "NoSuchTransformer" },
  {
    apiVersion: "example.com/v1",
    kind: "Fn",
    metadata: { annotations: { "config.kubernetes.io/function": "container: {image: x}" } },
  },
);

/** Configurations of generators, by what a kustomization may ask of them. */
const generators = fc.oneof(
  { weight: 6, arbitrary: plugin("ConfigMapGenerator", generator("settings")) },
  { weight: 6, arbitrary: plugin("SecretGenerator", generator("keys")) },
  {
    weight: 2,
    arbitrary: plugin(
      "ConfigMapGenerator",
      fc.record({
        literals: fc.constant(["from=metadata"]),
        metadata: fc.constantFrom({ namespace: "one", labels: { a: 1 } }, {}),
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Members>(
      { apiVersion: "builtin", kind: "LabelTransformer" },
      { apiVersion: "builtin", kind: "SecretGenerator", env: "vars.env", type: "x/y" },
      { apiVersion: "builtin", kind: "ConfigMapGenerator", literals: "a=b" },
    ),
  },
);

type Form = "inline" | "file" | "folder";
const formed = (config: fc.Arbitrary<Members>): fc.Arbitrary<readonly { config: Members; form: Form }[]> =>
  fc.array(fc.record({ config, form: fc.constantFrom<Form>("inline", "file", "folder") }), { maxLength: 3 });

const plugins = fc.record({
  transformers: formed(fc.oneof({ weight: 12, arbitrary: transformer }, { weight: 1, arbitrary: odd })),
  generators: seldom(formed(generators), 1),
  // What is asked of a folder of configurations.
  also: seldom(
    fc.constantFrom<Members>(
      { namePrefix: "f-" },
      { namespace: "made" },
      {
        patches: [
          {
            target: { kind: "NamespaceTransformer" },
            patch: "metadata: {name: x, namespace: patched}\nkind: x\napiVersion: builtin\n",
          },
        ],
      },
      {
        transformers: [
          "apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: l}\nlabels: {inner: 'yes'}\nfieldSpecs: [{path: metadata/labels, create: true}]\n",
        ],
      },
      { buildMetadata: ["originAnnotations"] },
    ),
  ),
  twin: seldom(fc.constant(true), 20),
});
type Plugins = typeof plugins extends fc.Arbitrary<infer T> ? T : never;

/** Members of a kustomization, with the files that they name. */
function written(folder: string, { also, twin, ...asked }: Plugins, files: Record<string, string>): Members {
  const members: Record<string, string[]> = {};
  let count = 0;
  for (const member of ["transformers", "generators"] as const) {
    for (const { config, form } of asked[member] ?? []) {
      const id = twin === true ? "same" : `${member[0]}${++count}`;
      const metadata = { name: id, ...(config["metadata"] as object | undefined) };
      const text = emitYaml(withoutUndefined({ ...config, metadata }));
      const list = (members[member] ??= []);
      if (form === "inline") list.push(text);
      else if (form === "file") {
        files[`${folder}/${id}.yaml`] = text;
        list.push(`${id}.yaml`);
      } else {
        files[`${folder}-${id}/kustomization.yaml`] = emitYaml(
          withoutUndefined({ resources: ["all.yaml"], ...also }),
        );
        files[`${folder}-${id}/all.yaml`] = text;
        list.push(`../${folder}-${id}`);
      }
    }
  }
  return members;
}

/** What patches and replicas are for, mostly. */
const always: readonly Members[] = [
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: { template: { spec: { containers: [{ name: "main", image: "nginx:1" }] } } },
  },
  { apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec: { ports: [{ port: 80 }] } },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "there" }, data: { before: "1" } },
];
const isSame = (one: Members, other: Members): boolean =>
  one["kind"] === other["kind"] &&
  (one["metadata"] as Members)["name"] === (other["metadata"] as Members)["name"];

const some = fc.record({
  namePrefix: seldom(fc.constant("k-")),
  namespace: seldom(fc.constant("two")),
  commonLabels: seldom(fc.constant({ team: "y" })),
  images: seldom(fc.constant([{ name: "nginx", newTag: "8" }])),
  configMapGenerator: seldom(generator("settings").map((one) => [one])),
  buildMetadata: seldom(
    fc.constantFrom(["originAnnotations"], ["transformerAnnotations", "originAnnotations"]),
    3,
  ),
});

const cases: fc.Arbitrary<Case> = fc
  .record({
    base: some,
    overlay: some,
    inBase: seldom(plugins, 1),
    inOverlay: plugins,
    inPart: seldom(plugins),
    objects: resources,
  })
  .map(({ base, overlay, inBase, inOverlay, inPart, objects: others }) => {
    const files: Record<string, string> = {};
    const objects = [...always, ...others.filter((one) => !always.some((own) => isSame(own, one)))];
    const put = (folder: string, members: Members, asked: Plugins | undefined): void => {
      const own = asked === undefined ? {} : written(folder, asked, files);
      files[`${folder}/kustomization.yaml`] = emitYaml(withoutUndefined({ ...members, ...own }));
      files[`${folder}/data.txt`] = "text\n";
      files[`${folder}/vars.env`] = "X=1\n";
      files[`${folder}/patch.json`] = '[{"op": "add", "path": "/metadata/labels", "value": {"file": "yes"}}]';
      files[`${folder}/merge.yaml`] =
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {merged: 'yes'}}\n";
      files[`${folder}/replace.yaml`] =
        "source: {kind: Deployment, name: web}\nmore: 1\ntargets:\n- select: {kind: Service}\n  fieldPaths: [metadata.annotations.from]\n  options: {create: true}\n";
    };
    put("base", { resources: ["all.yaml"], ...base }, inBase);
    files["base/all.yaml"] = objects.map((one) => emitYaml(withoutUndefined(one))).join("---\n");
    if (inPart !== undefined)
      put("part", { apiVersion: "kustomize.config.k8s.io/v1alpha1", kind: "Component" }, inPart);
    const components = inPart === undefined ? undefined : ["../part"];
    put("prod", { resources: ["../base"], ...overlay, components }, inOverlay);
    return { files, folder: "prod" };
  });

test.skipIf(skip)(
  "generators and transformers with configurations of their own do what kustomize's do, in its order",
  () => {
    const asked = fc.sample(cases, { numRuns: deep ? 6_000 : 600, seed: 11 });
    const { built, refused, differences } = compare(asked);
    expect(differences.slice(0, 1)).toEqual([]);
    const kinds = new Map<string, number>();
    for (const { one } of built) {
      const text = Object.values(one.files).join("\n");
      for (const [, kind = ""] of text.matchAll(/apiVersion: builtin\n *kind: (\w+)/g))
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    process.stderr.write(
      `kustomize plug-ins: ${built.length} of ${asked.length} built alike, ${refused.length} refused by both, ${kinds.size} kinds\n`,
    );
    expect(built.length).toBeGreaterThan(asked.length / 5);
    expect(Math.min(...kinds.values())).toBeGreaterThan(3);
  },
  1_200_000,
);

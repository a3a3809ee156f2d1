import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../../src/kube/canonical-json.ts";
import { buildKustomization } from "../../../src/kube/kustomize/build.ts";
import { emitYaml } from "../../../src/kube/yaml/emit-yaml.ts";
import type { Json } from "../../../src/kube/json.ts";
import { memoryFiles } from "../../support/memory-files.ts";
import { largeOracle } from "../../support/oracle.ts";
import { deep, leftOut } from "../../support/suites.ts";

interface Case {
  readonly files: Record<string, string>;
  readonly folder: string;
}

const name = fc.constantFrom("web", "api", "db");
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });
/** Each of many members, seldom: one refusal hides what the others do. */
const seldom = <T>(value: fc.Arbitrary<T>, of = 4): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: of, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const withoutUndefined = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

const container = fc.record({
  name: fc.constantFrom("main", "side"),
  image: fc.constantFrom("nginx", "nginx:1.2", "host:5000/team/app:v1", "busybox@sha256:abc"),
  env: optional(
    fc.uniqueArray(
      fc.record({
        name: fc.constantFrom("A", "B", "C"),
        value: fc.constantFrom("1", "two", "1", "two", "$(ONE)", "$(ONE)-$(TWO)$$(TWO)$(", "$"),
      }),
      {
        selector: (item) => item.name,
        maxLength: 3,
      },
    ),
  ),
  envFrom: optional(
    fc.constantFrom([{ configMapRef: { name: "settings" } }], [{ secretRef: { name: "keys" } }]),
  ),
  ports: optional(
    fc.uniqueArray(
      fc.record({ containerPort: fc.constantFrom(80, 81), name: fc.constantFrom("http", "x") }),
      { selector: (item) => item.containerPort, maxLength: 2 },
    ),
  ),
  args: optional(fc.constantFrom(["a"], ["b", "c"], ["--one=$(ONE)", "$(TWO)", "$(NONE)"])),
});
const containers = fc.uniqueArray(container, { selector: (item) => item.name, minLength: 1, maxLength: 2 });

const deployment = fc
  .record({
    name,
    containers,
    labels: optional(fc.constant({ app: "a" })),
    replicas: optional(fc.nat(3)),
    namespace: optional(fc.constantFrom("one", "two")),
  })
  .map((d) => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: d.name, namespace: d.namespace, labels: d.labels },
    spec: {
      replicas: d.replicas,
      selector: { matchLabels: { app: "a" } },
      template: {
        metadata: { labels: { app: "a" } },
        spec: { containers: d.containers, serviceAccountName: d.name },
      },
    },
  }));
const service = fc.tuple(name, optional(fc.constantFrom("$(TWO)", "http-$(ONE)"))).map(([n, targetPort]) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: n },
  spec: {
    selector: { app: "a" },
    ports: [
      { port: 80, targetPort },
      { port: 443, protocol: "TCP" },
    ],
  },
}));
const account = name.map((n) => ({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: n } }));
const binding = name.map((n) => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: { name: n },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: n },
  subjects: [
    { kind: "ServiceAccount", name: n, namespace: "one" },
    { kind: "ServiceAccount", name: "default" },
  ],
}));
const role = name.map((n) => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "Role",
  metadata: { name: n },
  rules: [{ apiGroups: [""], resources: ["secrets"], resourceNames: ["keys"], verbs: ["get"] }],
}));
const scaler = name.map((n) => ({
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: n },
  spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: n }, maxReplicas: 3 },
}));
const custom = fc.tuple(name, name).map(([n, ref]) => ({
  apiVersion: "example.com/v1",
  kind: "Thing",
  metadata: { name: n, annotations: { n: "1", one: "$(ONE) $(TWO) $x" } },
  spec: {
    ref,
    text: "$(ONE)",
    image: "nginx",
    size: 1,
    prefixed: "x",
    space: "s",
    numbers: { a: 1 },
    ratio: 0.000012,
    big: 1234567.5,
    is: true,
    list: [{ name: "a" }],
    containers: [{ name: "x", image: "nginx" }],
  },
}));
const single = fc.constantFrom<Json>(
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "one" } },
  { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "web" }, rules: [] },
);
const idOf = (one: Json | object): string =>
  `${(one as { kind: string }).kind} ${(one as { metadata: { name: string } }).metadata.name}`;
const resources = fc.uniqueArray(
  fc.oneof(deployment, service, account, binding, role, scaler, custom, single),
  { selector: idOf, minLength: 1, maxLength: 6 },
);

const patch = fc.oneof(
  fc
    .record({ name, containers: optional(containers), replicas: optional(fc.constantFrom(null, 2)) })
    .map(({ name: n, ...rest }) => ({
      patch: emitYaml(
        withoutUndefined({
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: n, labels: { patched: "yes" } },
          spec: { replicas: rest.replicas, template: { spec: { containers: rest.containers } } },
        }),
      ),
      target: { kind: "Deployment" },
    })),
  name.map((n) => ({
    patch: emitYaml({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: n },
      spec: { ports: [{ port: 443, name: "tls" }, { port: 90 }], selector: { $patch: "replace", b: "c" } },
    }),
  })),
  name.map((n) => ({
    patch: emitYaml({ $patch: "delete", apiVersion: "v1", kind: "Service", metadata: { name: n } }),
  })),
  fc.constantFrom("delete", "replace", "merge").map((how) => ({
    patch: emitYaml({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "x" },
      spec: { template: { spec: { containers: [{ name: "main", $patch: how }] } } },
    }),
    target: { kind: "Deployment" },
  })),
  fc
    .constantFrom(
      "/metadata/labels",
      "/spec/replicas",
      "/spec/template/spec/containers/0/args/-",
      "/spec/template/spec/containers/0",
    )
    .map((path) => ({
      patch: JSON.stringify([
        {
          op: "add",
          path,
          value: path.endsWith("labels")
            ? { a: "b" }
            : path.endsWith("-")
              ? "z"
              : path.endsWith("0")
                ? { name: "new", image: "i" }
                : 7,
        },
      ]),
      target: { kind: "Deployment", name: "w.*|api" },
    })),
  name.map((n) => ({
    patch: emitYaml({
      apiVersion: "example.com/v1",
      kind: "Thing",
      metadata: { name: n },
      spec: { list: [{ name: "b" }], containers: null },
    }),
  })),
);

const generator = (kind: string): fc.Arbitrary<unknown> =>
  fc.record({
    name: fc.constantFrom(kind, "other"),
    behavior: seldom(fc.constantFrom("create", "merge", "replace"), 2),
    literals: optional(fc.constantFrom(["a=1"], ["b='x y'", "c=<&>"])),
    files: optional(fc.constantFrom(["data.txt"], ["k=data.txt"])),
    envs: optional(fc.constant(["vars.env"])),
    options: optional(
      fc.record({
        disableNameSuffixHash: optional(fc.boolean()),
        labels: optional(fc.constant({ g: "1" })),
        immutable: optional(fc.boolean()),
      }),
    ),
  });

const target = fc.record({
  select: fc.constantFrom(
    { kind: "Deployment" },
    { kind: "Service", name: "web" },
    { kind: "Thing" },
    { name: "w.*|api", kind: "Deployment" },
    { labelSelector: "app=a" },
  ),
  reject: seldom(fc.constant([{ name: "db" }])),
  fieldPaths: fc.constantFrom(
    ["metadata.annotations.from"],
    ["metadata.labels.[a.b/c]"],
    ["spec.template.spec.containers.[name=main].image"],
    ["spec.template.spec.containers.*.image"],
    ["spec.template.spec.containers.0.env.[name=A].value"],
    ["spec.replicas"],
    ["spec.selector"],
    ["spec.ports.0.port", "metadata.annotations.from"],
    ["spec.list.[name=a].value"],
  ),
  options: optional(
    fc.constantFrom(
      { create: true },
      { create: true },
      { delimiter: ":", index: 0 },
      { delimiter: "/", index: 5, create: true },
      { delimiter: "-", index: -1 },
    ),
  ),
});
const replacement = fc
  .record({
    source: fc.constantFrom<unknown>(
      { kind: "Deployment", name: "web" },
      { kind: "Service", name: "api", fieldPath: "spec.ports.0.port" },
      {
        kind: "Deployment",
        fieldPath: "spec.template.spec.containers.0.image",
        options: { delimiter: ":", index: 0 },
      },
      { kind: "Role", fieldPath: "rules.0.resourceNames.0" },
      { kind: "Service", fieldPath: "spec.selector" },
      {
        kind: "Deployment",
        fieldPath: "spec.template.spec.containers.[name=main].ports.[name=x].containerPort",
      },
      undefined,
    ),
    targets: fc.array(target, { minLength: 1, maxLength: 2 }),
  })
  .map((one) => (one.source === undefined ? { ...one, sourceValue: "80" } : one));

const variable = fc.record({
  name: fc.constantFrom("ONE", "TWO", "TWO", "THREE"),
  objref: fc.oneof(
    name.map((n) => ({ apiVersion: "v1", kind: "Service", name: n })),
    name.map((n) => ({ apiVersion: "apps/v1", kind: "Deployment", name: n })),
    name.map((n) => ({ group: "apps", version: "v1", kind: "Deployment", name: n, namespace: "default" })),
    fc.constantFrom<object>(
      { apiVersion: "example.com/v1", kind: "Thing", name: "web" },
      { apiVersion: "v1", kind: "ConfigMap", name: "settings" },
      { apiVersion: "v1", kind: "Namespace", name: "one" },
      { kind: "Deployment", name: "web" },
    ),
  ),
  fieldref: optional(
    fc
      .constantFrom(
        "metadata.name",
        "metadata.namespace",
        "spec.ports[0].port",
        "spec.ports.0.port",
        "spec.replicas",
        "spec.ratio",
        "spec.big",
        "spec.is",
        "spec.selector",
        "spec.template.spec.containers[0].image",
        "metadata.annotations.n",
        "data.a",
      )
      .map((fieldPath) => ({ fieldPath })),
  ),
});
const metadata = fc.uniqueArray(
  fc.constantFrom("originAnnotations", "transformerAnnotations", "managedByLabel", "other"),
  { minLength: 1, maxLength: 3 },
);

const fields = (...rows: readonly object[]): fc.Arbitrary<readonly object[] | undefined> =>
  seldom(fc.subarray([...rows], { minLength: 1 }), 2);
const thing = { kind: "Thing" };
/** A file of `configurations`: fields besides those that kustomize knows. */
const fieldConfig = fc.record({
  namePrefix: fields(
    { path: "spec/prefixed", ...thing },
    { path: "metadata/name", kind: "Service" },
    { path: "spec/new", create: true, ...thing },
  ),
  nameSuffix: fields(
    { path: "spec/prefixed", ...thing },
    { path: "spec/size", ...thing },
    { path: "metadata/name" },
  ),
  namespace: fields(
    { path: "spec/space", ...thing },
    { path: "spec/fresh/space", create: true, ...thing },
    { path: "subjects/namespace", kind: "RoleBinding" },
    { path: "metadata/namespace", create: true },
  ),
  commonLabels: fields(
    { path: "spec/selector", create: true, ...thing },
    { path: "spec/list/labels", create: true, ...thing },
    { path: "spec/numbers", ...thing },
    { path: "spec/selector" },
  ),
  labels: fields(
    { path: "spec/extra", create: true, ...thing },
    { path: "spec/selector", group: "example.com", ...thing },
  ),
  templateLabels: fields({ path: "spec/template/metadata/labels", create: true, ...thing }),
  commonAnnotations: fields({ path: "spec/notes", create: true, ...thing }, { path: "metadata/annotations" }),
  nameReference: fields(
    { kind: "Deployment", fieldSpecs: [{ path: "spec/ref", ...thing }] },
    {
      kind: "Service",
      version: "v1",
      fieldSpecs: [{ path: "spec/ref", ...thing }, { path: "spec/list/name" }],
    },
    {
      group: "example.com",
      ...thing,
      fieldSpecs: [{ path: "spec/template/spec/serviceAccountName", kind: "Deployment" }],
    },
    { kind: "ConfigMap", version: "v1", fieldSpecs: [{ path: "spec/ref", ...thing }] },
  ),
  varReference: fields(
    { path: "spec/text", ...thing },
    { path: "spec/template/spec/containers/image", kind: "Deployment" },
    { path: "spec/list", ...thing },
  ),
  images: fields(
    { path: "spec/image", ...thing },
    { path: "spec/list[]/image", ...thing },
    { path: "spec/size", ...thing },
  ),
  replicas: fields(
    { path: "spec/size", ...thing },
    { path: "spec/count/of", create: true, ...thing },
    { path: "spec/replicas", kind: "Deployment" },
  ),
});

const kustomization = fc.record({
  vars: seldom(fc.uniqueArray(variable, { selector: (one) => one.name, minLength: 1, maxLength: 2 }), 5),
  buildMetadata: seldom(metadata),
  namespace: seldom(fc.constantFrom("one", "prod")),
  namePrefix: optional(fc.constantFrom("p-", "q-")),
  nameSuffix: optional(fc.constant("-s")),
  commonLabels: optional(fc.constant({ team: "x" })),
  labels: optional(
    fc
      .record({
        pairs: fc.constant({ tier: "t" }),
        includeSelectors: optional(fc.boolean()),
        includeTemplates: optional(fc.boolean()),
      })
      .map((label) => [label]),
  ),
  commonAnnotations: optional(fc.constant({ note: "n" })),
  images: optional(
    fc.constantFrom(
      [{ name: "nginx", newTag: "9" }],
      [{ name: "host:5000/team/app", newName: "other/app" }],
      [{ name: "busybox", digest: "sha256:def" }],
    ),
  ),
  replicas: seldom(
    name.map((n) => [{ name: n, count: 4 }]),
    12,
  ),
  patches: seldom(fc.array(patch, { maxLength: 2 })),
  replacements: seldom(fc.array(replacement, { minLength: 1, maxLength: 2 }), 5),
  configMapGenerator: seldom(generator("settings").map((one) => [one])),
  secretGenerator: seldom(generator("keys").map((one) => [one])),
  generatorOptions: optional(fc.constantFrom({ disableNameSuffixHash: true }, { annotations: { o: "1" } })),
  sortOptions: optional(fc.constantFrom({ order: "fifo" }, { order: "legacy" })),
});

/** A var of an object that is there. */
const pick = fc.record({
  name: fc.constantFrom("ONE", "TWO"),
  at: fc.nat(5),
  own: fc.boolean(),
  namespace: fc.constantFrom(undefined, undefined, "default"),
});
type Pick = typeof pick extends fc.Arbitrary<infer T> ? T : never;
const ownFields: Readonly<Record<string, string>> = {
  Deployment: "spec.template.spec.containers[0].image",
  Service: "spec.ports[0].port",
  Thing: "spec.ratio",
  Role: "rules.0.resourceNames",
  RoleBinding: "subjects.[kind=ServiceAccount].name",
  HorizontalPodAutoscaler: "spec.scaleTargetRef.name",
  ServiceAccount: "apiVersion",
};
function varOf({ name: variableName, at, own, namespace }: Pick, objects: readonly unknown[]): unknown {
  const { apiVersion, kind, metadata } = objects[at % objects.length] as {
    apiVersion: string;
    kind: string;
    metadata: { name: string };
  };
  const fieldPath = ownFields[kind];
  return {
    name: variableName,
    objref: { apiVersion, kind, name: metadata.name, namespace },
    fieldref: own && fieldPath !== undefined ? { fieldPath } : undefined,
  };
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    base: kustomization,
    overlay: kustomization,
    component: seldom(kustomization),
    objects: resources,
    more: resources,
    adds: fc.constantFrom(false, false, false, true),
    picked: seldom(fc.uniqueArray(pick, { selector: (one) => one.name, minLength: 1, maxLength: 2 }), 2),
    config: seldom(fieldConfig, 2),
    configIn: fc.constantFrom(["base"], ["prod"], ["base", "prod"], ["part"]),
    lower: fc.constantFrom(false, false, false, false, true),
    pickedIn: fc.constantFrom("base", "base", "overlay"),
  })
  .map(
    ({
      base: plainBase,
      overlay: plainOverlay,
      component,
      objects,
      more,
      adds,
      config,
      configIn,
      lower,
      picked,
      pickedIn,
    }) => {
      const vars = picked?.map((one) => varOf(one, objects));
      const base = { ...plainBase, vars: pickedIn === "base" ? (vars ?? plainBase.vars) : undefined };
      const overlay = {
        ...plainOverlay,
        vars: pickedIn === "overlay" ? (vars ?? plainOverlay.vars) : undefined,
      };
      const text = (objectsOf: readonly unknown[]): string =>
        objectsOf.map((one) => emitYaml(withoutUndefined(one))).join("---\n");
      const files: Record<string, string> = {
        "base/kustomization.yaml": emitYaml(withoutUndefined({ resources: ["all.yaml"], ...base })),
        "base/all.yaml": text(objects),
        "prod/kustomization.yaml": emitYaml(
          withoutUndefined({
            resources: adds ? ["../base", "more.yaml"] : ["../base"],
            ...overlay,
            ...(component === undefined ? {} : { components: ["../part"] }),
          }),
        ),
      };
      if (adds) files["prod/more.yaml"] = text(more);
      if (component !== undefined)
        files["part/kustomization.yaml"] = emitYaml(
          withoutUndefined({
            apiVersion: "kustomize.config.k8s.io/v1alpha1",
            kind: "Component",
            ...component,
            namePrefix: component.namePrefix ?? "c-",
          }),
        );
      for (const folder of ["base", "prod", "part"]) {
        files[`${folder}/data.txt`] = "text\nof two lines\n";
        files[`${folder}/vars.env`] = "# a\nX=1\n Y=a=b\nZ\n";
      }
      for (const folder of config === undefined ? [] : configIn) {
        const path = `${folder}/kustomization.yaml`;
        if (files[path] === undefined) continue;
        files[path] += "configurations: [fields.yaml]\n";
        files[`${folder}/fields.yaml`] = emitYaml(withoutUndefined(config));
      }
      if (lower)
        for (const folder of ["base", "prod"])
          files[`${folder}/kustomization.yaml`] = lowered(files[`${folder}/kustomization.yaml`] ?? "");
      return { files, folder: "prod" };
    },
  );

/** Names of members without capitals: kustomize takes them in any case. Keys of mappings of texts have none. */
function lowered(text: string): string {
  return text.replaceAll(
    /^( *(?:- )?)([a-z][A-Za-z0-9]*):/gm,
    (_, indent: string, key: string) => indent + key.toLowerCase() + ":",
  );
}

/** Members without a value mean nothing to the server, and kustomize keeps some of them. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([key, member]) => [key, withoutNulls(member)]),
  );
}

/** The oracle is no release of kustomize, and says so. */
function withoutVersion(value: Json): Json {
  return JSON.parse(
    JSON.stringify(value).replace(/"kustomize-(?:v[\d.]+|\(devel\)|unknown)"/, '"kustomize"'),
  ) as Json;
}

function ours({ files, folder }: Case): unknown {
  const built = buildKustomization(memoryFiles(files), folder);
  if (built.kind !== "built")
    return {
      refused: built.kind === "refused" ? built.problems.map((p) => p.message) : built.problem.message,
    };
  return built.documents.map(({ value }) => withoutVersion(withoutNulls(value)));
}

const oracle = largeOracle("kustomize");

interface Answer {
  readonly objects: Json[] | null;
  readonly error?: string;
}

/** Where kustomize ends its process over one question, that is its answer. */
function answersTo(asked: readonly Case[]): readonly Answer[] {
  const answers: Answer[] = [];
  while (answers.length < asked.length) {
    const { status, stdout, stderr } = spawnSync("program" in oracle ? oracle.program : "", [], {
      input: asked
        .slice(answers.length)
        .map((one) => `${JSON.stringify(one)}\n`)
        .join(""),
      encoding: "utf8",
      maxBuffer: 1 << 30,
    });
    answers.push(...stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Answer])));
    if (status === 0) return answers;
    expect(stderr).toContain("yaml: cannot decode");
    answers.push({ objects: null, error: "it ended" });
  }
  return answers;
}

const skip = "reason" in oracle && leftOut("kustomizations against kustomize", oracle.reason);

test.skipIf(skip)(
  "generated kustomizations make what kustomize makes of them, and are refused where it refuses",
  () => {
    const asked = fc.sample(cases, { numRuns: deep ? 6_000 : 600, seed: 7 });
    const answers = answersTo(asked);
    const differences: unknown[] = [];
    let built = 0;
    const seen = { vars: 0, configurations: 0, origins: 0, changes: 0 };
    for (const [index, one] of asked.entries()) {
      const answer = answers[index];
      const mine = ours(one);
      if (answer?.error !== undefined) {
        if (Array.isArray(mine)) differences.push({ files: one.files, error: answer.error });
        continue;
      }
      built++;
      const theirs = (answer?.objects ?? []).map((one) => withoutVersion(withoutNulls(one)));
      const text = JSON.stringify(theirs);
      if (Object.values(one.files).some((file) => file.includes("vars:\n"))) seen.vars++;
      if (Object.keys(one.files).some((file) => file.endsWith("fields.yaml"))) seen.configurations++;
      if (text.includes('"config.kubernetes.io/origin"')) seen.origins++;
      if (text.includes('"alpha.config.kubernetes.io/transformations"')) seen.changes++;
      if (canonicalJson(mine) !== canonicalJson(theirs)) differences.push({ files: one.files, mine, theirs });
    }
    expect(differences.slice(0, 1)).toEqual([]);
    process.stderr.write(
      `kustomizations: ${built} of ${asked.length} built alike, ${seen.vars} with vars, ${seen.configurations} with configurations, ${seen.origins} with origins, ${seen.changes} with changes\n`,
    );
    expect(built).toBeGreaterThan(asked.length / 5);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(asked.length / 200);
  },
  1_200_000,
);

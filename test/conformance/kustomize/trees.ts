import * as fc from "fast-check";
import { emitYaml } from "../../../src/kube/yaml/emit-yaml.ts";
import type { Json } from "../../../src/kube/json.ts";

/** Members of an object or of a kustomization. */
export type Members = Readonly<Record<string, unknown>>;
type Some = fc.Arbitrary<Members>;

/** A project, and the folder in it that is built. */
export interface Case {
  readonly files: Record<string, string>;
  readonly folder: string;
}

export const name: fc.Arbitrary<string> = fc.constantFrom("web", "api", "db");
export const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });
/** Each of many members, seldom: one refusal hides what the others do. */
export const seldom = <T>(value: fc.Arbitrary<T>, of = 4): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: of, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
export const withoutUndefined = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

const container: Some = fc.record({
  name: fc.constantFrom("main", "side"),
  image: fc.constantFrom("nginx", "nginx:1.2", "host:5000/team/app:v1", "busybox@sha256:abc"),
  env: optional(
    fc.uniqueArray(
      fc.record({
        name: fc.constantFrom("A", "B", "C"),
        value: fc.constantFrom("1", "two", "1", "two", "$(ONE)", "$(ONE)-$(TWO)$$(TWO)$(", "$"),
      }),
      {
        selector: (item) => item["name"],
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
const containers: fc.Arbitrary<Members[]> = fc.uniqueArray(container, {
  selector: (item) => item["name"],
  minLength: 1,
  maxLength: 2,
});

const deployment: Some = fc
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
const service: Some = fc
  .tuple(name, optional(fc.constantFrom("$(TWO)", "http-$(ONE)")))
  .map(([n, targetPort]) => ({
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
const account: Some = name.map((n) => ({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: n } }));
const binding: Some = name.map((n) => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: { name: n },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: n },
  subjects: [
    { kind: "ServiceAccount", name: n, namespace: "one" },
    { kind: "ServiceAccount", name: "default" },
  ],
}));
const role: Some = name.map((n) => ({
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
const custom: Some = fc.tuple(name, name).map(([n, ref]) => ({
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
const single: Some = fc.constantFrom<Members>(
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "one" } },
  { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "web" }, rules: [] },
);
const idOf = (one: object): string =>
  `${(one as { kind: string }).kind} ${(one as { metadata: { name: string } }).metadata.name}`;
export const resources: fc.Arbitrary<readonly Members[]> = fc.uniqueArray(
  fc.oneof(deployment, service, account, binding, role, scaler, custom, single),
  { selector: idOf, minLength: 1, maxLength: 6 },
);

export const patch: Some = fc.oneof(
  fc
    .record({
      name,
      containers: optional(containers),
      replicas: optional(fc.constantFrom(null, 2)),
      label: fc.constantFrom({}, { team: "p" }, { tier: null }),
    })
    .map(({ name: n, ...rest }) => ({
      patch: emitYaml(
        withoutUndefined({
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: n, labels: { patched: "yes", ...rest.label } },
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

export const generator = (kind: string): Some =>
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

const target: Some = fc.record({
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
export const replacement: Some = fc
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

const variable: Some = fc.record({
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
export const fieldConfig: Some = fc.record({
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

export const kustomization: Some = fc.record({
  vars: seldom(fc.uniqueArray(variable, { selector: (one) => one["name"], minLength: 1, maxLength: 2 }), 5),
  buildMetadata: seldom(metadata),
  namespace: seldom(fc.constantFrom("one", "prod")),
  namePrefix: optional(fc.constantFrom("p-", "q-")),
  nameSuffix: optional(fc.constant("-s")),
  commonLabels: optional(fc.constantFrom({ team: "x" }, { tier: "x", team: "w" })),
  labels: optional(
    fc
      .record({
        pairs: fc.constantFrom({ tier: "t" }, { team: "z" }),
        includeSelectors: optional(fc.boolean()),
        includeTemplates: optional(fc.boolean()),
      })
      .map((label) => [label]),
  ),
  commonAnnotations: optional(fc.constantFrom({ note: "n" }, { note: "m" })),
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

import { symlinkSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FindingJson, ReportJson } from "../../src/analysis/findings/json.ts";
import { makeWorld, reportOf, type World } from "../support/cli.ts";

const web = [
  "apiVersion: apps/v1",
  "kind: Deployment",
  "metadata: {name: web}",
  "spec:",
  "  selector: {matchLabels: {app: web}}",
  "  template:",
  "    metadata: {labels: {app: web}}",
  "    spec:",
  "      containers:",
  "      - {name: web, image: 'web:1', imag: x}",
  "",
].join("\n");
const config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {b: c}\n";

/** `kubeops check` of folders with a kustomization, from the command line. */
describe("check of kustomizations", () => {
  let world: World;
  beforeEach(() => {
    world = makeWorld();
    world.write("k8s/base/kustomization.yaml", "resources: [web.yaml]\n");
    world.write("k8s/base/web.yaml", web);
    for (const name of ["dev", "prod"]) {
      world.write(
        `k8s/overlays/${name}/kustomization.yaml`,
        `resources: [../../base]\nnamePrefix: ${name}-\npatches: [{path: patch.yaml}]\nimages: [{name: web, newTag: "2"}]\n`,
      );
      world.write(
        `k8s/overlays/${name}/patch.yaml`,
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: many\n",
      );
    }
  });
  afterEach(() => world.remove());

  const check = (...names: readonly string[]): ReportJson =>
    reportOf(world.kubeops(["check", "--profile", "none", ...names, "-o", "json"]));
  const lines = (findings: readonly FindingJson[]): readonly string[] =>
    findings.map(
      ({ code, place, renderedBy }) =>
        `${place?.file}:${place?.line}:${place?.column} ${code} ${(renderedBy ?? []).join(" ")}`,
    );

  test("a folder that is named is built, and a finding stands where its value was written", () => {
    const { findings, skipped } = check("k8s/overlays/prod");
    expect(lines(findings)).toEqual([
      "k8s/base/web.yaml:10:37 schema/unknown-field k8s/overlays/prod",
      "k8s/overlays/prod/patch.yaml:5:13 schema/type k8s/overlays/prod",
    ]);
    expect(findings[0]?.object?.name).toBe("prod-web");
    expect(skipped).toEqual([]);
  });

  test("text shows the line of the patch, and which folder made the object", () => {
    const ran = world.kubeops(["check", "--profile", "none", "k8s/overlays/prod"]);
    expect(ran.status).toBe(1);
    expect(ran.stdout).toContain("in: k8s/overlays/prod\n  5 |   replicas: many\n");
    expect(ran.stderr).toBe("");
  });

  test("overlays of one base are worlds of their own; a base named beside them counts once", () => {
    const { findings, skipped } = check("k8s/overlays/dev", "k8s/overlays/prod", "k8s/base");
    expect(lines(findings)).toEqual([
      "k8s/base/web.yaml:10:37 schema/unknown-field k8s/overlays/dev k8s/overlays/prod",
      "k8s/overlays/dev/patch.yaml:5:13 schema/type k8s/overlays/dev",
      "k8s/overlays/prod/patch.yaml:5:13 schema/type k8s/overlays/prod",
    ]);
    expect(skipped).toEqual([{ path: "k8s/base", reason: "a part of k8s/overlays/dev" }]);
    expect(lines(check("k8s/overlays/prod", "k8s/base/web.yaml").findings)).toEqual([
      "k8s/base/web.yaml:10:37 schema/unknown-field k8s/overlays/prod",
      "k8s/overlays/prod/patch.yaml:5:13 schema/type k8s/overlays/prod",
    ]);
  });

  test("on a walk files are read as they stand, and each kustomization is named with what builds it", () => {
    const { findings, skipped } = check("k8s");
    expect(lines(findings)).toEqual(["k8s/base/web.yaml:10:37 schema/unknown-field "]);
    expect(skipped.map(({ path }) => path)).toEqual([
      "k8s/base/kustomization.yaml",
      "k8s/overlays/dev/kustomization.yaml",
      "k8s/overlays/dev/patch.yaml",
      "k8s/overlays/prod/kustomization.yaml",
      "k8s/overlays/prod/patch.yaml",
    ]);
    expect(skipped[3]?.reason).toContain("kubeops check k8s/overlays/prod");
  });

  test("what a kustomization sets stands there: namespace, image, replicas, labels, a generator", () => {
    world.write(
      "set/kustomization.yaml",
      [
        "resources: [web.yaml]",
        "namespace: Not_One",
        "labels:",
        "- pairs: {a: 'not a value'}",
        "replicas: [{name: web, count: -1}]",
        "configMapGenerator:",
        "- {name: s, options: {labels: {b: 'nor this'}}}",
        "",
      ].join("\n"),
    );
    world.write("set/web.yaml", web.replace(", imag: x", ""));
    const told = check("set").findings.map(({ code, place }) => `${place?.line} ${code}`);
    expect(told).toContain("2 object/namespace");
    expect(told).toContain("4 object/label-value");
    expect(told).toContain("7 object/label-value");
    expect(told.some((line) => line.startsWith("5 server/"))).toBe(true);
  });

  test("what is not built here is a finding with its place, and its files are read as they stand", () => {
    for (const [member, line] of [
      ["helmCharts: [{name: x}]", "helmCharts"],
      ["validators: [g.yaml]", "validators"],
    ] as const) {
      world.write("odd/kustomization.yaml", `resources: [a.yaml]\n${member}\n`);
      world.write("odd/a.yaml", config);
      const ran = world.kubeops(["check", "odd"]);
      expect(ran.stdout).toContain("odd/kustomization.yaml:2:1  warning  kustomization/not-built");
      expect(ran.stdout).toContain(`${line} is not built here`);
      expect(ran.stderr).toContain("kustomize build odd | kubeops check -");
      expect(ran.status).toBe(0);
      if (line !== "validators") continue;
      const planned = world.kubeops(["plan", "-f", "odd", "-n", "x", "--target", "git:./gitops#a"]);
      expect(planned.status).toBe(2);
      expect(planned.stderr).toContain(`odd/kustomization.yaml:2:1: ${line} is not built here`);
    }
    world.write(
      "odd/kustomization.yaml",
      "resources: [a.yaml, 'https://example.com/a.yaml', 'github.com/o/r//p?ref=v1']\n",
    );
    expect(check("odd").findings.map(({ code, place }) => `${place?.column} ${code}`)).toEqual([
      "21 kustomization/not-built",
    ]);
  });

  test("vars are replaced, and a finding stands where the text with the var does", () => {
    world.write(
      "vars/kustomization.yaml",
      [
        "resources: [web.yaml, service.yaml]",
        "namePrefix: shop-",
        "vars:",
        "- name: SERVICE",
        "  objref: {apiVersion: v1, kind: Service, name: api}",
        "- name: PORT",
        "  objref: {apiVersion: v1, kind: Service, name: api}",
        "  fieldref: {fieldpath: 'metadata.annotations.port'}",
        "",
      ].join("\n"),
    );
    world.write("vars/web.yaml", web.replace("imag: x", "args: ['--at=$(SERVICE)', '$$(PORT)']"));
    world.write(
      "vars/service.yaml",
      "apiVersion: v1\nkind: Service\nmetadata: {name: api, annotations: {port: none}}\nspec:\n  ports:\n  - {port: $(PORT)}\n",
    );
    expect(lines(check("vars").findings)).toEqual(["vars/service.yaml:6:12 schema/type vars"]);
    world.write(
      "vars/service.yaml",
      "apiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec: {ports: [{port: 1}]}\n",
    );
    const [missing] = check("vars").findings;
    expect(missing?.code).toBe("kustomization/var");
    expect(missing?.message).toContain("PORT names an object without metadata.annotations.port");
    expect(missing?.place?.line).toBe(6);
  });

  test("configurations name fields besides those that kustomize knows", () => {
    world.write(
      "more/kustomization.yaml",
      [
        "resources: [web.yaml]",
        "commonAnnotations: {a: b}",
        "images: [{name: web, newTag: '2'}]",
        "configurations: [fields.yaml]",
        "",
      ].join("\n"),
    );
    world.write("more/web.yaml", web.replace("imag: x", "args: ['$(NONE)']"));
    world.write(
      "more/fields.yaml",
      "commonAnnotations:\n- {path: spec/strategy/notes, create: true, kind: Deployment}\n",
    );
    expect(lines(check("more").findings)).toEqual(["more/web.yaml:5:3 schema/unknown-field more"]);
    world.write("more/fields.yaml", "images:\n- {path: spec/image, kinds: Deployment}\n");
    expect(lines(check("more").findings)).toEqual(["more/fields.yaml:2:22 kustomization/malformed more"]);
    world.write("more/fields.yaml", "commonAnnotations:\n- {path: metadata/annotations}\n");
    expect(check("more").findings.map(({ code }) => code)).toEqual(["kustomization/field"]);
    world.write("more/kustomization.yaml", "resources: [web.yaml]\nconfigurations: [../outside.yaml]\n");
    expect(check("more").findings.map(({ code }) => code)).toEqual(["kustomization/outside"]);
  });

  test("transformers and generators with configurations of their own are built; programs are not run", () => {
    const plug = (files: Readonly<Record<string, string>>): readonly string[] => {
      world.write("plug/kustomization.yaml", files["kustomization"] ?? "");
      for (const [name, text] of Object.entries(files)) world.write(`plug/${name}.yaml`, text);
      return lines(check("plug").findings);
    };
    world.write("plug/web.yaml", web.replace(", imag: x", ""));
    world.write("more/kustomization.yaml", "resources: [count.yaml]\n");
    world.write(
      "more/count.yaml",
      [
        "apiVersion: builtin",
        "kind: ReplicaCountTransformer",
        "metadata: {name: count}",
        "replica:",
        "  name: web",
        "  count: -4",
        "fieldSpecs: [{path: spec/replicas, kind: Deployment, create: true}]",
        "",
      ].join("\n"),
    );
    const built = plug({
      kustomization: [
        "resources: [web.yaml]",
        "generators:",
        "- |",
        "  apiVersion: builtin",
        "  kind: ConfigMapGenerator",
        "  metadata: {name: made}",
        "  options: {labels: {a: 'not a value'}}",
        "transformers: [space.yaml, ../more]",
        "",
      ].join("\n"),
      space: "apiVersion: builtin\nkind: NamespaceTransformer\nmetadata: {name: x, namespace: Not_One}\n",
    });
    expect(built).toContain("plug/space.yaml:3:32 object/namespace plug");
    expect(built).toContain("plug/kustomization.yaml:3:3 object/label-value plug");
    expect(built.some((line) => line.startsWith("more/count.yaml:6:10 server/"))).toBe(true);
    const fn = "apiVersion: example.com/v1\nkind: Fn\nmetadata: {name: f}\n";
    expect(plug({ kustomization: "resources: [web.yaml]\ntransformers: [fn.yaml]\n", fn })[0]).toBe(
      "plug/fn.yaml:1:1 kustomization/not-built plug",
    );
    expect(check("plug").findings[0]?.message).toContain("the function or plug-in example.com/v1 Fn");
    for (const [member, code] of [
      ["transformers: [../more/count.yaml]", "kustomization/outside"],
      ["transformers: [/etc/passwd]", "kustomization/outside"],
      ["transformers: [../plug]", "kustomization/cycle"],
      ["generators: [../../../../etc]", "kustomization/outside"],
      [
        "generators: ['apiVersion: builtin\n\nkind: constructor\n\nmetadata: {name: a}\n']",
        "kustomization/malformed",
      ],
      [
        "transformers: ['apiVersion: builtin\n\nkind: __proto__\n\nmetadata: {name: a}\n']",
        "kustomization/malformed",
      ],
      ["transformers: [{a: b}]", "kustomization/malformed"],
      ["transformers: [twice.yaml, twice.yaml]", "kustomization/conflict"],
    ] as const) {
      const [finding] = plug({
        kustomization: `resources: [web.yaml]\n${member}\n`,
        twice: "apiVersion: builtin\nkind: HashTransformer\nmetadata: {name: h}\n",
      });
      expect(finding).toContain(` ${code} `);
    }
  });

  test("openapi joins lists by its keys, and crds name fields: findings stand where values were written", () => {
    world.write(
      "kinds/kustomization.yaml",
      [
        "resources: [a.yaml, web.yaml]",
        "openapi: {path: schema.json}",
        "crds: [crd.json]",
        "commonLabels: {tier: 'not so'}",
        "patches: [{path: patch.yaml}]",
        "",
      ].join("\n"),
    );
    const thing = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\n";
    world.write("kinds/a.yaml", `${thing}spec: {parts: [{name: one, at: 1}], chosen: {}}\n`);
    world.write("kinds/patch.yaml", `${thing}spec:\n  parts:\n  - name: two\n    at: 2\n`);
    world.write("kinds/web.yaml", web.replace(", imag: x", ""));
    const parts = {
      type: "array",
      "x-kubernetes-patch-strategy": "merge",
      "x-kubernetes-patch-merge-key": "name",
    };
    const kind = { group: "example.com", version: "v1", kind: "Thing" };
    const definition = {
      properties: { spec: { properties: { parts } } },
      "x-kubernetes-group-version-kind": [kind],
    };
    const schema = { definitions: { Thing: definition } };
    world.write("kinds/schema.json", JSON.stringify(schema));
    const chosen = { "x-kubernetes-label-selector": "" };
    world.write(
      "kinds/crd.json",
      JSON.stringify({
        "v1.Thing": {
          Schema: { properties: { kind: {}, apiVersion: {}, metadata: {}, spec: { $ref: "v1.Spec" } } },
        },
        "v1.Spec": { Schema: { properties: { chosen } } },
      }),
    );
    world.write(
      "kubeops.yaml",
      [
        "apiVersion: kubernetes-operations.dev/v1",
        "kind: Settings",
        "check:",
        "  rules:",
        "  - id: own/parts",
        "    title: says its parts",
        "    severity: error",
        "    match: {kinds: [Thing]}",
        "    expression: 'false'",
        `    messageExpression: 'object.spec.parts.map(p, p.name).join(",") + " " + object.spec.chosen.tier'`,
        "    fix: none",
        "    source: this test",
        "    rationale: it tells",
        "",
      ].join("\n"),
    );
    const { findings } = check("kinds");
    expect(findings.find(({ code }) => code === "own/parts")?.message).toContain("two,one not so");
    const refused = (text: string): string => {
      world.write("kinds/schema.json", text);
      return lines(check("kinds").findings).join();
    };
    expect(refused("[]")).toContain("kinds/kustomization.yaml:2:1 kustomization/malformed");
    const cluster = { paths: { "/things/{name}": { get: { "x-kubernetes-group-version-kind": kind } } } };
    expect(refused(JSON.stringify({ ...schema, ...cluster }))).toContain(
      "kinds/kustomization.yaml:2:1 kustomization/not-built",
    );
    expect(
      refused('{"definitions": {"a": {"x-kubernetes-group-version-kind": [{"kind": "__proto__"}]}}}'),
    ).toContain("kustomization/malformed");
    world.write("kinds/kustomization.yaml", "resources: [a.yaml]\ncrds: [ring.json]\n");
    world.write(
      "kinds/ring.json",
      JSON.stringify({
        a: {
          Schema: {
            properties: { kind: {}, apiVersion: {}, metadata: {}, x: { $ref: "b" }, y: { $ref: "b" } },
          },
        },
        b: { Schema: { properties: { x: { $ref: "a" }, y: { $ref: "a" } } } },
      }),
    );
    expect(lines(check("kinds").findings).join()).toMatch(/kustomization\/(?:malformed|too-large)/);
    world.write("kinds/kustomization.yaml", "resources: [a.yaml]\nopenapi: {path: ../kubeops.yaml}\n");
    expect(lines(check("kinds").findings).join()).toContain("kustomization/outside");
    world.write("above/kustomization.yaml", "resources: [../kinds]\n");
    world.write("kinds/kustomization.yaml", "resources: [a.yaml]\nopenapi: {path: schema.json}\n");
    expect(lines(check("above").findings).join()).toContain(
      "kinds/kustomization.yaml:2:1 kustomization/not-built",
    );
  });

  test("a label that a base made is one value: what an overlay sets in one field is set in all", () => {
    world.write("one/base/kustomization.yaml", "resources: [web.yaml]\ncommonLabels: {tier: a}\n");
    world.write("one/base/web.yaml", web.replace(", imag: x", ""));
    world.write("one/over/kustomization.yaml", "resources: [../base]\nlabels: [{pairs: {tier: 'not so'}}]\n");
    const { findings } = check("one/over");
    // The object, its Pod template, and the selector: kustomize has one node for all of them.
    expect(findings.map(({ code }) => code)).toEqual([
      "object/label-value",
      "object/label-value",
      "server/name",
    ]);
    expect(findings.map(({ place }) => place?.file)).toEqual(Array(3).fill("one/over/kustomization.yaml"));
  });

  test("a var of a long value that is used often is counted", () => {
    world.write(
      "long/kustomization.yaml",
      "resources: [a.yaml]\nvars: [{name: X, objref: {apiVersion: v1, kind: ConfigMap, name: a}, fieldref: {fieldPath: data.b}}]\n",
    );
    const text = (length: number, part: string): string => JSON.stringify(part.repeat(length));
    world.write(
      "long/a.yaml",
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {note: ${text(100_000, "$(X)")}}}\ndata: {b: ${text(1_000_000, "x")}}\n`,
    );
    expect(check("long").findings.map(({ code }) => code)).toContain("kustomization/too-large");
  });

  test("buildMetadata brings the label and annotations that kustomize writes", () => {
    world.write(
      "meta/kustomization.yaml",
      "buildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]\nresources: [../k8s/base]\nnamePrefix: p-\n",
    );
    const told = ["config.kubernetes.io/origin", "alpha.config.kubernetes.io/transformations"]
      .map((name) => `object.metadata.annotations["${name}"]`)
      .join(' + "|" + ');
    world.write(
      "kubeops.yaml",
      [
        "apiVersion: kubernetes-operations.dev/v1",
        "kind: Settings",
        "check:",
        "  rules:",
        "  - id: own/says",
        "    title: says its metadata",
        "    severity: error",
        "    match: {kinds: [Deployment]}",
        "    expression: 'false'",
        `    messageExpression: 'object.metadata.labels["app.kubernetes.io/managed-by"] + "|" + ${told}'`,
        "    fix: none",
        "    source: this test",
        "    rationale: it tells",
        "",
      ].join("\n"),
    );
    const said = check("meta").findings.find(({ code }) => code === "own/says");
    expect(said?.message).toContain(
      "kustomize-v5.8.1|path: ../k8s/base/web.yaml |- configuredIn: kustomization.yaml configuredBy: apiVersion: builtin kind: PrefixTransformer",
    );
  });

  test("a value that a replacement copies stands at the replacement", () => {
    world.write(
      "copy/kustomization.yaml",
      [
        "resources: [web.yaml]",
        "configMapGenerator:",
        "- {name: s, literals: [count=many]}",
        "replacements:",
        "- source: {kind: ConfigMap, name: s, fieldPath: data.count}",
        "  targets:",
        "  - {select: {kind: Deployment}, fieldPaths: [spec.paused], options: {create: true}}",
        "",
      ].join("\n"),
    );
    world.write("copy/web.yaml", web.replace(", imag: x", ""));
    expect(lines(check("copy").findings)).toEqual(["copy/kustomization.yaml:5:3 schema/type copy"]);
  });

  test("a replacement reaches into a text that holds JSON, and is not made in YAML", () => {
    const members = (path: string): string =>
      [
        "resources: [a.yaml, web.yaml]",
        "replacements:",
        "- sourceValue: secret",
        `  targets: [{select: {kind: ConfigMap}, fieldPaths: ['${path}']}]`,
        "",
      ].join("\n");
    world.write("text/web.yaml", web.replace(", imag: x", ""));
    world.write(
      "text/a.yaml",
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n    json: '{"a": "b"}'\ndata: {yaml: "a: b"}\n`,
    );
    world.write("text/kustomization.yaml", members("metadata.labels.json.a"));
    const [finding] = check("text").findings;
    expect(finding?.code).toBe("object/label-value");
    expect(finding?.place).toMatchObject({ file: "text/a.yaml", line: 6 });
    world.write("text/kustomization.yaml", members("data.yaml.a"));
    expect(check("text").findings.map(({ code, place }) => `${place?.line} ${code}`)).toContain(
      "3 kustomization/not-built",
    );
  });

  test("what leaves the tree, cycles and fan-out end with a finding", () => {
    const code = (text: string): readonly string[] => {
      world.write("bad/kustomization.yaml", text);
      world.write("bad/a.yaml", config);
      return check("bad").findings.map((finding) => finding.code);
    };
    world.write("outside.yaml", config);
    expect(code("resources: [../outside.yaml]\n")).toEqual(["kustomization/outside"]);
    expect(code("resources: [../../../../../../etc]\n")).toEqual(["kustomization/outside"]);
    expect(code("resources: [/etc/passwd]\n")).toEqual(["kustomization/outside"]);
    expect(code("configMapGenerator: [{name: a, files: [../outside.yaml]}]\n")).toEqual([
      "kustomization/outside",
    ]);
    symlinkSync("/etc/passwd", world.path("bad", "link.yaml"));
    expect(code("resources: [link.yaml]\n")).toEqual(["kustomization/outside"]);
    symlinkSync("../outside.yaml", world.path("bad", "near.yaml"));
    expect(code("resources: [near.yaml]\n")).toEqual(["kustomization/outside"]);
    expect(code("resources: [../bad]\n")).toEqual(["kustomization/cycle"]);
    expect(code("resources: [..]\n")).toEqual(["kustomization/cycle"]);
    world.write("good/kustomization.yaml", "resources: [../bad]\n");
    expect(code("resources: [../good]\n")).toEqual(["kustomization/cycle"]);
    expect(code("resources: [gone.yaml]\n")).toEqual(["kustomization/not-found"]);
    expect(code("resources: [a.yaml]\nresource: []\n")).toEqual(["kustomization/malformed"]);
    expect(code("resources: [a.yaml, a.yaml]\n")).toEqual(["kustomization/conflict"]);
    // Each folder names the next ten times: 10^12 builds, if nobody counted.
    for (let level = 0; level < 12; level++) {
      const names = Array.from({ length: 10 }, (_, index) => `../level${level + 1}/n${index}`);
      for (let index = 0; index < 10; index++)
        world.write(
          `level${level}/n${index}/kustomization.yaml`,
          `namePrefix: n${index}-\nresources: [${names.map((name) => `../${name}`).join(", ")}]\n`,
        );
    }
    for (let index = 0; index < 10; index++) {
      world.write(`level12/n${index}/kustomization.yaml`, `namePrefix: n${index}-\nresources: [a.yaml]\n`);
      world.write(`level12/n${index}/a.yaml`, config);
    }
    const wide = check("level0/n0").findings;
    expect(wide.map((finding) => finding.code)).toEqual(["kustomization/too-large"]);
  });

  test("a patch, a replacement and a field that do not fit are findings at their places", () => {
    const told = (member: string, object = config): readonly string[] => {
      world.write("unfit/kustomization.yaml", `resources: [a.yaml]\n${member}\n`);
      world.write("unfit/a.yaml", object);
      return lines(check("unfit").findings);
    };
    expect(told("patches: [{target: {kind: ConfigMap}}]")).toEqual([
      "unfit/kustomization.yaml:2:11 kustomization/patch unfit",
    ]);
    expect(
      told(`patches: [{target: {kind: ConfigMap}, patch: '[{"op": "remove", "path": "/none"}]'}]`),
    ).toEqual(["unfit/kustomization.yaml:2:11 kustomization/patch unfit"]);
    expect(
      told(
        "replacements: [{source: {kind: Secret}, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.b]}]}]",
      ),
    ).toEqual(["unfit/kustomization.yaml:2:16 kustomization/replacement unfit"]);
    expect(told("labels: [{pairs: {a: b}}]", config.replace("name: a", "name: a, labels: no"))).toEqual([
      "unfit/a.yaml:3:29 yaml/ambiguous-scalar unfit",
      "unfit/kustomization.yaml:1:1 kustomization/field unfit",
    ]);
  });

  test("files that a kustomization does not name are told, not read", () => {
    world.write("k8s/base/other.yaml", config);
    // What an apply of ours wrote beside the objects is not told.
    world.write("k8s/base/.kubeops.json", "{}");
    expect(check("k8s/base").skipped).toEqual([
      { path: "k8s/base", reason: "files that its kustomization does not name: k8s/base/other.yaml" },
    ]);
  });

  test("other readers of objects get what is built: can, reach and --against", () => {
    world.write("rights/kustomization.yaml", "resources: [rbac.yaml]\nnamespace: shop\nnamePrefix: p-\n");
    world.write(
      "rights/rbac.yaml",
      [
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: bot}",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: [{apiGroups: [''], resources: [pods], verbs: [get]}]",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}\nsubjects: [{kind: ServiceAccount, name: bot, namespace: shop}]",
        "",
      ].join("\n---\n"),
    );
    expect(world.kubeops(["can", "sa:shop/p-bot", "get", "pods", "-n", "shop", "-f", "rights"]).status).toBe(
      0,
    );
    expect(world.kubeops(["can", "sa:shop/bot", "get", "pods", "-n", "shop", "-f", "rights"]).status).toBe(1);
    expect(world.kubeops(["reach", "-f", "k8s/overlays/prod"]).stdout).toContain("prod-web");
    world.write("bad/kustomization.yaml", "resources: [gone.yaml]\n");
    for (const words of [
      ["can", "sa:a/b", "get", "pods", "-f", "bad"],
      ["reach", "-f", "bad"],
      ["plan", "-f", "bad", "-n", "x", "--target", "git:./gitops#a"],
    ]) {
      const ran = world.kubeops(words);
      expect(ran.status).toBe(2);
      expect(ran.stderr).toContain("bad/kustomization.yaml:1:13: gone.yaml does not exist");
    }
  });
});

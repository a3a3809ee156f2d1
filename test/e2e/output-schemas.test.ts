import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
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
import { app } from "../../src/cli/app.ts";
import { type Output, outputs, printObjects } from "../../src/cli/outputs/outputs.ts";
import { makeWorld, must, planShop, repository, type World } from "../support/cli.ts";
import { compileClosed, documentsOf, kindOf, outputFault } from "../support/output-check.ts";

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

function sourceFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file));
}

const CRD = [
  "apiVersion: apiextensions.k8s.io/v1",
  "kind: CustomResourceDefinition",
  "metadata: {name: shirts.example.com}",
  "spec:",
  "  group: example.com",
  "  scope: Namespaced",
  "  names: {plural: shirts, singular: shirt, kind: Shirt}",
  "  versions:",
  "    - name: v1",
  "      served: true",
  "      storage: true",
  "      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: string, enum: [S, M]}}}}}}",
  "",
].join("\n");

const RBAC = [
  "apiVersion: v1",
  "kind: ServiceAccount",
  "metadata: {name: bot, namespace: ci}",
  "---",
  "apiVersion: rbac.authorization.k8s.io/v1",
  "kind: ClusterRole",
  "metadata: {name: reads}",
  "rules: [{apiGroups: [''], resources: [pods], verbs: [get]}, {apiGroups: [''], resources: [secrets], verbs: ['*']}, {apiGroups: [''], resources: [pods], verbs: [create]}]",
  "---",
  "apiVersion: rbac.authorization.k8s.io/v1",
  "kind: ClusterRoleBinding",
  "metadata: {name: bot-reads}",
  "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reads}",
  "subjects: [{kind: ServiceAccount, name: bot, namespace: ci}]",
  "---",
  "apiVersion: rbac.authorization.k8s.io/v1",
  "kind: RoleBinding",
  "metadata: {name: nobody, namespace: shop}",
  "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: gone}",
  "subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: team}]",
  "",
].join("\n");

const workload = (name: string, env: string): string =>
  [
    "apiVersion: apps/v1",
    "kind: Deployment",
    `metadata: {name: ${name}, namespace: shop}`,
    "spec:",
    `  selector: {matchLabels: {app: ${name}}}`,
    "  template:",
    `    metadata: {labels: {app: ${name}}}`,
    `    spec: {containers: [{name: a, image: 'a/b:1', ports: [{containerPort: 5432}], env: [${env}]}]}`,
    "---",
    "apiVersion: v1",
    "kind: Service",
    `metadata: {name: ${name}, namespace: shop}`,
    `spec: {selector: {app: ${name}}, ports: [{port: 5432}]${name === "web" ? ", type: LoadBalancer" : ""}}`,
    "---",
    "",
  ].join("\n");

const NET = [
  workload("web", "{name: DB_HOST, value: 'db:5432'}"),
  workload("db", ""),
  "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: db, namespace: shop}\nspec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}, {podSelector: {matchLabels: {app: gone}}}]}]}\n",
].join("");

/** Every command with `-o json`, as its words. */
function commandsWithJson(): readonly string[] {
  interface Target {
    readonly getAllEntries?: () => readonly {
      readonly name: { readonly original: string };
      readonly target: Target;
    }[];
    readonly parameters?: {
      readonly flags?: Readonly<Record<string, { readonly values?: readonly string[] }>>;
    };
  }
  const walk = (target: Target, words: readonly string[]): readonly string[] =>
    target.getAllEntries === undefined
      ? Object.values(target.parameters?.flags ?? {}).some(({ values }) => values?.includes("json"))
        ? [words.join(" ")]
        : []
      : target.getAllEntries().flatMap((entry) => walk(entry.target, [...words, entry.name.original]));
  return walk(app.root as unknown as Target, []);
}

describe("every kind of output", () => {
  it("no command has -o json without a schema, and no schema is of a command that is not there", () => {
    const commands = commandsWithJson();
    expect(commands.length).toBeGreaterThan(25);
    const printed = outputs.flatMap(({ printedBy }) => printedBy);
    const has = (command: string): boolean =>
      printed.some((words) => words === command || words.startsWith(`${command} `));
    expect(commands.filter((command) => !has(command) && !printObjects.includes(command))).toEqual([]);
    expect(
      printed.filter(
        (words) => ![...commands, "audit export"].some((name) => `${words} `.startsWith(`${name} `)),
      ),
    ).toEqual([]);
  });

  it("every kind in the text of the program has a schema", () => {
    // A kind beside an apiVersion of ours is one that is printed, stored or read.
    const read: ReadonlySet<string> = new Set([
      // Documents that people write.
      "Settings",
      "Rules",
      "Charter",
      // Stored, never printed.
      "StoredDefinition",
      "Intent",
    ]);
    const known = new Set(outputs.map(({ kind }) => kind));
    const missing = sourceFiles(join(repository, "src"))
      .filter((file) => /src\/(?:cli|audit|threat-model|analysis)\//.test(file) && !file.endsWith(".test.ts"))
      .flatMap((file) => {
        const text = readFileSync(file, "utf8");
        return [
          ...text.matchAll(
            /apiVersion(?:: "kubernetes-operations\.dev\/v1"| as string|: \w+\.apiVersion)?,\s*kind: "(\w+)"/g,
          ),
        ].flatMap(([, kind = ""]) => (known.has(kind) || read.has(kind) ? [] : [`${file}: ${kind}`]));
      });
    expect(missing).toEqual([]);
  });

  it.each([
    ["a kind without a schema", { apiVersion: "kubernetes-operations.dev/v1", kind: "Poem" }],
    [
      "a key more",
      { apiVersion: "kubernetes-operations.dev/v1", kind: "Version", version: "1", node: "24", a: 1 },
    ],
    ["a key less", { apiVersion: "kubernetes-operations.dev/v1", kind: "Version", version: "1" }],
  ])("%s is found by what holds the outputs of all tests", (_, document) => {
    expect(outputFault(document)).toBeDefined();
  });

  it("a later version may add keys, but not to what is signed, hashed or read back", () => {
    const closedOnes = outputs.filter(({ closed }) => closed).map(({ kind }) => kind);
    expect(closedOnes).toEqual(["AuditEvent", "Checkpoint", "Plan", "SignedApproval", "ThreatModel"]);
    for (const { closed, schema } of outputs)
      expect(JSON.stringify(schema).includes('"additionalProperties":false')).toBe(closed);
  });

  describe("is printed by", () => {
    let world: World;
    const seen = new Set<string>();
    const run = (args: string, status: number, input = ""): string => {
      const ran = world.kubeops([...args.split(" "), "-o", "json"], { input });
      expect([args, ran.status, ran.stderr.includes('"kind":"Error"') ? ran.stderr : ""]).toEqual([
        args,
        status,
        "",
      ]);
      // `kubeops` held it against its schema already.
      for (const document of documentsOf(ran.stdout)) seen.add(kindOf(document));
      return ran.stdout;
    };
    beforeAll(() => {
      world = makeWorld().prepare();
      world.copy(join(repository, "examples/shop"), "shop");
    });
    afterAll(() => world.remove());

    it("a change, from charter to audit", () => {
      run(
        "charter init --name test --owner id_ed25519.pub --principal anna --software-keys --reconciler none --target git:./gitops@main#apps/shop -n shop",
        0,
      );
      run("charter show", 1);
      run("charter sign --key id_ed25519", 0);
      run("charter verify", 0);
      run("charter show", 0);
      const words = planShop().join(" ");
      run(words.replace("plan ", "diff ").replace(" --out plan.json", ""), 1);
      run(words, 0);
      run("show plan.json", 0);
      run("approve plan.json --key id_ed25519 --yes", 0);
      run("apply plan.json", 0);
      run("apply plan.json", 0);
      run("undo plan.json", 0);
      run("audit list", 0);
      run("audit show 0", 0);
      run("audit verify", 0);
      for (const line of must(world.kubeops(["audit", "export"]))
        .stdout.trimEnd()
        .split("\n")) {
        const document = JSON.parse(line) as Json;
        expect(outputFault(document)).toBeUndefined();
        seen.add(kindOf(document));
      }
    });

    it("checks, fixes and explanations", () => {
      world.write(
        "k8s/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostNetwork: yes, containers: [{name: a, image: nginx, ports: [{containerPort: '80'}]}]}\n",
      );
      world.write("crd.yaml", CRD);
      run("check k8s", 1);
      run("check --list-checks", 0);
      run("fix k8s --dry-run", 1);
      run(
        "fix -",
        0,
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'nginx:1', replica: 1}]}\n",
      );
      for (const asked of [
        "deployment",
        "deployment.spec.strategy",
        "pod --recursive",
        "security/host-network",
        "CKV_K8S_20",
        "kubeletconfiguration",
      ])
        run(`explain ${asked}`, 0);
      run("schemas list", 0);
      run("schemas add crd.yaml", 0);
      run("explain shirt.spec", 0);
      run("schemas list", 0);
      run("schemas remove --all", 0);
      run("version", 0);
      world.write(
        "kubeops.yaml",
        "apiVersion: kubernetes-operations.dev/v1\nkind: Settings\ncheck:\n  rules:\n    - {id: own/a, title: A, expression: 'true'}\n",
      );
      run("check --test-rules", 0);
      run("check --list-checks", 0);
      run("explain own/a", 0);
    });

    it("permissions", () => {
      world.write("rbac/all.yaml", RBAC);
      world.write("none/all.yaml", RBAC.split("---")[0] ?? "");
      run("can sa:ci/bot get pods -n shop -f rbac", 0);
      run("can sa:ci/bot delete pods -n shop -f rbac", 1);
      run("can sa:ci/bot get /healthz -f rbac", 0);
      run("can user:x get pods --as-group system:masters -f rbac", 0);
      run("can --list sa:ci/bot -f rbac", 0);
      run("can --who get pods -n shop -f rbac", 0);
      run("can --paths sa:ci/bot --to cluster-admin -f rbac", 0);
      run("can --diff none rbac", 1);
      run("can --diff rbac none", 0);
      world.write(
        "audit.log",
        `${JSON.stringify({ kind: "Event", apiVersion: "audit.k8s.io/v1", stage: "ResponseComplete", verb: "get", user: { username: "system:serviceaccount:ci:bot" }, objectRef: { resource: "pods", namespace: "shop", name: "a", apiVersion: "v1" }, requestURI: "/api/v1/namespaces/shop/pods/a", responseStatus: { code: 200 } })}\n`,
      );
      run("can --least audit.log --subject sa:ci/bot", 0);
    });

    it("reachability", () => {
      world.write("net/all.yaml", NET);
      world.write("policy/p.yaml", NET.split("---").at(-1) ?? "");
      world.write("work/w.yaml", NET.split("---").slice(0, -1).join("---"));
      world.write(
        "asserts.yaml",
        "apiVersion: kubernetes-operations.dev/v1\nkind: ReachAssertions\nmustReach: [{from: shop/web, to: 'shop/db:5432'}]\nmustNotReach: [{from: internet, to: shop/db, why: it holds data}]\n",
      );
      run("reach -f net", 0);
      run("reach --full -f net", 0);
      run("reach shop/web shop/db:5432 -f net", 0);
      run("reach internet shop/db -f net", 1);
      run("reach --exposed -f net", 0);
      run("reach --diff work net", 1);
      run("reach --diff net net", 0);
      run("reach --compare policy policy -f work", 0);
      run("reach --redundant -f net", 0);
      run("reach --coverage -f net", 1);
      run("reach --assert asserts.yaml -f net", 0);
      run("reach --synthesise -f work", 0);
    });

    it("threat models", () => {
      world.copy(join(repository, "plugin"), "two/a");
      world.copy(join(repository, "plugin"), "two/b");
      world.write(
        "two/.claude-plugin/marketplace.json",
        '{"name": "m", "owner": {"name": "o"}, "plugins": [{"name": "a", "source": "./a"}, {"name": "b", "source": "./b"}]}',
      );
      world.write("model.json", run("threat-model two/a", 0));
      run("threat-model two", 0);
      world.write("mine/agents/a.md", "---\nname: a\ndescription: d\n---\nRun kubectl delete.\n");
      world.write("other.json", run("threat-model mine", 0));
      run("threat-model diff other.json model.json", 1);
      world.write(
        "accept.yaml",
        "- {change: threat-present/M1.1, owner: anna, reason: r, expires: '2020-01-01'}\n",
      );
      run("threat-model diff model.json other.json --accept accept.yaml", 1);
      run("threat-model what-if other.json --without agent:a", 0);
      const vector = "--vector CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H";
      run(`threat-model score ${vector} --factors autonomy=1`, 0);
      run(
        `threat-model score ${vector} --profile aivss-2.0-candidate --ssvc threat=poc,impact=significant,f1=3,f2=4,f3=1,f4=3,f5=1,f6=1,f7=2,f8=1,f9=2,f10=1`,
        0,
      );
    });

    it("these runs, each kind, but for what needs a cluster", () => {
      // test/e2e/cluster.test.ts pins one; errors are below.
      const elsewhere: readonly Output["kind"][] = ["ClusterPinned", "Error"];
      expect(outputs.map(({ kind }) => kind).filter((kind) => !seen.has(kind))).toEqual(elsewhere);
    });
  });
});

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
    for (const { name, schema } of outputs)
      await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(
        `../../schemas/${name}.schema.json`,
      );
  });

  it("reports of check follow report.schema.json, and hold no other key", () => {
    const validate = compileClosed(reportSchema);
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
    const rare = findingsJson([
      { code: "a/b", severity: "info", message: "m", place, fix: "f", renderedBy: ["k"] },
    ]);
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
    const validate = compileClosed(ruleTestsSchema);
    const report = JSON.parse(ran.stdout) as Json;
    expect([ran.status, validate(report), validate.errors]).toEqual([1, true, null]);
    expect(keysIn(report)).toEqual(
      expect.arrayContaining([".tests.detail", ".untested.place.line", ".neverFail.rule"]),
    );
  });

  it("errors follow error.schema.json, and hold no other key", () => {
    const validate = compileClosed(errorSchema);
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

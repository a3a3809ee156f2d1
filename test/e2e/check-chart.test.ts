import { chmodSync, existsSync, symlinkSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ReportJson } from "../../src/analysis/findings/json.ts";
import { gzip, renderChart } from "../../src/apply/chart/render-chart.ts";
import { readTar } from "../../src/kube/chart/read-tar.ts";
import { writeTar } from "../../src/kube/chart/write-tar.ts";
import { makeWorld, type Ran, reportOf, running, type World } from "../support/cli.ts";
import { helm, pathWithHelm } from "../support/helm.ts";
import { leftOut } from "../support/suites.ts";
import { processesOf } from "../support/processes.ts";
import { until } from "../support/until.ts";

const description = (name = "demo", more = ""): string =>
  `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n${more}`;
const map = (name: string, data: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  a: ${data}\n`;

const bare = "/usr/bin:/bin";

describe("a chart without Helm", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld();
    world.write("demo/Chart.yaml", description());
    world.write("demo/templates/a.yaml", map("a", "{{ .Values.a }}"));
    world.write("demo/values.yaml", "a: b\n");
    world.write("good.yaml", map("good", "b"));
  });
  afterAll(() => world.remove());
  const check = (args: readonly string[], PATH: string): Ran =>
    world.kubeops(["check", ...args], { env: { PATH } });

  test("it is named with what to do, and alone it is no input", () => {
    const alone = check(["demo"], bare);
    expect(alone.status).toBe(2);
    expect(alone.stderr).toContain(
      "left aside: demo (a Helm chart, not rendered: helm was not found on PATH: install Helm 3.12 or newer, or 4)",
    );
    const beside = check(["demo", "good.yaml"], bare);
    expect(beside.status).toBe(0);
    expect(beside.stderr).toContain("skipped demo: a Helm chart, not rendered: helm was not found on PATH");
  });

  test("a helm in the chart, in a relative folder of PATH, that anybody may write, or of another version is not run", () => {
    const fake = '#!/bin/sh\ntouch "$(dirname "$0")/ran"\necho v3.19.0\n';
    for (const path of ["demo/bin/helm", "open/helm"]) chmodSync(world.write(path, fake), 0o755);
    chmodSync(world.path("open/helm"), 0o777);
    chmodSync(world.write("old/helm", "#!/bin/sh\necho v3.11.3+g323249351\n"), 0o755);
    chmodSync(world.write("odd/helm", "#!/bin/sh\nprintf '\\033[2Jhello\\n'\n"), 0o755);
    const path = (folder: string): string => `${world.path(folder)}:${bare}`;
    for (const PATH of [path("demo/bin"), path("open"), `open:demo/bin::.:${bare}`])
      expect(check(["demo"], PATH).stderr).toContain("helm was not found on PATH");
    expect(existsSync(world.path("demo/bin/ran")) || existsSync(world.path("open/ran"))).toBe(false);
    expect(check(["demo"], path("old")).stderr).toContain(
      "old/helm is Helm 3.11: install Helm 3.12 or newer, or 4",
    );
    const odd = check(["demo"], path("odd"));
    expect(odd.status).toBe(2);
    expect(odd.stderr).toContain("does not say its version (\\u{1b}[2Jhello)");
    expect(odd.stderr).not.toContain("\u001b");
  });

  test("flags for charts without a chart are a mistake", () => {
    const ran = check(["good.yaml", "--values", "demo/values.yaml"], bare);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain("--values is for Helm charts, and none was named");
  });

  test("what people hand in is checked before anything runs", () => {
    const ran = check(["demo", "--release=--post-renderer=x"], bare);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain('"--post-renderer=x" is no name of a release');
    expect(check(["demo", "-n", "Shop"], bare).stderr).toContain('"Shop" is no name of a namespace');
    expect(check(["demo", "--values", "absent.yaml"], bare).stderr).toContain(
      "absent.yaml is no file of values",
    );
    world.write("list.yaml", "- a\n");
    const list = check(["demo", "--values", "list.yaml"], bare);
    expect(list.status).toBe(2);
    expect(list.stderr).toContain("list.yaml:1:1: values are a mapping, and this is none");
    world.write("broken.yaml", "a: [\n");
    expect(check(["demo", "--values", "broken.yaml"], bare).stderr).toMatch(/broken\.yaml:\d+:\d+: /);
  });

  test("no other command runs Helm, least of all one on the way to a write", () => {
    chmodSync(world.write("mark/helm", `#!/bin/sh\ntouch ${world.path("helm-ran")}\necho v3.19.0\n`), 0o755);
    const env = { PATH: `${world.path("mark")}:${bare}` };
    const named = "a Helm chart, 1 template not read; to check what it renders, name it: kubeops check demo";
    expect(world.kubeops(["reach", "-f", "demo", "-f", "good.yaml"], { env }).stderr).toContain(named);
    world.kubeops(["can", "user:a", "get", "pods", "-f", "demo", "-f", "good.yaml"], { env });
    const plan = ["plan", "-f", "demo", "-n", "a", "--target", "git:./gitops#a"];
    expect(world.kubeops(plan, { env }).stderr).toContain("demo/templates/a.yaml:6:6");
    expect(existsSync(world.path("helm-ran"))).toBe(false);
    world.kubeops(["check", "demo"], { env });
    expect(existsSync(world.path("helm-ran"))).toBe(true);
  });
});

const noHelm = "reason" in helm && leftOut("charts rendered by the real Helm", helm.reason);

describe.skipIf(noHelm)("a chart rendered by the real Helm", () => {
  let world: World;
  let PATH: string;
  beforeAll(() => {
    world = makeWorld();
    PATH = pathWithHelm(world.folder);
  });
  afterAll(() => world.remove());

  let count = 0;
  /** A chart of its own with these files. */
  function chart(files: Readonly<Record<string, string | Uint8Array>>): string {
    const folder = `c${++count}`;
    for (const [path, content] of Object.entries({ "Chart.yaml": description(), ...files }))
      world.write(`${folder}/${path}`, content);
    return folder;
  }
  const check = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Ran =>
    world.kubeops(["check", ...args], { env: { PATH, ...env } });
  function report(args: readonly string[], env: Readonly<Record<string, string>> = {}): ReportJson {
    const ran = check([...args, "-o", "json"], env);
    expect(ran.stderr).toBe("");
    return reportOf(ran);
  }
  const codes = (found: ReportJson): readonly string[] => found.findings.map(({ code }) => code);
  /** What a template prints, read from an error of the server's rules that quotes it: the value of a label. */
  function printed(action: string, files: Readonly<Record<string, string>> = {}, env = {}): string {
    const folder = chart({
      "templates/a.yaml": `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n    x: {{ printf "=%v=" (${action}) | quote }}\n`,
      ...files,
    });
    const message = report([folder], env)
      .findings.map((finding) => finding.message)
      .join("\n");
    return /"=(.*)=" is no value of a label/.exec(message)?.[1] ?? `not printed: ${message}`;
  }

  test("places are in the templates; a line that an action printed is said with the line of the output", () => {
    const folder = chart({
      "templates/a.yaml": [
        "apiVersion: apps/v1",
        "kind: Deployment",
        "metadata:",
        '  name: {{ printf "%s-web" .Release.Name }}',
        "spec:",
        "  replicas: {{ .Values.replicas }}",
        "  selector: {matchLabels: {app: web}}",
        "  template:",
        "    metadata: {labels: {app: web}}",
        "    spec:",
        "      containers:",
        "        - name: web",
        "          image: web:1",
        "          resources:",
        "            {{- toYaml .Values.resources | nindent 12 }}",
        "      hostNetwork: sure",
        "",
      ].join("\n"),
      "values.yaml": "replicas: -1\nresources: {limits: {cpu: 1x}}\n",
    });
    const { findings } = report([folder]);
    const places = findings.map(({ code, place, hint }) => [
      code,
      place?.line,
      place?.column,
      hint?.includes("helm template prints"),
    ]);
    expect(places).toContainEqual(["server/out-of-range", 6, 13, false]);
    expect(places).toContainEqual(["schema/type", 16, 20, false]);
    expect(places).toContainEqual(["schema/format", 15, 13, true]);
    expect(findings.every(({ place }) => place?.file === `${folder}/templates/a.yaml`)).toBe(true);
    expect(findings.every(({ object }) => object?.name === "release-name-web")).toBe(true);
    const text = check([folder]);
    expect(text.status).toBe(1);
    expect(text.stdout).toContain("  6 |   replicas: {{ .Values.replicas }}\n    |             ^");
    expect(text.stdout).toContain("in 1 file\n");
  });

  test("values of files, of --set, of the namespace, the release and the version arrive", () => {
    const folder = chart({
      "templates/a.yaml": `{{- if .Capabilities.APIVersions.Has "resource.k8s.io/v1/ResourceClaim" }}\n${map("{{ .Release.Name }}.{{ .Release.Namespace }}.{{ .Capabilities.KubeVersion.Minor }}", "{{ .Values.a }}{{ .Values.b }}{{ .Values.c }}")}labels: 1\n{{- end }}`,
      "values.yaml": "a: 1\nb: 1\nc: 1\n",
    });
    world.write("b.yaml", "b: 2\nc: 2\n");
    world.write("c.yaml", "c: 3\n");
    const args = [
      "--values",
      "b.yaml",
      "--values",
      "c.yaml",
      "--set",
      "a=9",
      "--release",
      "web",
      "-n",
      "shop",
    ];
    const { findings } = report([folder, ...args, "--kube-version", "1.36"]);
    expect(findings.map(({ object }) => object?.name)).toContain("web.shop.36");
    // Kinds that this minor does not serve are not said to be there.
    expect(check([folder, "--kube-version", "1.31"]).stdout).not.toContain("release-name");
    const wrong = check([folder, "--set", "a"]);
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('Helm does not take --set: key "a" has no value');
  });

  test("crds, hooks, tests and charts in charts are objects with their files", () => {
    const pod =
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: t\n  annotations: {helm.sh/hook: test}\nspec: {}\n";
    const packed = gzipSync(
      writeTar([
        { path: "packed/Chart.yaml", bytes: Buffer.from(description("packed")) },
        { path: "packed/templates/p.yaml", bytes: Buffer.from(map("Packed_", "b")) },
        { path: `packed/${"long/".repeat(30)}name.txt`, bytes: Buffer.from("x") },
      ]),
    );
    const folder = chart({
      "Chart.yaml": description(
        "demo",
        "dependencies:\n- {name: sub, version: 1.0.0, alias: other}\n- {name: packed, version: 1.0.0}\n",
      ),
      "crds/c.yaml":
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: c}\nspec: {}\n",
      "templates/tests/t.yaml": pod,
      "charts/folder/Chart.yaml": description("sub"),
      "charts/folder/templates/s.yaml": map("Sub_", "b"),
      "charts/packed-1.0.0.tgz": packed,
    });
    const files = new Set(report([folder]).findings.map(({ place }) => place?.file));
    expect(files).toEqual(
      new Set([
        `${folder}/crds/c.yaml`,
        `${folder}/templates/tests/t.yaml`,
        `${folder}/charts/folder/templates/s.yaml`,
        `${folder}/charts/packed-1.0.0.tgz!/packed/templates/p.yaml`,
      ]),
    );
  });

  test("a new chart is compared with the old one", () => {
    const deployment = (app: string): string =>
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: ${app}}}\n  template:\n    metadata: {labels: {app: ${app}}}\n    spec: {containers: [{name: web, image: "web:1"}]}\n`;
    const old = chart({ "templates/a.yaml": deployment("old") });
    const folder = chart({
      "templates/a.yaml": deployment("{{ .Values.app }}"),
      "values.yaml": "app: new\n",
    });
    expect(
      codes(report([folder, "--against", old])).some(
        (code) => code.startsWith("change/") || code.includes("immutable"),
      ),
    ).toBe(true);
  });

  describe("what Helm refuses is a finding in the file that is at fault", () => {
    const cases: readonly {
      readonly name: string;
      readonly files: Readonly<Record<string, string>>;
      readonly code: string;
      readonly place: string;
      readonly message: string;
    }[] = [
      {
        name: "a function that is not there",
        files: { "templates/a.yaml": "a: 1\nb: {{ nothing 1 }}\n" },
        code: "chart/template",
        place: "templates/a.yaml:2",
        message: 'function "nothing" not defined',
      },
      {
        name: "a value that is not there, in a helper",
        files: {
          "templates/_helpers.tpl": '{{ define "h" }}\n{{ .Values.a.b.c }}{{ end }}\n',
          "templates/a.yaml": 'a: {{ include "h" . }}\n',
        },
        code: "chart/template",
        place: "templates/_helpers.tpl:2",
        message: "nil pointer evaluating",
      },
      {
        name: "required",
        files: { "templates/a.yaml": 'a: {{ required "say what\nfor" .Values.a }}\n'.replace("\n", "\\n") },
        code: "chart/template",
        place: "templates/a.yaml:1",
        message: "say what for",
      },
      {
        name: "a dependency that was not fetched",
        files: {
          "Chart.yaml": description(
            "demo",
            "dependencies:\n- {name: redis, version: 1.x, repository: 'https://example.com'}\n",
          ),
        },
        code: "chart/dependency",
        place: "Chart.yaml:4",
        message: "redis",
      },
      {
        name: "another version of Kubernetes",
        files: { "Chart.yaml": description("demo", 'kubeVersion: ">= 1.99"\n') },
        code: "chart/kube-version",
        place: "Chart.yaml:4",
        message: ">= 1.99",
      },
      {
        name: "values that the schema refuses",
        files: {
          "values.yaml": "image:\n  tag: 1\n",
          "values.schema.json": '{"properties": {"image": {"properties": {"tag": {"type": "string"}}}}}',
        },
        code: "chart/values",
        place: "values.yaml:2",
        message: "image.tag: got number, want string",
      },
      {
        name: "YAML that is none",
        files: {
          "templates/a.yaml":
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Chart.Name }}\n bad: 1\n",
        },
        code: "yaml/syntax",
        place: "templates/a.yaml:5",
        message: "",
      },
      {
        name: "a description that is none",
        files: { "Chart.yaml": "apiVersion: v2\nname: demo\nversion: one\n" },
        code: "chart/malformed",
        place: "Chart.yaml:1",
        message: "chart.metadata.version",
      },
    ];
    test.each(cases)("$name", ({ files, code, place, message }) => {
      const folder = chart(files);
      const { findings } = report([folder]);
      const found = findings.find((finding) => finding.code === code);
      expect(found, JSON.stringify(findings)).toBeDefined();
      expect(`${found?.place?.file}:${found?.place?.line}`).toBe(`${folder}/${place}`);
      expect(found?.message).toContain(message);
      expect(found?.message).not.toMatch(/kubeops-helm|[^ -~]/);
      expect(check([folder]).status).toBe(1);
    });

    test("one template that is no YAML hides nothing of the others, and the report stays the same", () => {
      const folder = chart({
        "templates/a.yaml": map("a", "b") + " bad: 1\n",
        "templates/b.yaml": map("B_", "b"),
        "templates/c.yaml": map("C_", "b"),
      });
      const first = report([folder]);
      expect(codes(first).filter((code) => code !== "yaml/syntax").length).toBe(2);
      for (let run = 0; run < 3; run++) expect(report([folder])).toEqual(first);
    });
  });

  describe("a chart that attacks", () => {
    test("no environment, cluster or name server answers a template", () => {
      expect(printed('env "HOME"')).toContain('function "env" not defined');
      expect(printed('expandenv "$HOME"')).toContain('function "expandenv" not defined');
      expect(printed('lookup "v1" "Secret" "kube-system" "x"')).toBe("map[]");
      expect(printed('getHostByName "localhost"')).toBe("");
      expect(printed('.Files.Get "../../home/secret"')).toBe("");
      expect(printed('.Files.Get "/etc/hostname"')).toBe("");
    });

    test("a link out of the chart is not followed", () => {
      world.write("secret.txt", "hunter2");
      const folder = chart({
        "templates/a.yaml": map(
          "a",
          '{{ .Files.Get "stolen" | quote }}{{ .Files.Get "folder/secret.txt" | quote }}',
        ),
      });
      symlinkSync(world.path("secret.txt"), world.path(folder, "stolen"));
      symlinkSync(world.folder, world.path(folder, "folder"));
      const beside = check([folder, "-o", "json"]);
      expect(beside.stdout + beside.stderr).not.toContain("hunter2");
      const { findings } = reportOf(beside);
      expect(
        findings
          .filter(({ code }) => code === "chart/outside")
          .map(({ place }) => place?.file)
          .sort(),
      ).toEqual([`${folder}/folder`, `${folder}/stolen`]);
      symlinkSync(world.path("secret.txt"), world.path(folder, "templates/b.yaml"));
      const inside = report([folder]);
      expect(inside.findings.find(({ severity }) => severity === "error")?.place?.file).toBe(
        `${folder}/templates/b.yaml`,
      );
    });

    test("links within it are followed, and those that go round are not", () => {
      const folder = chart({ "files/a.yaml": map("A_", "b"), "templates/z.yaml": map("z", "b") });
      symlinkSync("../files/a.yaml", world.path(folder, "templates/a.yaml"));
      expect(report([folder]).findings[0]?.place?.file).toBe(`${folder}/templates/a.yaml`);
      symlinkSync("..", world.path(folder, "files/up"));
      expect(codes(report([folder]))).toEqual(["chart/malformed"]);
    });

    test("a plug-in, a repository and a kubeconfig of the user's are not touched", () => {
      const plugin =
        'name: evil\nversion: 1.0.0\nusage: x\ndescription: x\ncommand: "$HELM_PLUGIN_DIR/run.sh"\nhooks: {install: "$HELM_PLUGIN_DIR/run.sh"}\ndownloaders:\n- {command: run.sh, protocols: [evil]}\n';
      world.write("plugins/evil/plugin.yaml", plugin);
      chmodSync(world.write("plugins/evil/run.sh", `#!/bin/sh\ntouch ${world.path("plugin-ran")}\n`), 0o755);
      world.write(
        "evil.kubeconfig",
        `apiVersion: v1\nkind: Config\ncurrent-context: e\ncontexts: [{name: e, context: {cluster: e, user: e, namespace: evil}}]\nclusters: [{name: e, cluster: {server: "https://127.0.0.1:1"}}]\nusers: [{name: e, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ${world.path("plugins/evil/run.sh")}}}}]\n`,
      );
      const env = {
        HELM_PLUGINS: world.path("plugins"),
        HELM_DATA_HOME: world.path("."),
        HELM_NAMESPACE: "evil",
        HELM_DEBUG: "true",
        HELM_DRIVER: "sql",
        KUBECONFIG: world.path("evil.kubeconfig"),
        KUBERNETES_SERVICE_HOST: "127.0.0.1",
        KUBERNETES_SERVICE_PORT: "1",
      };
      expect(printed(".Release.Namespace", {}, env)).toBe("default");
      expect(existsSync(world.path("plugin-ran"))).toBe(false);
    });

    test("a schema of values reads no file and asks no server", async () => {
      let asked = 0;
      const server = createServer((_, response) => {
        asked++;
        response.end("{}");
      }).listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/schema`;
      world.write("secret.json", "hunter2");
      const schemas = [
        `{"$ref": "${url}"}`,
        `{"$ref": "file://${world.path("secret.json")}"}`,
        `{"$schema": "${url}"}`,
        `{"$id": "${url}", "properties": {"a": {"$ref": "other.json"}}}`,
        `{"allOf": [{"$dynamicRef": "${url}#x"}]}`,
        `{"\\u0024ref": "${url}"}`,
        `{"$ref": "#", "$ref": "${url}"}`,
      ];
      const packed = (schema: string): Uint8Array =>
        gzipSync(
          writeTar([
            { path: "s/Chart.yaml", bytes: Buffer.from(description("s")) },
            { path: "s/values.schema.json", bytes: Buffer.from(schema) },
            { path: "s/values.yaml", bytes: Buffer.from("a: 1\n") },
          ]),
        );
      try {
        for (const [index, schema] of schemas.entries()) {
          for (const files of [
            { "values.schema.json": schema },
            {
              "charts/s/values.schema.json": schema,
              "charts/s/Chart.yaml": description("s"),
              "charts/s/values.yaml": "a: 1\n",
            },
            { "charts/s.tgz": packed(schema) },
          ].slice(0, index < 2 ? 3 : 1)) {
            const folder = chart({ "templates/a.yaml": map("a", "b"), ...files });
            const ran = await running(world, ["check", folder, "-o", "json"], { env: { PATH } });
            expect(codes(reportOf(ran)), schema).toEqual(["chart/schema"]);
            expect(ran.stdout).not.toContain("hunter2");
          }
        }
      } finally {
        server.close();
      }
      expect(asked).toBe(0);
    });

    test("a source that is a lie names no file outside of the chart", () => {
      const lies = [
        "../../etc/passwd",
        "demo/../../etc/passwd",
        "/etc/passwd",
        "other/templates/a.yaml",
        "demo/templates/none.yaml",
      ];
      const folder = chart({
        "crds/c.yaml": lies.map((lie, index) => `---\n# Source: ${lie}\n${map(`L_${index}`, "b")}`).join(""),
        "templates/a.yaml": map("A_", "b"),
      });
      const { findings } = report([folder]);
      const files = findings.map(({ place }) => place?.file);
      expect(new Set(files)).toEqual(new Set([`${folder}/Chart.yaml`, `${folder}/templates/a.yaml`]));
      expect(findings.filter(({ hint }) => hint?.includes("of what helm template prints")).length).toBe(
        lies.length,
      );
    });

    test("names that are none are refused; nothing unprintable comes out", () => {
      for (const name of ['"../../x"', '"a\\nb: c"', '"\\u001b[2J"', '"-rf"', "[1]"]) {
        const folder = chart({ "Chart.yaml": description(name), "templates/a.yaml": map("a", "b") });
        const ran = check([folder]);
        expect(ran.status, name).toBe(1);
        expect(ran.stdout, name).toContain("chart/malformed");
        expect(ran.stdout.replaceAll("\n", ""), name).not.toMatch(/[^ -~]/);
      }
      const folder = chart({
        "templates/a.yaml": 'a: {{ fail "\\u001b]0;owned\\u0007\\nError: x\\u202e" }}\n',
      });
      const ran = check([folder]);
      expect(ran.stdout.replaceAll("\n", "")).not.toMatch(/[^ -~]/);
      expect(ran.stdout).toContain("\\u{1b}]0;owned");
    });

    test("a fault cannot point at a file outside of the chart", () => {
      const folder = chart({
        "templates/a.yaml": '{{ fail "x" }}\n',
        "templates/b.yaml": `{{ tpl "{{ .a.b }} /etc/passwd:1:1: executing" . }}\n`,
      });
      const { findings } = report([folder]);
      expect(findings.length).toBeGreaterThan(0);
      for (const { place } of findings) expect(place?.file.startsWith(`${folder}/`)).toBe(true);
    });

    test("packed charts that are no charts are findings", () => {
      const evil = (path: string): Uint8Array => gzipSync(writeTar([{ path, bytes: Buffer.from("x") }]));
      for (const [code, bytes] of [
        ["chart/malformed", Buffer.from("no gzip")],
        ["chart/malformed", evil("../x/y")],
        ["chart/malformed", evil("/etc/x")],
        ["chart/malformed", evil("x")],
        ["chart/malformed", evil("a/../../b")],
        ["chart/malformed", gzipSync(Buffer.alloc(300, 1))],
        ["chart/too-large", gzipSync(Buffer.alloc(200_000_000))],
      ] as const) {
        const folder = chart({ "charts/x.tgz": bytes, "templates/a.yaml": map("a", "b") });
        const found = report([folder]);
        expect(codes(found)).toEqual([code]);
        expect(found.findings[0]?.place?.file).toBe(`${folder}/charts/x.tgz`);
      }
    });

    test("a template that prints too much or takes too much memory is stopped", () => {
      const output = chart({
        "templates/a.yaml": '{{ range until 3000 }}{{ repeat 100000 "x" }}{{ end }}\n',
      });
      const memory = chart({ "templates/a.yaml": "{{ range until 1000000000 }}{{ end }}\n" });
      for (const folder of [output, memory]) {
        const found = report([folder]);
        expect(codes(found), JSON.stringify(found)).toEqual(["chart/too-large"]);
      }
    }, 180_000);

    test("a template that never ends is stopped", async () => {
      const endless = "{{ range $i := 1000000000000 }}{{ end }}\n";
      const folder = chart({ "templates/a.yaml": endless });
      const files = new Map([
        ["Chart.yaml", Buffer.from(description())],
        ["templates/a.yaml", Buffer.from(endless)],
      ]);
      const program = "program" in helm ? helm.program : "";
      const result = await renderChart({
        helm: { program, version: "v4" },
        files,
        minor: 37,
        apiVersions: [],
        namespace: "default",
        release: "r",
        values: [],
        set: [],
        timeoutMs: 1_500,
      });
      expect(result).toEqual({ kind: "stopped", why: "took too long" });
      // An interrupted run leaves neither the program nor its folder behind.
      const started = world.start(["check", folder], { env: { PATH, TMPDIR: world.path(".") } });
      const left = (): readonly string[] => processesOf(`${world.folder}/kubeops-helm-`);
      await until("helm runs", () => left().length > 0);
      const closed = new Promise((resolve) => started.once("close", resolve));
      started.kill("SIGINT");
      await closed;
      await until("helm is gone", () => left().length === 0);
      expect(world.run("ls", ["."]).stdout).not.toContain("kubeops-helm-");
    });
  });

  test("the working folder may be the chart, or lie beside it", () => {
    const folder = chart({ "templates/a.yaml": map("A_", "b"), "values.yaml": "a: [\n" });
    const files = (cwd: string, name: string): readonly (string | undefined)[] => {
      const ran = world.kubeops(["check", name, "-o", "json"], { env: { PATH }, cwd: world.path(cwd) });
      return reportOf(ran).findings.map(({ place }) => place?.file);
    };
    expect(files(folder, ".")).toEqual(["values.yaml"]);
    world.write(`${folder}/values.yaml`, "a: b\n");
    expect(files(folder, ".")).toEqual(["templates/a.yaml"]);
    expect(files(`${folder}/templates`, "..")).toEqual(["a.yaml"]);
    expect(files(folder, world.path(folder))).toEqual(["templates/a.yaml"]);
  });

  test("a library is said to render nothing", () => {
    const folder = chart({ "Chart.yaml": description("demo", "type: library\n") });
    const ran = check([folder]);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain("a library chart, which renders nothing itself");
  });

  test("the same chart gives the same report", () => {
    const folder = chart({
      "templates/a.yaml": map("A_", "b"),
      "templates/b.yaml": map("B_", "{{ .Values.x }}"),
    });
    for (const format of ["text", "sarif", "junit"])
      expect(check([folder, "-o", format]).stdout).toBe(check([folder, "-o", format]).stdout);
  });
});

test("an archive is read as it was written", () => {
  const files = [
    { path: "a/b.txt", bytes: new Uint8Array(Buffer.from("b")) },
    { path: `a/${"x".repeat(150)}`, bytes: new Uint8Array(1000) },
    { path: "a/empty", bytes: new Uint8Array() },
  ];
  const tar = gzip.unpack(gzip.pack(writeTar(files)), 1 << 20);
  expect(readTar(typeof tar === "string" ? new Uint8Array() : tar, 10)).toEqual(files);
  expect(readTar(writeTar(files), 2)).toEqual({ tooLarge: true, what: "it holds more than 2 files" });
  expect(gzip.unpack(gzip.pack(new Uint8Array(1000)), 999)).toBe("too-large");
  expect(gzip.unpack(gzip.pack(new Uint8Array(1000)).subarray(0, -1), 2000)).toBe("damaged");
  expect(gzip.unpack(new Uint8Array(1000), 2000)).toBe("no-gzip");
});

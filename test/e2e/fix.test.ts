import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeWorld, type World } from "../support/cli.ts";
import { deep } from "../support/suites.ts";

/** `kubeops fix` from the command line. */
describe("fix", () => {
  let world: World;
  beforeEach(() => {
    world = makeWorld();
  });
  afterEach(() => world.remove());

  const web = [
    "# the shop",
    "apiVersion: apps/v1",
    "kind: Deployment",
    "metadata:",
    "  name: web",
    "  namespace: shop",
    "  labels: {app: web, version: 1.10} # quoted by nobody",
    "spec:",
    '  replicas: "2"',
    "  selector: {matchLabels: {app: web}}",
    "  template:",
    "    metadata: {labels: {app: web}}",
    "    spec:",
    "      serviceAccount: web",
    "      containers:",
    "        - name: web",
    "          image: nginx # which version?",
    "          imagePullPolicy: always",
    "",
  ].join("\n");
  const fixedWeb = web
    .replace("1.10", '"1.10"')
    .replace('"2"', "2")
    .replace("serviceAccount:", "serviceAccountName:")
    .replace("always", "Always");
  const read = (path: string): string => readFileSync(world.path(path), "utf8");
  const json = (...words: readonly string[]) =>
    JSON.parse(world.kubeops(["fix", ...words, "-o", "json"]).stdout) as {
      kind: string;
      dryRun: boolean;
      summary: { fixed: number; changingBehaviour: number; files: number; left: number };
      files: readonly { path: string; diff: string; fixes: readonly { code: string; effect: string }[] }[];
      left: readonly { code: string; reason: string; whatToDo?: string; place: { line: number } }[];
      text?: string;
    };

  it("changes what is certain, keeps everything else, and says what is left to a person", () => {
    world.write("k8s/web.yaml", web);
    const ran = world.kubeops(["fix", "k8s/"]);
    expect(ran.status).toBe(0);
    expect(read("k8s/web.yaml")).toBe(fixedWeb);
    expect(ran.stdout).toContain("k8s/web.yaml:9:13: fixed schema/type: ");
    expect(ran.stdout).toContain(
      "k8s/web.yaml:17:18: left supply-chain/moving-tag: needs a person: name a version, better a digest",
    );
    expect(ran.stderr).toBe("fixed 4 findings in 1 file, 2 left\n");
    const again = world.kubeops(["fix", "k8s/"]);
    expect({ status: again.status, stderr: again.stderr }).toEqual({
      status: 0,
      stderr: "nothing to fix, 2 left\n",
    });
    expect(read("k8s/web.yaml")).toBe(fixedWeb);
  });

  it("prints with --dry-run a diff that git applies, writes nothing, and tells by its exit code", () => {
    const before = {
      "web.yaml": web,
      "crlf.yaml": web.replaceAll("\n", "\r\n").replace("name: web", "name: other"),
      "no-end.json":
        '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"b": 1}}}',
    };
    const names = Object.keys(before);
    const writeAll = () => {
      for (const [name, text] of Object.entries(before)) world.write(`k8s/${name}`, text);
    };
    writeAll();
    const dry = world.kubeops(["fix", "k8s", "--dry-run", "--profile", "restricted"]);
    expect(dry.status).toBe(1);
    expect(read("k8s/web.yaml")).toBe(web);
    expect(dry.stderr).toContain("would fix");
    expect(world.run("git", ["apply", "--whitespace=nowarn", "-"], { input: dry.stdout }).status).toBe(0);
    const applied = names.map((name) => read(`k8s/${name}`));
    expect(world.kubeops(["fix", "k8s", "--dry-run", "--profile", "restricted"])).toMatchObject({
      status: 0,
      stdout: "",
    });
    writeAll();
    expect(world.kubeops(["fix", "k8s", "--profile", "restricted", "-q"]).stderr).toBe("");
    expect(names.map((name) => read(`k8s/${name}`))).toEqual(applied);
    expect(applied[1]?.replaceAll("\r\n", "")).not.toContain("\n");
    expect(applied[2]).toBe(
      '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"b": "1"}}}',
    );
  });

  it("fixes standard input to standard output", () => {
    const ran = world.kubeops(["fix", "-"], { input: `\uFEFF${web}` });
    expect(ran.stdout).toBe(`\uFEFF${fixedWeb}`);
    expect(ran.stderr).toContain("<stdin>:9:13: fixed schema/type");
    expect(ran.status).toBe(0);
    const good = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    expect(world.kubeops(["fix", "-", "-q"], { input: good })).toMatchObject({
      stdout: good,
      stderr: "",
      status: 0,
    });
    expect(world.kubeops(["fix", "-", "--dry-run"], { input: web })).toMatchObject({ status: 1 });
    expect(world.kubeops(["fix", "-", "k8s"], { input: good }).status).toBe(2);
  });

  it("takes --only, --skip and --safe, and refuses ids that there are not", () => {
    world.write("k8s/web.yaml", web);
    expect(json("k8s", "--dry-run", "--only", "schema/type")).toMatchObject({
      kind: "FixReport",
      dryRun: true,
      summary: { fixed: 1, left: 0 },
    });
    const skipped = json("k8s", "--dry-run", "--skip", "schema/type", "--profile", "restricted");
    expect(skipped.files[0]?.fixes.map(({ code }) => code)).not.toContain("schema/type");
    expect(skipped.summary.changingBehaviour).toBe(4);
    const safe = json("k8s", "--dry-run", "--safe", "--profile", "restricted");
    expect(safe.summary).toMatchObject({ fixed: 4, changingBehaviour: 0 });
    expect(safe.left.find(({ code }) => code === "security/run-as-non-root")?.reason).toContain("--safe");
    const wrong = world.kubeops(["fix", "k8s", "--only", "schema/typ"]);
    expect({ status: wrong.status, stderr: wrong.stderr }).toEqual({
      status: 2,
      stderr: 'error: there is no check "schema/typ" [USAGE]\n  hint: did you mean schema/type?\n',
    });
    expect(world.kubeops(["fix", "k8s", "--only", "supply-chain/moving-tag"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("only a person knows what is right") as string,
    });
  });

  it("follows the settings and the exemptions of kubeops.yaml, and the version of Kubernetes", () => {
    world.write("k8s/web.yaml", web);
    world.write(
      "kubeops.yaml",
      "apiVersion: kubernetes-operations.dev/v1\nkind: Settings\ncheck:\n  profile: restricted\n  exemptions:\n    - {check: security/run-as-non-root, reason: the image decides}\n",
    );
    const codes = json("k8s", "--dry-run").files.flatMap(({ fixes }) => fixes.map(({ code }) => code));
    expect(codes).toContain("security/seccomp-unset");
    expect(codes).not.toContain("security/run-as-non-root");
    world.write(
      "k8s/web.yaml",
      "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: a, namespace: shop}\nspec: {schedule: '0 0 * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b:1}]}}}}}\n",
    );
    expect(json("k8s", "--dry-run", "--profile", "none", "--kube-version", "1.37").summary.fixed).toBe(1);
  });

  it("brings objects to the versions of an upgrade", () => {
    const flow =
      "apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\nmetadata: {name: a} # kept\nspec: {priorityLevelConfiguration: {name: b}}\n";
    world.write("k8s/flow.yaml", flow);
    const ran = world.kubeops(["fix", "k8s", "--kube-version", "1.31", "--upgrade-to", "1.32"]);
    expect(ran.stdout).toContain("fixed upgrade/removed-api: use the version that is served");
    expect(read("k8s/flow.yaml")).toBe(flow.replace("v1beta3", "v1"));
  });

  it("keeps the mode of a file, edits what a link inside the folder leads to, and refuses one that leads out", () => {
    world.write("shared.txt", web);
    mkdirSync(world.path("k8s"));
    symlinkSync("../shared.txt", world.path("k8s", "web.yaml"));
    const out = world.kubeops(["fix", "k8s"]);
    expect(out.status).not.toBe(0);
    expect(read("shared.txt")).toBe(web);
    rmSync(world.path("k8s", "web.yaml"));
    world.write("k8s/real/web.txt", web);
    symlinkSync("real/web.txt", world.path("k8s", "web.yaml"));
    chmodSync(world.path("k8s/real/web.txt"), 0o600);
    expect(world.kubeops(["fix", "k8s"]).status).toBe(0);
    expect(read("k8s/real/web.txt")).toBe(fixedWeb);
    expect(statSync(world.path("k8s/real/web.txt")).mode & 0o777).toBe(0o600);
    expect(readdirSync(world.path("k8s"))).toEqual(["real", "web.yaml"]);
  });

  it("never edits what is rendered, and says what it leaves aside", () => {
    world.write("chart/Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n");
    world.write("chart/templates/a.yaml", web);
    world.write(
      "base/kustomization.yaml",
      "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [web.yaml]\npatches: [{path: patch.yaml}]\n",
    );
    world.write("base/web.yaml", web);
    const patch =
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: "3"}\n';
    world.write("base/patch.yaml", patch);
    const ran = world.kubeops(["fix", "."]);
    expect(ran.stderr).toContain("skipped chart");
    expect(ran.stderr).toContain("skipped base/patch.yaml");
    expect(read("chart/templates/a.yaml")).toBe(web);
    expect(read("base/patch.yaml")).toBe(patch);
    expect(read("base/web.yaml")).toBe(fixedWeb);
    expect(world.kubeops(["fix", "chart"])).toMatchObject({ status: 2, stdout: "" });
  });

  it("takes bad input for bad input", () => {
    world.write("k8s/bad.yaml", "a: [1\n");
    world.write("k8s/web.yaml", web);
    const ran = world.kubeops(["fix", "k8s"]);
    expect(ran.status).toBe(0);
    expect(ran.stdout).toContain("k8s/bad.yaml:");
    expect(ran.stdout).toContain("left yaml/syntax");
    expect(read("k8s/bad.yaml")).toBe("a: [1\n");
    expect(read("k8s/web.yaml")).toBe(fixedWeb);
    expect(world.kubeops(["fix", "nowhere"]).status).toBe(2);
    expect(world.kubeops(["fix"]).status).toBe(2);
  });

  it("loses nothing when it is killed half-way", async () => {
    const count = deep ? 150 : 60;
    for (let index = 0; index < count; index++)
      world.write(`all/${index}.yaml`, web.replace("name: web", `name: web${index}`));
    cpSync(world.path("all"), world.path("old"), { recursive: true });
    cpSync(world.path("all"), world.path("new"), { recursive: true });
    expect(world.kubeops(["fix", "new", "-q"]).status).toBe(0);
    const names = readdirSync(world.path("old"));
    const content = (folder: string): readonly string[] =>
      names.map((name) => readFileSync(join(world.path(folder), name), "utf8"));
    const [old, fresh] = [content("old"), content("new")];
    let torn = 0;
    for (const share of deep ? [0.5, 0.6, 0.7, 0.8, 0.9, 1] : [0.5]) {
      rmSync(world.path("all"), { recursive: true });
      cpSync(world.path("old"), world.path("all"), { recursive: true });
      const child = world.start(["fix", "all", "-q"]);
      const ended = new Promise((done) => child.on("close", done));
      // The first file that is written starts the clock.
      while (child.exitCode === null && content("all").every((text, index) => text === old[index]))
        await new Promise((done) => setTimeout(done, 2));
      await new Promise((done) => setTimeout(done, share * 20));
      child.kill("SIGKILL");
      await ended;
      const now = content("all");
      torn += now.filter((text, index) => text === old[index]).length;
      expect(now.filter((text, index) => text !== old[index] && text !== fresh[index])).toEqual([]);
      // Another run does the rest.
      expect(world.kubeops(["fix", "all", "-q"]).status).toBe(0);
      expect(content("all")).toEqual(fresh);
    }
    expect(torn).toBeGreaterThan(0);
  });
});

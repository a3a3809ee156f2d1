import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ReportJson } from "../../src/analysis/findings/json.ts";
import { makeWorld, type Ran, reportOf, type World } from "../support/cli.ts";
import { helm, pathWithHelm } from "../support/helm.ts";
import { leftOut } from "../support/suites.ts";
import { paxRecord, tarOf, type TarEntry } from "../support/tar.ts";

const description = (name = "demo", more = ""): string =>
  `apiVersion: v2\nname: ${name}\nversion: 1.2.3\n${more}`;
const map = (name: string, data = "b"): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  a: ${data}\n`;
/** The entries of a chart in a folder. */
const entries = (folder: string, files: Readonly<Record<string, string | Uint8Array>>): readonly TarEntry[] =>
  Object.entries({ "Chart.yaml": description(folder), ...files }).map(([path, content]) => ({
    name: `${folder}/${path}`,
    content,
  }));
const packed = (folder: string, files: Readonly<Record<string, string | Uint8Array>>): Buffer =>
  gzipSync(tarOf(entries(folder, files)));

const bare = "/usr/bin:/bin";

/** A gzip of zeros of so many MiB, made without holding them: one member for each. */
function bomb(mebibytes: number): Buffer {
  const member = gzipSync(Buffer.alloc(1 << 20));
  return Buffer.concat(Array.from({ length: mebibytes }, () => member));
}

describe("a packed chart, by who cannot render it", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld();
    world.write("demo-1.2.3.tgz", packed("demo", { "templates/a.yaml": map("a") }));
    world.write("good.yaml", map("good"));
    world.write("dist/good.yaml", map("good"));
    world.write("dist/demo-1.2.3.tgz", packed("demo", { "templates/a.yaml": map("a") }));
    world.write("dist/web/Chart.yaml", description("web"));
    world.write("dist/web/charts/redis-1.0.0.tgz", packed("redis", {}));
  });
  afterAll(() => world.remove());
  const run = (args: readonly string[], PATH = bare): Ran => world.kubeops([...args], { env: { PATH } });

  test("without Helm it is named with what to do, and alone it is no input", () => {
    const alone = run(["check", "demo-1.2.3.tgz"]);
    expect(alone.status).toBe(2);
    expect(alone.stderr).toContain(
      "left aside: demo-1.2.3.tgz (a Helm chart, not rendered: helm was not found on PATH",
    );
    expect(run(["check", "demo-1.2.3.tgz", "good.yaml"]).status).toBe(0);
  });

  test("in a folder it is named, and those in a chart are parts of it", () => {
    const ran = run(["check", "dist"]);
    expect(ran.status).toBe(0);
    expect(ran.stderr).toBe(
      "skipped dist/demo-1.2.3.tgz: an archive, not looked into; if it is a Helm chart, what it renders is checked when it is named: kubeops check dist/demo-1.2.3.tgz\n" +
        "skipped dist/web: a Helm chart, 0 templates not read; to check what it renders, name it: kubeops check dist/web\n",
    );
  });

  test("no other command reads it, edits it or plans from it", () => {
    const marker = world.path("helm-ran");
    chmodSync(world.write("mark/helm", `#!/bin/sh\ntouch ${marker}\necho v3.19.0\n`), 0o755);
    const PATH = `${world.path("mark")}:${bare}`;
    const reach = run(["reach", "-f", "demo-1.2.3.tgz", "-f", "good.yaml"], PATH);
    expect(reach.stderr).toContain(
      "a packed Helm chart, not read here; what it renders is checked by: kubeops check demo-1.2.3.tgz",
    );
    const plan = run(["plan", "-f", "demo-1.2.3.tgz", "-n", "a", "--target", "git:./gitops#a"], PATH);
    expect(plan.status).toBe(2);
    expect(plan.stderr).toBe(
      "error: demo-1.2.3.tgz is a packed Helm chart, and objects are asked for [INPUT_MALFORMED]\n  hint: render it, read what it makes, and hand that in: helm template demo-1.2.3.tgz\n",
    );
    const before = readFileSync(world.path("demo-1.2.3.tgz"));
    const fix = run(["fix", "demo-1.2.3.tgz"], PATH);
    expect(fix.status).toBe(2);
    expect(fix.stderr).toContain(
      "error: demo-1.2.3.tgz is a packed Helm chart, of which nothing is edited [INPUT_MALFORMED]\n  hint: edit the folder that it was made of",
    );
    expect(run(["fix", "dist"], PATH).stderr).toContain("skipped dist/demo-1.2.3.tgz: an archive");
    expect(readFileSync(world.path("demo-1.2.3.tgz"))).toEqual(before);
    expect(existsSync(marker)).toBe(false);
  });

  describe("an archive that is none, or hostile, ends with a code and is not unpacked", () => {
    const inChart = (...more: readonly TarEntry[]): Buffer =>
      gzipSync(tarOf([...entries("demo", {}), ...more]));
    const whole = packed("demo", { "templates/a.yaml": map("a") });
    const tar = tarOf(entries("demo", { "values.yaml": "a".repeat(5000) }));
    const cases: readonly (readonly [string, Buffer, string, string])[] = [
      ["no archive", Buffer.from("apiVersion: v1\n"), "INPUT_MALFORMED", "it is no gzip archive"],
      ["nothing", Buffer.alloc(0), "INPUT_MALFORMED", "it is no gzip archive"],
      ["a zip", Buffer.from("PK\u0003\u0004"), "INPUT_MALFORMED", "it is no gzip archive"],
      ["cut off", whole.subarray(0, -20), "INPUT_MALFORMED", "it is damaged, or its end is missing"],
      ["one bit wrong", Buffer.from(whole).fill(1, 40, 60), "INPUT_MALFORMED", "it is damaged"],
      ["no tar", gzipSync("hello"), "INPUT_MALFORMED", "it ends in the middle of a header"],
      ["a text", gzipSync("x".repeat(2000)), "INPUT_MALFORMED", "a header has a wrong sum"],
      [
        "a tar that is cut off",
        gzipSync(tar.subarray(0, 2500)),
        "INPUT_MALFORMED",
        "in the middle of a file",
      ],
      ["empty", gzipSync(tarOf([])), "INPUT_MALFORMED", "it holds no file"],
      [
        "folders alone",
        gzipSync(tarOf([{ name: "demo/", type: "5" }])),
        "INPUT_MALFORMED",
        "it holds no file",
      ],
      [
        "no chart",
        gzipSync(tarOf([{ name: "package/package.json", content: "{}" }])),
        "INPUT_MALFORMED",
        "it holds no Chart.yaml",
      ],
      [
        "a Chart.yaml at its root",
        gzipSync(tarOf([{ name: "Chart.yaml", content: description() }])),
        "INPUT_MALFORMED",
        "a file outside of its folder: Chart.yaml",
      ],
      [
        "a way up",
        inChart({ name: "demo/../../../tmp/kubeops-evil", content: "x" }),
        "INPUT_MALFORMED",
        "a file outside of its folder: demo/../../../tmp/kubeops-evil",
      ],
      [
        "a way up of Windows",
        inChart({ name: "demo\\..\\..\\evil", content: "x" }),
        "INPUT_MALFORMED",
        "a file outside of its folder",
      ],
      [
        "an absolute name",
        inChart({ name: "/etc/cron.d/evil", content: "x" }),
        "INPUT_MALFORMED",
        "a file outside of its folder: /etc/cron.d/evil",
      ],
      [
        "a drive",
        inChart({ name: "demo/C:/evil", content: "x" }),
        "INPUT_MALFORMED",
        "a file outside of its folder: demo/C:/evil",
      ],
      [
        "another folder",
        inChart({ name: "other/x", content: "x" }),
        "INPUT_MALFORMED",
        "a file outside of demo: other/x",
      ],
      [
        "an absolute name in a pax header",
        inChart(
          { name: "x", type: "x", content: paxRecord("path", "/etc/evil") },
          { name: "demo/x", content: "x" },
        ),
        "INPUT_MALFORMED",
        "a file outside of its folder: /etc/evil",
      ],
      [
        "a long name of GNU tar that leads up",
        inChart(
          { name: "././@LongLink", type: "L", content: "demo/../x\0" },
          { name: "demo/x", content: "x" },
        ),
        "INPUT_MALFORMED",
        "a file outside of its folder: demo/../x",
      ],
      [
        "a link",
        inChart({ name: "demo/templates/passwd", type: "2", linkTo: "/etc/passwd" }),
        "INPUT_MALFORMED",
        "it holds a link: demo/templates/passwd",
      ],
      [
        "a hard link",
        inChart({ name: "demo/x", type: "1", linkTo: "/etc/passwd" }),
        "INPUT_MALFORMED",
        "it holds a link: demo/x",
      ],
      ["a device", inChart({ name: "demo/x", type: "3" }), "INPUT_MALFORMED", "it holds a device: demo/x"],
      ["a pipe", inChart({ name: "demo/x", type: "6" }), "INPUT_MALFORMED", "it holds a pipe: demo/x"],
      [
        "a file with holes",
        inChart({ name: "demo/x", type: "S" }),
        "INPUT_MALFORMED",
        "it holds a file with holes",
      ],
      [
        "a file with holes, said in pax",
        inChart(
          { name: "x", type: "x", content: paxRecord("GNU.sparse.major", "1") },
          { name: "demo/x", content: "x" },
        ),
        "INPUT_MALFORMED",
        "it holds a file with holes",
      ],
      [
        "a type that there is not",
        inChart({ name: "demo/x", type: "\u001b" }),
        "INPUT_MALFORMED",
        'an entry of type "\\\\u{1b}": demo/x',
      ],
      [
        "a file that says it is a folder",
        inChart({ name: "demo/x", mode: "0040644\0", content: "x" }),
        "INPUT_MALFORMED",
        "the mode of a file",
      ],
      [
        "two files of one name",
        inChart({ name: "demo/Chart.yaml", content: description("other") }),
        "INPUT_MALFORMED",
        "it holds two files of one name: demo/Chart.yaml",
      ],
      [
        "two files of one name, one of Windows",
        inChart({ name: "demo\\Chart.yaml", content: description("other") }),
        "INPUT_MALFORMED",
        "two files of one name",
      ],
      [
        "a line end in a name",
        inChart({ name: "demo/a\n::error::x", content: "x" }),
        "INPUT_MALFORMED",
        "a name with a control character: demo/a\\u{a}::error::x",
      ],
      [
        "an escape in a name",
        inChart({ name: "demo/\u001b[2J", content: "x" }),
        "INPUT_MALFORMED",
        "a name with a control character: demo/\\u{1b}[2J",
      ],
      [
        "a name that is no UTF-8",
        inChart({ name: Buffer.from([0x64, 0x2f, 0xff, 0xfe]), content: "x" }),
        "INPUT_MALFORMED",
        "a name is no UTF-8",
      ],
      [
        "a name of 2,000 bytes",
        inChart(
          { name: "x", type: "x", content: paxRecord("path", `demo/${"x".repeat(2000)}`) },
          { name: "demo/x" },
        ),
        "INPUT_MALFORMED",
        "a name has more than 1024 bytes",
      ],
      [
        "a size of 8 GiB",
        inChart({ name: "demo/x", size: "77777777777\0", content: "x" }),
        "INPUT_MALFORMED",
        "it ends in the middle of a file",
      ],
      [
        "a size that is none",
        inChart({ name: "demo/x", size: "\u0080\0\0\0\u0001", content: "x" }),
        "INPUT_MALFORMED",
        "a header has no size",
      ],
      [
        "files behind its end",
        gzipSync(
          Buffer.concat([tarOf(entries("demo", {}), false), Buffer.alloc(512), tarOf([{ name: "demo/x" }])]),
        ),
        "INPUT_MALFORMED",
        "a header is empty, and more follows",
      ],
      [
        "a file of 65 MiB",
        gzipSync(tarOf([...entries("demo", {}), { name: "demo/x", content: Buffer.alloc(65 << 20) }])),
        "INPUT_TOO_LARGE",
        "its content is larger",
      ],
      [
        "a bomb of 20 GiB",
        bomb(20_000),
        "INPUT_TOO_LARGE",
        "its content is larger than what is rendered here",
      ],
      [
        "20,000 files",
        gzipSync(tarOf(Array.from({ length: 20_000 }, (_, index) => ({ name: `demo/${index}` })))),
        "INPUT_TOO_LARGE",
        "it holds more than 10000 files",
      ],
    ];
    test.each(cases)("%s", (_, bytes, code, message) => {
      world.write("evil-1.0.0.tgz", bytes);
      const ran = run(["check", "evil-1.0.0.tgz", "good.yaml"]);
      expect(ran.stderr).toMatch(/^error: evil-1\.0\.0\.tgz is /);
      expect(ran.stderr).toContain(message);
      expect(ran.stderr).toContain(`[${code}]\n  hint: `);
      expect(ran.stderr.replaceAll("\n", "")).not.toMatch(/[^ -~]/);
      expect(ran.stdout).toBe("");
      expect(ran.status).toBe(2);
      expect(existsSync("/tmp/kubeops-evil")).toBe(false);
    });

    test("a bomb is not held in memory", () => {
      world.write("bomb.tgz", bomb(20_000));
      const told = 'process.on("exit",()=>process.stderr.write(`rss:${process.resourceUsage().maxRSS}`))';
      const ran = world.kubeops(["check", "bomb.tgz"], {
        env: { PATH: bare, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(told)}` },
      });
      expect(ran.stderr).toContain("[INPUT_TOO_LARGE]");
      const kibibytes = Number(/rss:(\d+)/.exec(ran.stderr)?.[1]);
      expect(kibibytes).toBeLessThan(400 * 1024);
    });
  });

  test("a link out of the folder is not followed, one in it is", () => {
    mkdirSync(world.path("sub"), { recursive: true });
    symlinkSync("../demo-1.2.3.tgz", world.path("sub/out.tgz"));
    const out = run(["check", "sub/out.tgz"]);
    expect(out.status).toBe(2);
    expect(out.stderr).toContain("[INPUT_OUTSIDE]");
    symlinkSync("demo-1.2.3.tgz", world.path("in.tgz"));
    expect(run(["check", "in.tgz"]).stderr).toContain("in.tgz (a Helm chart, not rendered");
  });
});

const noHelm = "reason" in helm && leftOut("packed charts rendered by the real Helm", helm.reason);

describe.skipIf(noHelm)("a packed chart rendered by the real Helm", () => {
  let world: World;
  let PATH: string;
  beforeAll(() => {
    world = makeWorld();
    PATH = pathWithHelm(world.folder);
  });
  afterAll(() => world.remove());
  const check = (args: readonly string[]): Ran => world.kubeops(["check", ...args], { env: { PATH } });
  function report(args: readonly string[]): ReportJson {
    const ran = check([...args, "-o", "json"]);
    expect(ran.stderr).toBe("");
    return reportOf(ran);
  }

  const deployment = (app: string): string =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: {{ .Values.replicas }}\n  selector: {matchLabels: {app: ${app}}}\n  template:\n    metadata: {labels: {app: ${app}}}\n    spec: {containers: [{name: web, image: "web:1"}]}\n`;
  const files = { "templates/web.yaml": deployment("web"), "values.yaml": "replicas: -1\n" };

  test("it is rendered as its folder is, and places are in the archive", () => {
    world.write("dist/demo-1.2.3.tgz", packed("demo", files));
    for (const [path, content] of Object.entries({ "Chart.yaml": description(), ...files }))
      world.write(`demo/${path}`, content);
    const [archive, folder] = [report(["dist/demo-1.2.3.tgz"]), report(["demo"])];
    expect(archive.findings.length).toBeGreaterThan(0);
    const moved = JSON.stringify(folder).replaceAll('"demo/', '"dist/demo-1.2.3.tgz!/demo/');
    expect(JSON.parse(moved)).toEqual(archive);
    const text = check(["dist/demo-1.2.3.tgz"]);
    expect(text.status).toBe(1);
    expect(text.stdout).toContain("dist/demo-1.2.3.tgz!/demo/templates/web.yaml:5:13");
    expect(text.stdout).toContain("  5 |   replicas: {{ .Values.replicas }}\n    |             ^");
  });

  test("every output names places that its readers take", () => {
    const file = "dist/demo-1.2.3.tgz!/demo/templates/web.yaml";
    world.write("dist/demo-1.2.3.tgz", packed("demo", files));
    const { stdout } = check(["dist/demo-1.2.3.tgz", "-o", "sarif"]);
    const uris = [...stdout.matchAll(/"uri": "([^"]*)"/g)].map((match) => match[1] ?? "");
    expect(uris).toContain(file);
    for (const uri of uris) expect(new URL(uri, "file:///repository/").pathname).toBe(`/repository/${uri}`);
    expect(check(["dist/demo-1.2.3.tgz", "-o", "github"]).stdout).toContain(`file=${file},line=5`);
    expect(check(["dist/demo-1.2.3.tgz", "-o", "gitlab"]).stdout).toContain(`"path": "${file}"`);
    expect(check(["dist/demo-1.2.3.tgz", "-o", "junit"]).stdout).toContain(file);
  });

  test("values, the release and what changed are as for a folder", () => {
    world.write("old-1.2.2.tgz", packed("demo", { ...files, "templates/web.yaml": deployment("old") }));
    world.write("demo-1.2.3.tgz", packed("demo", files));
    world.write("three.yaml", "replicas: 3\n");
    const fine = check(["demo-1.2.3.tgz", "--values", "three.yaml", "-n", "shop"]);
    expect(fine.status).toBe(0);
    const changed = report(["demo-1.2.3.tgz", "--values", "three.yaml", "--against", "old-1.2.2.tgz"]);
    expect(
      changed.findings.some(({ severity, code }) => severity === "error" && code.includes("immutable")),
    ).toBe(true);
  });

  test("a glob names each archive that it fits", () => {
    world.write("all/one-1.0.0.tgz", packed("one", { "templates/a.yaml": map("One_") }));
    world.write("all/two-1.0.0.tgz", packed("two", { "templates/a.yaml": map("Two_") }));
    const { findings } = report(["all/*.tgz", "--release", "x"]);
    expect(new Set(findings.map(({ place }) => place?.file))).toEqual(
      new Set(["all/one-1.0.0.tgz!/one/templates/a.yaml", "all/two-1.0.0.tgz!/two/templates/a.yaml"]),
    );
    expect(check(["none/*.tgz"]).stderr).toContain("[INPUT_NOT_FOUND]");
  });

  test("charts within it have their own places, at any depth", () => {
    const inner = packed("inner", {
      "templates/i.yaml": map("Inner_"),
      "values.schema.json": '{"$ref": "http://x/"}',
    });
    const outer = packed("outer", { "templates/o.yaml": map("Outer_"), "charts/inner-1.2.3.tgz": inner });
    world.write(
      "nest-1.2.3.tgz",
      packed("nest", {
        "charts/outer-1.2.3.tgz": outer,
        "charts/flat/Chart.yaml": description("flat"),
        "charts/flat/templates/f.yaml": map("Flat_"),
        "charts/flat/charts/deep-1.2.3.tgz": packed("deep", { "templates/d.yaml": map("Deep_") }),
        "files/charts/no-chart.tgz": "no chart, a file of its own",
      }),
    );
    const { findings } = report(["nest-1.2.3.tgz"]);
    const outerAt = "nest-1.2.3.tgz!/nest/charts/outer-1.2.3.tgz!/outer";
    expect(
      new Set(findings.map(({ code, place }) => `${code.split("/")[0]} ${place?.file}:${place?.line}`)),
    ).toEqual(
      new Set([
        `object ${outerAt}/templates/o.yaml:4`,
        `object ${outerAt}/charts/inner-1.2.3.tgz!/inner/templates/i.yaml:4`,
        `chart ${outerAt}/charts/inner-1.2.3.tgz!/inner/values.schema.json:1`,
        "object nest-1.2.3.tgz!/nest/charts/flat/templates/f.yaml:4",
        "object nest-1.2.3.tgz!/nest/charts/flat/charts/deep-1.2.3.tgz!/deep/templates/d.yaml:4",
      ]),
    );
  });

  test("what Helm refuses in it is a finding in its file", () => {
    world.write("broken-1.2.3.tgz", packed("broken", { "templates/a.yaml": "a: 1\nb: {{ nothing 1 }}\n" }));
    const { findings } = report(["broken-1.2.3.tgz"]);
    expect(findings.map(({ code, place }) => [code, place?.file, place?.line])).toEqual([
      ["chart/template", "broken-1.2.3.tgz!/broken/templates/a.yaml", 2],
    ]);
    world.write("odd.tar.gz", packed("odd", { "values.yaml": "a: [\n", "templates/a.yaml": map("a") }));
    expect(report(["odd.tar.gz"]).findings[0]?.place?.file).toBe("odd.tar.gz!/odd/values.yaml");
  });

  test("a hostile archive within it is a finding, and the chart is not rendered", () => {
    const evil = gzipSync(tarOf([...entries("x", {}), { name: "x/l", type: "2", linkTo: "/etc/passwd" }]));
    world.write(
      "host-1.2.3.tgz",
      packed("host", { "charts/x-1.0.0.tgz": evil, "templates/a.yaml": map("A_") }),
    );
    const { findings } = report(["host-1.2.3.tgz"]);
    expect(findings.map(({ code, place, message }) => [code, place?.file, message])).toEqual([
      [
        "chart/malformed",
        "host-1.2.3.tgz!/host/charts/x-1.0.0.tgz",
        "Helm does not take this chart: the packed chart cannot be unpacked: it holds a link: x/l",
      ],
    ]);
    let deep = packed("c", { "templates/a.yaml": map("a") });
    for (let depth = 0; depth < 20; depth++) deep = packed("c", { "charts/c-1.0.0.tgz": deep });
    world.write("deep-1.2.3.tgz", deep);
    expect(report(["deep-1.2.3.tgz"]).findings.map(({ code }) => code)).toEqual(["chart/malformed"]);
  });

  test(".helmignore of an archive counts for nothing, as Helm has it", () => {
    world.write(
      "ignore-1.2.3.tgz",
      packed("ignore", { ".helmignore": "templates/hidden.yaml\n", "templates/hidden.yaml": map("Hidden_") }),
    );
    expect(report(["ignore-1.2.3.tgz"]).findings.length).toBeGreaterThan(0);
  });

  test("what helm package makes is taken, and an archive made on Windows", () => {
    const program = "program" in helm ? helm.program : "";
    for (const [path, content] of Object.entries({ "Chart.yaml": description("made"), ...files }))
      world.write(`made/${path}`, content);
    expect(world.run(program, ["package", "made"]).status).toBe(0);
    expect(report(["made-1.2.3.tgz"]).findings[0]?.place?.file).toBe(
      "made-1.2.3.tgz!/made/templates/web.yaml",
    );
    const windows = entries("win", files).map((entry) => ({
      ...entry,
      name: String(entry.name).replaceAll("/", "\\"),
    }));
    world.write("win.tgz", gzipSync(tarOf(windows)));
    expect(report(["win.tgz"]).findings[0]?.place?.file).toBe("win.tgz!/win/templates/web.yaml");
    const started = world.run("tar", ["-czf", join(world.folder, "gnu.tgz"), "made"], { cwd: world.folder });
    expect(started.status).toBe(0);
    expect(report(["gnu.tgz"]).findings[0]?.place?.file).toBe("gnu.tgz!/made/templates/web.yaml");
  });

  test("a library is said to render nothing", () => {
    world.write(
      "lib-1.2.3.tgz",
      gzipSync(tarOf([{ name: "lib/Chart.yaml", content: description("lib", "type: library\n") }])),
    );
    const ran = check(["lib-1.2.3.tgz"]);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain("left aside: lib-1.2.3.tgz (a library chart, which renders nothing itself)");
  });
});

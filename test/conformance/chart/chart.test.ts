import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { gzip, renderChart } from "../../../src/apply/chart/render-chart.ts";
import { projectFiles } from "../../../src/apply/files/node-files.ts";
import { collectChart } from "../../../src/kube/chart/chart-files.ts";
import { readRendered } from "../../../src/kube/chart/rendered.ts";
import { traceLines } from "../../../src/kube/chart/trace-lines.ts";
import { readStdin } from "../../../src/kube/read-inputs.ts";
import { bareHelm, helm } from "../../support/helm.ts";
import { deep, leftOut, strict } from "../../support/suites.ts";
import { helmsOwnCharts, publicCharts } from "./charts.ts";

const program = "program" in helm ? helm.program : "";
const noHelm = "reason" in helm && leftOut("charts held against the real Helm", helm.reason);
const scratch = mkdtempSync(join(tmpdir(), "kubeops-charts-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function helmTemplate(
  chart: string,
  more: readonly string[] = [],
): { status: number | null; stdout: Buffer; stderr: Buffer } {
  const args = ["template", "--include-crds", "--kube-version=1.37.0", ...more, "release-name", chart];
  return spawnSync(program, args, { cwd: scratch, env: bareHelm(scratch), maxBuffer: 1 << 28 });
}

async function ours(
  folder: string,
): Promise<
  { failed: string } | { output: Uint8Array; sourceOf: ReturnType<typeof collectChart>["sourceOf"] }
> {
  const chart = collectChart(projectFiles(folder), gzip);
  if (chart.library) return { failed: "library" };
  const result = await renderChart({
    helm: { program, version: "v4.3" },
    files: chart.files,
    minor: 37,
    apiVersions: [],
    namespace: "default",
    release: "release-name",
    values: [],
    set: [],
  });
  return result.kind === "rendered" && result.stderr === ""
    ? { output: result.output, sourceOf: chart.sourceOf }
    : { failed: JSON.stringify(result) };
}

const values = (output: Uint8Array): readonly string[] =>
  readStdin(output).documents.map(({ value }) => JSON.stringify(value));

describe.skipIf(noHelm)("charts", () => {
  const publics = noHelm ? [] : publicCharts();
  const charts = noHelm ? [] : [...publics, ...helmsOwnCharts()];

  test("a copy of a chart renders to what Helm makes of the chart, or is refused as Helm refuses it", async () => {
    let rendered = 0;
    let refused = 0;
    for (const { name, folder } of charts) {
      const theirs = helmTemplate(folder);
      const own = await ours(folder).catch((error: unknown) => ({ failed: String(error) }));
      if (theirs.status !== 0) {
        expect(own, `${name} is refused by Helm: ${JSON.stringify(own).slice(0, 300)}`).toHaveProperty(
          "failed",
        );
        refused++;
      } else {
        expect(own, name).toHaveProperty("output");
        if (!("output" in own)) continue;
        // The chart of cilium makes keys and certificates anew each time.
        const [made, wanted] = [values(own.output), values(theirs.stdout)];
        const differ = made.filter((value, index) => value !== wanted[index]);
        const random = differ.filter((value) => value.includes("helm-template-non-idempotent"));
        expect(differ.length - random.length, name).toBe(0);
        expect(made.length).toBe(wanted.length);
        rendered++;
      }
    }
    process.stderr.write(`charts: ${rendered} rendered alike, ${refused} refused alike\n`);
    expect(rendered).toBeGreaterThan(deep || strict ? 20 : 10);
  }, 300_000);

  test("every object of a public chart has its place in a file of the chart", async () => {
    for (const { name, folder } of publics) {
      const own = await ours(folder);
      if (!("output" in own)) continue;
      const { documents } = readRendered({
        display: "c",
        output: own.output,
        sourceOf: own.sourceOf,
        elsewhere: "elsewhere",
      });
      for (const { file } of documents.filter(({ value }) => value !== null)) {
        expect(file, name).not.toBe("elsewhere");
        expect(readFileSync(join(folder, file)).length, name).toBeGreaterThan(0);
      }
    }
  }, 120_000);

  /**
   * Each line of a template gets a comment with its number, Helm prints the comments, and so says where a line comes from;
   * our trace, which does not see them, is held against it.
   */
  test("lines are traced to the line of the template that printed them", () => {
    const total = { lines: 0, exact: 0, wrong: 0, near: 0, distance: 0 };
    const wrong: string[] = [];
    for (const { name, folder } of publics) {
      const output = renderMarked(folder);
      const sections = sectionsOf(output);
      for (const template of templatesOf(folder)) {
        const printed = sections.get(template) ?? [];
        const text = readFileSync(join(folder, "templates", template), "utf8");
        const shown = printed.map((line) => line.replace(/ *# @\d+$/, ""));
        const tracer = traceLines(text, shown, { left: 5_000_000 });
        for (const [index, line] of printed.entries()) {
          const origin = Number(/# @(\d+)$/.exec(line)?.[1]);
          if (Number.isNaN(origin) || (shown[index] ?? "").trim() === "") continue;
          const traced = tracer(index);
          total.lines++;
          if (traced.exact && traced.line === origin) total.exact++;
          else if (traced.exact) {
            total.wrong++;
            wrong.push(`${name} ${template}:${origin} traced to ${traced.line}: ${shown[index]}`);
          } else {
            total.near++;
            total.distance += Math.abs(traced.line - origin);
          }
        }
      }
    }
    process.stderr.write(
      `lines traced: ${total.exact} of ${total.lines} exactly, ${total.near} near (by ${(total.distance / Math.max(1, total.near)).toFixed(1)} lines), ${total.wrong} wrong\n`,
    );
    expect(total.wrong / total.lines, wrong.slice(0, 5).join("\n")).toBeLessThan(0.002);
    expect(total.lines).toBeGreaterThan(1000);
    expect(total.exact / total.lines).toBeGreaterThan(0.98);
  }, 120_000);
});

/** What Helm prints of a chart whose lines carry their numbers; a template that does not bear them is left as it is. */
function renderMarked(folder: string): string {
  const plain = new Set<string>();
  for (;;) {
    const copy = join(scratch, "marked");
    rmSync(copy, { recursive: true, force: true });
    cpSync(folder, copy, { recursive: true });
    for (const template of templatesOf(folder)) {
      if (plain.has(template)) continue;
      const path = join(copy, "templates", template);
      for (const part of [dirname(path), path]) chmodSync(part, 0o700);
      writeFileSync(path, marked(readFileSync(path, "utf8")));
    }
    const { status, stdout, stderr } = helmTemplate(copy);
    if (status === 0) return stdout.toString("utf8");
    const named = templatesOf(folder).find(
      (one) => !plain.has(one) && stderr.toString("utf8").includes(`templates/${one}`),
    );
    if (named === undefined) return "";
    plain.add(named);
  }
}

/** The lines that each template of the root chart printed. */
function sectionsOf(output: string): ReadonlyMap<string, readonly string[]> {
  const sections = new Map<string, string[]>();
  for (const section of output.split(/^---\n# Source: /m)) {
    const [head = "", ...lines] = section.split("\n");
    const template = /^[^/]+\/templates\/(.*)$/.exec(head)?.[1];
    if (template === undefined) continue;
    const all = sections.get(template) ?? [];
    all.push(...lines);
    sections.set(template, all);
  }
  return sections;
}

function templatesOf(folder: string): readonly string[] {
  return readdirSync(join(folder, "templates"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".yaml") && !/(?:^|\/)_/.test(name))
    .sort();
}

/** Numbers behind the lines that print: those outside of actions, that end in text, and where a comment stands in no text of many lines. */
function marked(text: string): string {
  let inside = false;
  return text
    .split("\n")
    .map((line, index) => {
      const before = inside;
      const opens = (line.match(/\{\{/g) ?? []).length;
      const closes = (line.match(/\}\}/g) ?? []).length;
      inside = opens === closes ? inside : opens > closes;
      const bare = line.replaceAll(/\{\{.*?\}\}/g, "").trim();
      if (before || inside || bare === "" || bare.startsWith("#") || /[|>][+-]?$/.test(bare)) return line;
      return /-\}\}\s*$/.test(line) ? line : `${line} # @${index + 1}`;
    })
    .join("\n");
}

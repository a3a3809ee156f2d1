import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { gzip, renderChart } from "../../../src/apply/chart/render-chart.ts";
import { collectPackedChart } from "../../../src/kube/chart/chart-files.ts";
import { OpsError } from "../../../src/kube/ops-error.ts";
import { bareHelm, helm } from "../../support/helm.ts";
import { deep, leftOut } from "../../support/suites.ts";
import { paxRecord, tarOf, type TarEntry } from "../../support/tar.ts";

const program = "program" in helm ? helm.program : "";
const noHelm = "reason" in helm && leftOut("archives held against the real Helm", helm.reason);
const scratch = mkdtempSync(join(tmpdir(), "kubeops-packed-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const map = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;
const chart: readonly TarEntry[] = [
  { name: "demo/Chart.yaml", content: "apiVersion: v2\nname: demo\nversion: 1.2.3\n" },
  { name: "demo/templates/a.yaml", content: map("a") },
];

const path = fc.constantFrom(
  "demo/templates/b.yaml",
  "demo/templates/a.yaml",
  "demo/templates/sub/c.yaml",
  "demo\\templates\\d.yaml",
  "demo/templates/d/",
  "templates/e.yaml",
  "demo/charts/sub/Chart.yaml",
);
/** Entries that readers of tar take in ways of their own. */
const oddEntries: fc.Arbitrary<readonly TarEntry[]> = fc
  .record({
    name: path,
    other: path,
    content: fc.constantFrom(map("b"), map("c"), "", map("x").padEnd(700, " ")),
    type: fc.constantFrom("0", "0", "0", "\0", "5", "7", "1", "S"),
    mode: fc.constantFrom("0000644\0", "0000644\0", "0100644\0", "0040755\0", "       \0"),
    magic: fc.constantFrom(
      "ustar\u000000",
      "ustar\u000000",
      "ustar  \0",
      "\0\0\0\0\0\0\0\0",
      "ustar\u0000  ",
    ),
    prefix: fc.constantFrom("", "", "", "demo", "demo/templates", "00000000000"),
    size: fc.constantFrom(undefined, undefined, undefined, "0", "00000000010 ", "\0"),
    before: fc.constantFrom(
      "none",
      "none",
      "pax",
      "long",
      "both",
      "global",
      "pax+global",
      "size",
      "comment",
      "empty",
    ),
  })
  .map(({ name, other, content, type, mode, magic, prefix, size, before }) => {
    const entry: TarEntry = {
      name,
      content,
      type,
      mode,
      magic,
      prefix,
      ...(size === undefined ? {} : { size }),
    };
    const pax = (record: string, kind = "x"): TarEntry => ({ name: "pax", type: kind, content: record });
    const long: TarEntry = { name: "././@LongLink", type: "L", content: `${other}\0`, magic: "ustar  \0" };
    switch (before) {
      case "pax":
        return [pax(paxRecord("path", other)), entry];
      case "long":
        return [long, entry];
      case "both":
        return [long, pax(paxRecord("path", "demo/templates/z.yaml")), entry];
      case "global":
        return [pax(paxRecord("path", other), "g"), entry];
      case "pax+global":
        return [pax(paxRecord("path", other)), pax(paxRecord("comment", "x"), "g"), entry];
      case "size":
        return [pax(paxRecord("size", "8")), entry];
      case "comment":
        // A line in the value of another key looks like a record.
        return [pax(paxRecord("comment", `x\n${paxRecord("path", other)}`)), entry];
      case "empty":
        return [pax(paxRecord("path", other)), pax(paxRecord("path", "")), entry];
      default:
        return [entry];
    }
  });

function theirs(archive: Uint8Array): { readonly status: number | null; readonly stdout: string } {
  const file = join(scratch, "chart.tgz");
  writeFileSync(file, archive);
  const { status, stdout } = spawnSync(
    program,
    ["template", "--include-crds", "--kube-version=1.37.0", "release-name", file],
    { cwd: scratch, env: bareHelm(scratch), encoding: "utf8" },
  );
  return { status, stdout };
}

async function ours(archive: Uint8Array): Promise<string | undefined> {
  try {
    const { problems, files, archive: packed } = collectPackedChart("c.tgz", archive, gzip);
    if (packed === undefined || problems.length > 0) return undefined;
    const result = await renderChart({
      helm: { program, version: "v4" },
      files,
      archive: packed,
      minor: 37,
      apiVersions: [],
      namespace: "default",
      release: "release-name",
      values: [],
      set: [],
    });
    return result.kind === "rendered" && result.stderr === ""
      ? new TextDecoder().decode(result.output)
      : undefined;
  } catch (error) {
    if (OpsError.is(error)) return undefined;
    throw error;
  }
}

describe.skipIf(noHelm)("packed charts", () => {
  test("an archive is rendered as Helm renders it, or refused", async () => {
    let taken = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(oddEntries, { maxLength: 2 }), fc.boolean(), async (odd, end) => {
        const archive = gzipSync(tarOf([...chart, ...odd.flat()], end));
        const own = await ours(archive);
        if (own === undefined) {
          refused++;
          return;
        }
        expect(own).toBe(theirs(archive).stdout);
        taken++;
      }),
      { numRuns: deep ? 1000 : 60, seed: 7 },
    );
    process.stderr.write(`archives: ${taken} rendered alike, ${refused} refused\n`);
    expect(taken).toBeGreaterThan(deep ? 150 : 10);
  }, 600_000);

  test("what packers make is taken", async () => {
    const long = `demo/templates/${"x".repeat(120)}.yaml`;
    for (const entries of [
      chart,
      [{ name: "demo/", type: "5", mode: "0040755\0" }, ...chart],
      [
        ...chart,
        { name: "pax", type: "x", content: paxRecord("path", long) },
        { name: "x", content: map("l") },
      ],
      [
        ...chart,
        { name: "././@LongLink", type: "L", content: `${long}\0` },
        { name: "x", content: map("l") },
      ],
      [...chart, { name: `${"y".repeat(90)}.yaml`, prefix: "demo/templates", content: map("p") }],
      [{ name: "pax_global_header", type: "g", content: paxRecord("comment", "0123") }, ...chart],
      chart.map((entry) => ({ ...entry, magic: "ustar  \0" })),
      chart.map((entry) => ({ ...entry, magic: "" })),
    ]) {
      const archive = gzipSync(tarOf(entries));
      const { status, stdout } = theirs(archive);
      expect(status).toBe(0);
      expect(await ours(archive)).toBe(stdout);
    }
  }, 60_000);
});

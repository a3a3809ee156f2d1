import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FindingJson } from "../../src/analysis/findings/json.ts";
import { makeWorld, reportOf, repository, type World } from "../support/cli.ts";
import { conformanceData, leftOut } from "../support/suites.ts";

type Counts = Readonly<Partial<Record<"error" | "warning" | "info", number>>>;

interface Judgement {
  readonly id: string;
  readonly hits: Counts;
  readonly read: Counts;
  readonly wrong?: Counts;
  readonly recomputed?: { readonly agree: number; readonly missed: number };
}

const { rows } = JSON.parse(readFileSync(join(repository, "tools", "precision-judgements.json"), "utf8")) as {
  readonly rows: readonly Judgement[];
};
const sum = (counts: Counts | undefined): number =>
  Object.values(counts ?? {}).reduce((all, count) => all + count, 0);

describe("judgements of what check says about public projects (docs/reference/precision.md)", () => {
  test("at least twenty hits of each check are read, or all", () => {
    expect(rows.filter(({ hits, read }) => sum(read) < Math.min(20, sum(hits)))).toEqual([]);
    expect(rows.filter(({ read, wrong }) => sum(wrong) > sum(read))).toEqual([]);
    expect(rows.filter(({ hits, recomputed }) => (recomputed?.agree ?? sum(hits)) !== sum(hits))).toEqual([]);
  });

  test("95 of a hundred are right, of every severity", () => {
    for (const severity of ["error", "warning", "info"] as const) {
      const read = rows.reduce((all, row) => all + (row.read[severity] ?? 0), 0);
      const wrong = rows.reduce((all, row) => all + (row.wrong?.[severity] ?? 0), 0);
      expect((read - wrong) / read).toBeGreaterThanOrEqual(0.95);
    }
  });
});

const data = conformanceData("real");

describe.skipIf(
  data === undefined &&
    leftOut(
      "hits on public projects against the page of precision",
      "set KUBEOPS_CONFORMANCE_DATA to a folder with real/ (docs/reference/precision.md names its projects)",
    ),
)("hits on public projects", () => {
  let world: World;
  let findings: readonly FindingJson[];

  beforeAll(() => {
    world = makeWorld();
    const ran = world.kubeops(["check", "real", "--profile", "all", "-o", "json"], {
      cwd: dirname(data ?? ""),
    });
    ({ findings } = reportOf(ran));
  }, 120_000);
  afterAll(() => world.remove());

  test("are those that were judged: where they change, read a new sample and keep what you judge", () => {
    const hits: Record<string, Record<string, number>> = {};
    for (const { code, severity } of findings) {
      const counts = (hits[code] ??= {});
      counts[severity] = (counts[severity] ?? 0) + 1;
    }
    expect(hits).toEqual(Object.fromEntries(rows.map((row) => [row.id, row.hits])));
  });

  test("have no error in projects that are well run", () => {
    const wellRun = /^real\/(?:argo-cd|kube-prometheus|microservices-demo)\//;
    const own = findings.filter(({ place }) => wellRun.test(place?.file ?? ""));
    expect(own.length).toBeGreaterThan(100);
    expect(own.filter(({ severity }) => severity === "error")).toEqual([]);
  });
});

import { spawnSync } from "node:child_process";
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { deep } from "../../../test/support/suites.ts";
import type { PlanDigest } from "../../plan/plan.ts";
import { type Journal, openJournal } from "./journal.ts";

const root = mkdtempSync(join(tmpdir(), "kubeops-journal-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let files = 0;
const newFile = (): string => join(root, `j${(files += 1)}.db`);
const clock = { now: () => Date.UTC(2026, 10, 25) };
const time = "2026-11-25T00:00:00.000Z";
const open = (file: string): Journal => openJournal(file, clock);
const plan = `sha256:${"a".repeat(64)}` as PlanDigest;
const other = `sha256:${"b".repeat(64)}` as PlanDigest;
const target = `sha256:${"c".repeat(64)}`;

describe("a run", () => {
  test("is one until it is finished, and keeps its steps in order", () => {
    const file = newFile();
    const journal = open(file);
    const run = journal.begin(plan, target);
    expect(run).toMatchObject({ id: 1, plan, resumed: false });
    expect(run.steps()).toEqual([]);
    run.record("nonce", { nonce: "ab" });
    run.record("push", { commit: "cd", __proto__x: "1" });
    journal.close();

    const again = open(file);
    const resumed = again.begin(plan, target);
    expect(resumed).toMatchObject({ id: 1, plan, resumed: true });
    resumed.record("verify", {});
    expect(resumed.steps()).toEqual([
      { step: "nonce", detail: { nonce: "ab" } },
      { step: "push", detail: { commit: "cd", __proto__x: "1" } },
      { step: "verify", detail: {} },
    ]);
    expect(again.runs(plan)).toEqual([
      { id: 1, plan, target, began: time, ended: null, outcome: null, detail: {}, steps: resumed.steps() },
    ]);
    resumed.finish("done", { commit: "cd" });
    expect(again.runs(plan)).toEqual([
      {
        id: 1,
        plan,
        target,
        began: time,
        ended: time,
        outcome: "done",
        detail: { commit: "cd" },
        steps: resumed.steps(),
      },
    ]);
    expect(again.begin(plan, target)).toMatchObject({ id: 2, resumed: false });
    expect(again.begin(other, target)).toMatchObject({ id: 3, resumed: false });
    expect(again.runs(`sha256:${"d".repeat(64)}` as PlanDigest)).toEqual([]);
    again.close();
  });

  test("that is finished takes no further step, nonce or end", () => {
    const journal = open(newFile());
    const run = journal.begin(plan, target);
    run.finish("refused", { code: "TARGET_DRIFT" });
    const refused = expect.objectContaining({
      code: "JOURNAL_INVALID",
      message: "run 1 is finished: it takes no further step",
    });
    expect(() => run.record("push", {})).toThrow(refused);
    expect(() => run.finish("done", {})).toThrow(refused);
    expect(() => journal.consumeNonce("ab", run)).toThrow(refused);
    expect(run.steps()).toEqual([]);
    journal.close();
  });

  test("keeps any text as it is", () => {
    const journal = open(newFile());
    const run = journal.begin(plan, target);
    const text = fc.string({ unit: "grapheme" });
    fc.assert(
      fc.property(text, fc.dictionary(fc.oneof(text, fc.constant("__proto__")), text), (step, detail) => {
        run.record(step, detail);
        const last = run.steps().at(-1);
        expect(last?.step).toBe(step);
        expect(Object.entries(last?.detail ?? {}).sort()).toEqual(Object.entries(detail).sort());
      }),
      { numRuns: 40 },
    );
    journal.close();
  });
});

describe("K3 the journal says what was done, never what may be done", () => {
  test("K3 a run is resumed only for the target that it began with", () => {
    const journal = open(newFile());
    journal.begin(plan, target).record("push", {});
    expect(() => journal.begin(plan, `sha256:${"d".repeat(64)}`)).toThrow(
      expect.objectContaining({
        code: "JOURNAL_INVALID",
        message: "an open run of this plan was for another target",
      }),
    );
    expect(journal.begin(plan, target).resumed).toBe(true);
    journal.close();
  });

  test("K3 it holds steps, and no verdict, approval or expiry that a resumed run could rely on", () => {
    const file = newFile();
    open(file).close();
    const database = new DatabaseSync(file);
    const columns = database
      .prepare(
        "SELECT m.name AS t, p.name AS c FROM sqlite_schema m, pragma_table_info(m.name) p WHERE m.type = 'table' ORDER BY 1, 2",
      )
      .all()
      .map((row) => `${String(row["t"])}.${String(row["c"])}`)
      .filter((name) => !name.startsWith("sqlite_"));
    database.close();
    expect(columns).toEqual([
      "nonce.nonce",
      "nonce.run",
      "nonce.time",
      "run.began",
      "run.detail",
      "run.ended",
      "run.id",
      "run.outcome",
      "run.plan",
      "run.target",
      "step.detail",
      "step.number",
      "step.run",
      "step.step",
      "step.time",
    ]);
  });
});

describe("K11 a nonce is used once", () => {
  test("K11 by one run, which may ask again, over the death of its process", () => {
    const file = newFile();
    const journal = open(file);
    const run = journal.begin(plan, target);
    expect(journal.consumeNonce("ab", run)).toBe(true);
    expect(journal.consumeNonce("ab", run)).toBe(true);
    journal.close();
    const again = open(file);
    const resumed = again.begin(plan, target);
    expect(again.consumeNonce("ab", resumed)).toBe(true);
    resumed.finish("failed", {});
    // Neither a new run of the same plan nor one of another plan.
    expect(again.consumeNonce("ab", again.begin(plan, target))).toBe(false);
    expect(again.consumeNonce("ab", again.begin(other, target))).toBe(false);
    expect(again.consumeNonce("cd", again.begin(other, target))).toBe(true);
    again.close();
  });

  test("K11 a failed transaction consumes nothing", () => {
    const journal = open(newFile());
    const run = journal.begin(plan, target);
    run.finish("failed", {});
    expect(() => journal.consumeNonce("ab", run)).toThrow("is finished");
    expect(journal.consumeNonce("ab", journal.begin(plan, target))).toBe(true);
    journal.close();
  });
});

describe("the file", () => {
  test("is one file, the user's alone, durable by a rollback journal", () => {
    const folder = mkdtempSync(join(root, "one-"));
    const file = join(folder, "journal.db");
    const journal = open(file);
    journal.begin(plan, target).record("push", {});
    expect(readdirSync(folder)).toEqual(["journal.db"]);
    expect(lstatSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file).subarray(18, 20)).toEqual(Buffer.from([1, 1]));
    journal.close();
  });

  test.each([
    [
      "text",
      (file: string) => writeFileSync(file, "this is no database. ".repeat(100)),
      "is damaged, or no database",
    ],
    ["another program's", (file: string) => make(file, "CREATE TABLE t (x)"), "is no journal of kubeops"],
    [
      "a newer version's",
      (file: string) => change(file, "PRAGMA user_version=2"),
      "was made by another version of kubeops",
    ],
    [
      "one with a trigger",
      (file: string) => change(file, "CREATE TRIGGER t AFTER INSERT ON nonce BEGIN DELETE FROM nonce; END"),
      "has other tables than a journal has",
    ],
    [
      "one with another table",
      (file: string) => change(file, "CREATE TABLE t (x)"),
      "has other tables than a journal has",
    ],
    ["a link", (file: string) => symlinkSync("elsewhere", file), "is no regular file"],
    ["a cut one", (file: string) => (change(file, "SELECT 1"), cut(file)), "is damaged"],
  ])("of %s is refused", (_, spoil, message) => {
    const file = newFile();
    spoil(file);
    expect(() => open(file)).toThrow(expect.objectContaining({ code: "JOURNAL_INVALID" }));
    expect(() => open(file)).toThrow(message);
  });

  test("a row that is no detail is refused when it is read", () => {
    const file = newFile();
    const journal = open(file);
    const run = journal.begin(plan, target);
    run.record("push", {});
    change(file, `UPDATE step SET detail = '{"a":1}'`);
    expect(() => run.steps()).toThrow("a row of the journal is not what was written");
    change(file, `UPDATE step SET detail = '['`);
    expect(() => run.steps()).toThrow("a row of the journal is not what was written");
    journal.close();
  });

  test("in a folder that is not there cannot be made", () => {
    const file = join(root, "nowhere", "journal.db");
    expect(() => open(file)).toThrow(
      expect.objectContaining({
        code: "STATE_UNWRITABLE",
        message: `the journal ${file} cannot be made: ENOENT`,
      }),
    );
  });

  test("on a full disk: the step is refused, and those before it are there", () => {
    const file = newFile();
    const result = child(
      file,
      "ulimit -f 100;",
      "for (let i = 0; ; i += 1) { run.record(`step ${i}`, { text: 'x'.repeat(1000) }); console.log(i); }",
    );
    expect(result.stderr).toContain("STATE_UNWRITABLE");
    const last = Number(result.stdout.trim().split("\n").at(-1));
    expect(last).toBeGreaterThan(3);
    const journal = open(file);
    const run = journal.begin(plan, target);
    expect(run.resumed).toBe(true);
    expect(run.steps().map(({ step }) => step)).toEqual(
      Array.from({ length: last + 1 }, (_, i) => `step ${i}`),
    );
    journal.close();
  });

  test("survives a process that is killed after any step", () => {
    for (let steps = 0; steps < (deep ? 12 : 3); steps += 1) {
      const file = newFile();
      const result = child(
        file,
        "",
        `for (let i = 0; i < ${steps}; i += 1) run.record(\`step \${i}\`, {}); journal.consumeNonce("ab", run); process.kill(process.pid, "SIGKILL");`,
      );
      expect(result.signal).toBe("SIGKILL");
      const journal = open(file);
      const run = journal.begin(plan, target);
      expect(run.resumed).toBe(true);
      expect(run.steps().length).toBe(steps);
      expect(journal.consumeNonce("ab", run)).toBe(true);
      journal.close();
    }
  });
});

function make(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

function change(file: string, sql: string): void {
  open(file).close();
  make(file, sql);
}

function cut(file: string): void {
  writeFileSync(file, readFileSync(file).subarray(0, 8192));
}

function child(
  file: string,
  limit: string,
  program: string,
): { stdout: string; stderr: string; signal: string | null } {
  const module = fileURLToPath(new URL("journal.ts", import.meta.url));
  const text = `import { openJournal } from ${JSON.stringify(module)};
    const journal = openJournal(${JSON.stringify(file)}, { now: () => 0 });
    const run = journal.begin(${JSON.stringify(plan)}, ${JSON.stringify(target)});
    try { ${program} } catch (error) { console.error(error.code, error.message); }`;
  return spawnSync(
    "/bin/sh",
    ["-c", `${limit} exec "$0" "$@"`, process.execPath, "--input-type=module", "-e", text],
    {
      encoding: "utf8",
    },
  );
}

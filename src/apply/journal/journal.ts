import { canonicalJson } from "../../kube/canonical-json.ts";
import type { Clock } from "../../kube/clock.ts";
import { OpsError } from "../../kube/ops-error.ts";
import type { PlanDigest } from "../../plan/plan.ts";
import { openSqlPort, type SqlPort, type SqlRow } from "./sql-port.ts";

export type Detail = Readonly<Record<string, string>>;
export type RunOutcome = "done" | "refused" | "failed";

/**
 * What was done, step by step, durable before the next step. It says what was done and never what may be done: whoever
 * resumes a run checks charter, approvals, expiry and target again (kernel K3).
 */
export interface Journal {
  /**
   * The open run of this plan, or a new one.
   * @throws {OpsError} JOURNAL_INVALID when the open run was for another target.
   */
  begin(plan: PlanDigest, target: string): Run;
  /** All runs of a plan, oldest first. */
  runs(plan: PlanDigest): readonly RunRecord[];
  /** Kernel K11: true when no other run consumed the nonce before; the same run may ask again. */
  consumeNonce(nonce: string, run: Run): boolean;
  close(): void;
}

/** One attempt to carry out a plan. It stays open until it is finished, over the death of its process. */
export interface Run {
  readonly id: number;
  readonly plan: PlanDigest;
  /** An earlier process began it. */
  readonly resumed: boolean;
  /** Adds a step; durable when it returns. */
  record(step: string, detail: Detail): void;
  /** The steps so far, in order. */
  steps(): readonly StepRecord[];
  /** Ends the run; durable when it returns. A finished run takes no further step. */
  finish(outcome: RunOutcome, detail: Detail): void;
}

export interface StepRecord {
  readonly step: string;
  readonly detail: Detail;
}

export interface RunRecord {
  readonly id: number;
  readonly plan: PlanDigest;
  readonly target: string;
  /** RFC 3339 with `Z`, milliseconds. */
  readonly began: string;
  /** Null while it is open. */
  readonly ended: string | null;
  readonly outcome: RunOutcome | null;
  readonly detail: Detail;
  readonly steps: readonly StepRecord[];
}

// "kube" in ASCII: https://sqlite.org/pragma.html#pragma_application_id
const applicationId = 0x6b756265;
const version = 1;
const schema: readonly string[] = [
  `CREATE TABLE run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  plan TEXT NOT NULL,
  target TEXT NOT NULL,
  began TEXT NOT NULL,
  ended TEXT,
  outcome TEXT CHECK (outcome IN ('done', 'refused', 'failed')),
  detail TEXT NOT NULL DEFAULT '{}',
  CHECK ((ended IS NULL) = (outcome IS NULL))
) STRICT`,
  "CREATE UNIQUE INDEX open_run ON run (plan) WHERE outcome IS NULL",
  `CREATE TABLE step (
  run INTEGER NOT NULL REFERENCES run (id),
  number INTEGER NOT NULL,
  step TEXT NOT NULL,
  detail TEXT NOT NULL,
  time TEXT NOT NULL,
  PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID`,
  `CREATE TABLE nonce (
  nonce TEXT PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run (id),
  time TEXT NOT NULL
) STRICT, WITHOUT ROWID`,
];

/**
 * Opens the journal in a file, and makes it when it is not there.
 * @throws {OpsError} JOURNAL_INVALID for a damaged or foreign file, STATE_BUSY, STATE_UNWRITABLE.
 */
export function openJournal(file: string, clock: Clock): Journal {
  const sql = openSqlPort(file);
  try {
    prepare(sql, file);
  } catch (error) {
    sql.close();
    throw error;
  }
  const now = (): string => new Date(clock.now()).toISOString();

  const stepsOf = (run: number): readonly StepRecord[] =>
    sql
      .rows("SELECT step, detail FROM step WHERE run = ? ORDER BY number", run)
      .map((row) => ({ step: text(row, "step"), detail: detailOf(row) }));

  const isOpen = (run: number): boolean =>
    sql.rows("SELECT 1 FROM run WHERE id = ? AND outcome IS NULL", run).length === 1;

  const refuseFinished = (run: number): void => {
    if (!isOpen(run))
      throw new OpsError("JOURNAL_INVALID", `run ${run} is finished: it takes no further step`, {
        hint: "another process has finished it meanwhile; run the command again",
      });
  };

  const runOf = (id: number, plan: PlanDigest, resumed: boolean): Run => ({
    id,
    plan,
    resumed,
    steps: () => stepsOf(id),
    record: (step, detail) =>
      sql.transaction(() => {
        refuseFinished(id);
        sql.change(
          "INSERT INTO step SELECT ?, coalesce(max(number), 0) + 1, ?, ?, ? FROM step WHERE run = ?",
          id,
          step,
          canonicalJson(detail),
          now(),
          id,
        );
      }),
    finish: (outcome, detail) =>
      sql.transaction(() => {
        refuseFinished(id);
        sql.change(
          "UPDATE run SET ended = ?, outcome = ?, detail = ? WHERE id = ?",
          now(),
          outcome,
          canonicalJson(detail),
          id,
        );
      }),
  });

  return {
    begin: (plan, target) =>
      sql.transaction(() => {
        const [open] = sql.rows("SELECT id, target FROM run WHERE plan = ? AND outcome IS NULL", plan);
        if (open !== undefined) {
          if (text(open, "target") !== target)
            throw new OpsError("JOURNAL_INVALID", "an open run of this plan was for another target", {
              hint: "the plan or the journal was changed after the run began: compare them with the audit log",
            });
          return runOf(integer(open, "id"), plan, true);
        }
        sql.change("INSERT INTO run (plan, target, began) VALUES (?, ?, ?)", plan, target, now());
        const [made] = sql.rows("SELECT last_insert_rowid() AS id");
        return runOf(integer(made ?? {}, "id"), plan, false);
      }),
    runs: (plan) =>
      sql.rows("SELECT * FROM run WHERE plan = ? ORDER BY id", plan).map((row) => ({
        id: integer(row, "id"),
        plan,
        target: text(row, "target"),
        began: text(row, "began"),
        ended: row["ended"] === null ? null : text(row, "ended"),
        outcome: outcomeOf(row),
        detail: detailOf(row),
        steps: stepsOf(integer(row, "id")),
      })),
    consumeNonce: (nonce, run) =>
      sql.transaction(() => {
        refuseFinished(run.id);
        const [used] = sql.rows("SELECT run FROM nonce WHERE nonce = ?", nonce);
        if (used !== undefined) return integer(used, "run") === run.id;
        sql.change("INSERT INTO nonce VALUES (?, ?, ?)", nonce, run.id, now());
        return true;
      }),
    close: () => sql.close(),
  };
}

/** Makes the tables, or makes sure that the file holds these tables and nothing that could act by itself. */
function prepare(sql: SqlPort, file: string): void {
  const invalid = (why: string): OpsError =>
    new OpsError("JOURNAL_INVALID", `${file} ${why}`, {
      hint: "keep it for inspection; move it away to begin a new one",
    });
  sql.transaction(() => {
    const found = sql.rows("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid");
    const pragma = (name: string): number => integer(sql.rows(`PRAGMA ${name}`)[0] ?? {}, name);
    if (found.length === 0 && pragma("application_id") === 0) {
      for (const statement of schema) sql.run(statement);
      sql.run(`PRAGMA application_id=${applicationId}; PRAGMA user_version=${version};`);
      return;
    }
    if (pragma("application_id") !== applicationId) throw invalid("is no journal of kubeops");
    if (pragma("user_version") !== version) throw invalid("was made by another version of kubeops");
    const statements = found.map((row) => row["sql"]).filter((name) => name !== sequenceTable);
    if (canonicalJson(statements) !== canonicalJson(schema))
      throw invalid("has other tables than a journal has");
  });
  const [check] = sql.rows("PRAGMA quick_check(1)");
  if (check?.["quick_check"] !== "ok") throw invalid("is damaged");
}

// What SQLite makes by itself for AUTOINCREMENT.
const sequenceTable = "CREATE TABLE sqlite_sequence(name,seq)";

function text(row: SqlRow, name: string): string {
  const value = row[name];
  if (typeof value !== "string") throw damaged();
  return value;
}

function integer(row: SqlRow, name: string): number {
  const value = row[name];
  if (typeof value !== "number") throw damaged();
  return value;
}

function outcomeOf(row: SqlRow): RunOutcome | null {
  const value = row["outcome"];
  if (value === null || value === "done" || value === "refused" || value === "failed") return value;
  throw damaged();
}

function detailOf(row: SqlRow): Detail {
  let value: unknown;
  try {
    value = JSON.parse(text(row, "detail"));
  } catch {
    throw damaged();
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw damaged();
  const entries = Object.entries(value);
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === "string")) throw damaged();
  // Without a prototype, so that a key such as `constructor` is only ever what was recorded.
  return Object.freeze(
    Object.assign(Object.create(null) as Record<string, string>, Object.fromEntries(entries)),
  );
}

function damaged(): OpsError {
  return new OpsError("JOURNAL_INVALID", "a row of the journal is not what was written", {
    hint: "keep the journal for inspection; move it away to begin a new one",
  });
}

import { closeSync, constants, lstatSync, openSync } from "node:fs";
import type { SQLInputValue } from "node:sqlite";
import { systemCode } from "../../audit/disk/durable-folder.ts";
import { openDatabase, sqliteFailure } from "../../audit/disk/sqlite.ts";
import { OpsError } from "../../kube/ops-error.ts";

export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, unknown>>;

/** What the journal asks of a database. Values go in as parameters only. Errors: STATE_BUSY, STATE_UNWRITABLE, JOURNAL_INVALID. */
export interface SqlPort {
  /** Statements of ours, without values. */
  run(sql: string): void;
  /** One statement with values; gives the number of rows that it changed. */
  change(sql: string, ...values: readonly SqlValue[]): number;
  rows(sql: string, ...values: readonly SqlValue[]): readonly SqlRow[];
  /** All of it or nothing, alone among writers; durable when it returns. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/** Milliseconds that a statement waits for another process's transaction. */
const busyTimeout = 10_000;

/**
 * A database in one file on node:sqlite. Rollback journal and synchronous=EXTRA on purpose: a commit is durable with
 * the names in the folder when it returns, at rest there is one file, and nothing depends on shared memory as a
 * write-ahead log would (https://sqlite.org/pragma.html#pragma_synchronous). The file is a claim like any other: its
 * schema may not call functions, and cells are checked for damage.
 */
export function openSqlPort(file: string): SqlPort {
  const what = `the journal ${file}`;
  const guard = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw failure(error, what);
    }
  };
  const database = guard(() => {
    makeFile(file);
    return openDatabase(file);
  });
  const run = (sql: string): void => guard(() => database.exec(sql));
  const rows = (sql: string, values: readonly SqlValue[]): readonly SqlRow[] =>
    guard(() => database.prepare(sql).all(...(values as readonly SQLInputValue[])));
  try {
    run(`PRAGMA busy_timeout=${busyTimeout}; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;`);
    run("PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA; PRAGMA foreign_keys=ON;");
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    run,
    change: (sql, ...values) =>
      guard(() => Number(database.prepare(sql).run(...(values as readonly SQLInputValue[])).changes)),
    rows: (sql, ...values) => rows(sql, values),
    transaction: (work) => {
      run("BEGIN IMMEDIATE");
      try {
        const result = work();
        run("COMMIT");
        return result;
      } catch (error) {
        // SQLite has rolled back by itself after some errors, such as a full disk.
        if (database.isTransaction) database.exec("ROLLBACK");
        throw error;
      }
    },
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

function makeFile(file: string): void {
  try {
    // Made here for its mode; SQLite would let the umask decide.
    closeSync(openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600));
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    if (!lstatSync(file).isFile())
      throw new OpsError("JOURNAL_INVALID", `${file} is no regular file`, {
        hint: "remove it",
        cause: error,
      });
  }
}

function failure(error: unknown, what: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return sqliteFailure(error, what);
  return new OpsError("STATE_UNWRITABLE", `${what} cannot be made: ${code}`, {
    hint: "make the state folder writable, or free some space, and run the command again",
    cause: error,
  });
}

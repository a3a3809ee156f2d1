import type { DatabaseSync } from "node:sqlite";
import { OpsError } from "../../kube/ops-error.ts";

type Sqlite = typeof import("node:sqlite");

let loaded: Sqlite | undefined;

/**
 * node:sqlite, loaded at its first use: commands that need no database do not pay for it. Node 22 announces it as
 * experimental each time; that one warning is kept from the terminal, every other one goes its way.
 */
export function loadSqlite(): Sqlite {
  if (loaded !== undefined) return loaded;
  const emit = process.emitWarning.bind(process);
  const original = Object.getOwnPropertyDescriptor(process, "emitWarning");
  process.emitWarning = (warning: string | Error, ...rest: readonly unknown[]): void => {
    const text = typeof warning === "string" ? warning : warning.message;
    if (!text.startsWith("SQLite is an experimental feature"))
      Reflect.apply(emit, process, [warning, ...rest]);
  };
  try {
    loaded = process.getBuiltinModule("node:sqlite");
  } finally {
    if (original !== undefined) Object.defineProperty(process, "emitWarning", original);
  }
  return loaded;
}

/** Opens a database that a hostile file cannot make run code: no extensions, no functions in the schema. */
export function openDatabase(path: string): DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  return new DatabaseSync(path, { allowExtension: false, timeout: 0 });
}

/** SQLite's primary result code of an error (https://sqlite.org/rescode.html), or undefined for another error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

export const SQLITE_BUSY = 5;

/** The expected failures of a database as ours; anything else comes back as it is. */
export function sqliteFailure(error: unknown, what: string): unknown {
  const code = sqliteCode(error);
  const cause = { cause: error };
  if (code === SQLITE_BUSY || code === 6)
    return new OpsError("STATE_BUSY", `${what} is held by another process`, {
      hint: "wait until it has ended, then run the command again",
      ...cause,
    });
  if (code === 11 || code === 26)
    return new OpsError("JOURNAL_INVALID", `${what} is damaged, or no database`, {
      hint: "keep it for inspection; move it away to begin a new one",
      ...cause,
    });
  if (code === 8 || code === 10 || code === 13 || code === 14)
    return new OpsError(
      "STATE_UNWRITABLE",
      `${what} cannot be written: ${code === 13 ? "the disk is full" : error instanceof Error ? error.message : ""}`,
      { hint: "free some space, or make the folder writable, and run the command again", ...cause },
    );
  return error;
}

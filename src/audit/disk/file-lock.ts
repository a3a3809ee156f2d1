import { closeSync, constants, lstatSync, openSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { OpsError } from "../../kube/ops-error.ts";
import { systemCode } from "./durable-folder.ts";
import { openDatabase, SQLITE_BUSY, sqliteCode } from "./sqlite.ts";

/** Milliseconds that a process waits for another one. */
export const LOCK_WAIT = 10_000;

/**
 * A lock between processes (and between two holders in one process). The kernel holds it, by way of SQLite's lock on an
 * empty database: it ends with the process, however that ends, and there is no stale lock to guess about. Nothing else
 * in the process may open the lock's files: POSIX drops a process's locks on a file when any descriptor of it is closed.
 */
export interface FileLock {
  /** Blocks the thread. @throws {OpsError} STATE_BUSY after LOCK_WAIT. Errors of the system come as they are. */
  hold<T>(work: () => T): T;
  /** Waits without blocking. @throws {OpsError} STATE_BUSY after LOCK_WAIT. */
  holdAsync<T>(work: () => T | Promise<T>): Promise<T>;
  close(): void;
}

export interface FileLockOptions {
  /** What is held, for the message. */
  readonly what: string;
  readonly waitMs?: number;
}

/** A lock in the file `path` and, for turns, `path.turn`. Both are made when they are not there, and stay. */
export function fileLock(path: string, options: FileLockOptions): FileLock {
  // Who waits holds the turn, so whoever releases the lock and wants it again queues behind: nobody starves.
  const turn = halfLock(`${path}.turn`);
  const main = halfLock(path);
  const waitMs = options.waitMs ?? LOCK_WAIT;

  const busy = (): OpsError =>
    new OpsError("STATE_BUSY", `${options.what} is held by another process`, {
      hint: "wait until it has ended, then run the command again",
    });

  const waitFor = (half: HalfLock, deadline: number): void => {
    while (!half.take()) {
      if (performance.now() >= deadline) throw busy();
      pause(1);
    }
  };
  const waitForAsync = async (half: HalfLock, deadline: number): Promise<void> => {
    while (!half.take()) {
      if (performance.now() >= deadline) throw busy();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  return {
    hold: (work) => {
      const deadline = performance.now() + waitMs;
      waitFor(turn, deadline);
      try {
        waitFor(main, deadline);
      } finally {
        turn.give();
      }
      try {
        return work();
      } finally {
        main.give();
      }
    },
    holdAsync: async (work) => {
      const deadline = performance.now() + waitMs;
      await waitForAsync(turn, deadline);
      try {
        await waitForAsync(main, deadline);
      } finally {
        turn.give();
      }
      try {
        return await work();
      } finally {
        main.give();
      }
    },
    close: () => {
      turn.close();
      main.close();
    },
  };
}

interface HalfLock {
  take(): boolean;
  give(): void;
  close(): void;
}

function halfLock(path: string): HalfLock {
  let database: DatabaseSync | undefined;
  let taken = false;
  const open = (): DatabaseSync => {
    try {
      // Only a file that nobody has yet may be opened and closed by us: closing drops the locks of the whole process.
      closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600));
    } catch (error) {
      if (systemCode(error) !== "EEXIST") throw error;
      if (!lstatSync(path).isFile())
        throw Object.assign(new Error(`${path} is no regular file`), { code: "ELOOP" });
    }
    return openDatabase(path);
  };
  return {
    take: () => {
      if (taken) return false;
      database ??= open();
      try {
        database.exec("BEGIN IMMEDIATE");
      } catch (error) {
        if (sqliteCode(error) === SQLITE_BUSY) return false;
        throw error;
      }
      taken = true;
      return true;
    },
    give: () => {
      taken = false;
      database?.exec("ROLLBACK");
    },
    close: () => {
      taken = false;
      database?.close();
      database = undefined;
    },
  };
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

function pause(ms: number): void {
  Atomics.wait(sleeper, 0, 0, ms);
}

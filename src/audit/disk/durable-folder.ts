import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";

/**
 * The files of one folder, written so that a crash at any moment is survived. Paths are relative, with `/`. What is
 * written is durable (file and names) when the call returns. Errors are the system's own.
 */
export interface DurableFolder {
  /** The bytes of a regular file; undefined when nothing is there. A link in its place is refused. */
  read(path: string): Buffer | undefined;
  /** Something is there, whatever it is. */
  has(path: string): boolean;
  /** Permissions of a file (the lower nine bits); undefined when nothing is there. */
  mode(path: string): number | undefined;
  /** Writes a file that nobody reads before something else points to it: a crash may leave it torn. */
  write(path: string, data: Uint8Array): void;
  /** Puts a file in place of what is there: a reader, or a crash, sees the old bytes or the new ones. */
  replace(path: string, data: Uint8Array): void;
  /** Makes a file whole, or fails with EEXIST: what is there is never replaced. */
  create(path: string, data: Uint8Array): void;
  /** Names in a folder; none when it is not there. */
  list(path: string): readonly string[];
  /** Removes a file or a whole folder, if it is there. Need not be durable. */
  remove(path: string): void;
  /** What was read before is durable: a name that another process has just put there. */
  sync(path: string): void;
}

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** The folder is made at the first write, mode 0700, its files 0600. */
export function durableFolder(root: string): DurableFolder {
  const full = (path: string): string => (path === "" ? root : join(root, path));

  const writeNew = (path: string, data: Uint8Array): void => {
    const file = openSync(path, newFile, 0o600);
    try {
      let written = 0;
      while (written < data.length) written += writeSync(file, data, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  };
  const throughTemporary = (path: string, data: Uint8Array, place: (temporary: string) => void): void => {
    makeFolder(dirname(full(path)));
    const temporary = `${full(path)}.${randomBytes(6).toString("hex")}.tmp`;
    try {
      writeNew(temporary, data);
      place(temporary);
    } finally {
      rmSync(temporary, { force: true });
    }
    syncFolder(dirname(full(path)));
  };

  return {
    read: (path) => readRegular(full(path), (file) => readFileSync(file)),
    has: (path) => {
      try {
        return lstatSync(full(path), { throwIfNoEntry: false }) !== undefined;
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
    },
    mode: (path) => readRegular(full(path), (file) => fstatSync(file).mode & 0o777),
    write: (path, data) => {
      makeFolder(dirname(full(path)));
      rmSync(full(path), { force: true });
      writeNew(full(path), data);
      syncFolder(dirname(full(path)));
    },
    replace: (path, data) => throughTemporary(path, data, (temporary) => renameSync(temporary, full(path))),
    // link(2) refuses a name that is there; rename(2) would replace it.
    create: (path, data) => throughTemporary(path, data, (temporary) => linkSync(temporary, full(path))),
    list: (path) => {
      try {
        return readdirSync(full(path)).sort();
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    },
    remove: (path) => rmSync(full(path), { force: true, recursive: true }),
    sync: (path) => syncFolder(full(path)),
  };
}

/** The system's code of an error (`ENOSPC`), or undefined for another kind of error, such as a bug's `ERR_…`. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}

/** Makes a folder and those above it, each of their names durable. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const code = systemCode(error);
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    makeFolder(dirname(path));
    makeFolder(path);
    return;
  }
  syncFolder(dirname(path));
}

function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(folder);
  } catch (error) {
    // Some network file systems have no fsync of folders; they order names by themselves or not at all.
    if (systemCode(error) !== "EINVAL" && systemCode(error) !== "ENOTSUP") throw error;
  } finally {
    closeSync(folder);
  }
}

function readRegular<T>(path: string, work: (file: number) => T): T | undefined {
  let file: number;
  try {
    // Without O_NONBLOCK a pipe in the file's place would hang us.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    if (!fstatSync(file).isFile())
      throw Object.assign(new Error(`${path} is no regular file`), { code: "EINVAL" });
    return work(file);
  } finally {
    closeSync(file);
  }
}

function isMissing(error: unknown): boolean {
  return systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR";
}

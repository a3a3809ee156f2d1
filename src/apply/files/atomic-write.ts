import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { OpsError } from "../../kube/ops-error.ts";

export interface AtomicWriteOptions {
  /** Exact permissions of the new file. Default: 0644 less the process's umask. */
  readonly mode?: number;
  /** Whose the new file is, where the process may say so; else it is the process's own. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Default true. With false a file that is there stays, and the write fails: a create-only marker. */
  readonly overwrite?: boolean;
  /** Default true. With false a crash of the machine may lose the file; for caches, which can be made again. */
  readonly durable?: boolean;
}

/**
 * Puts `data` at `path` so that a reader, or a crash at any moment, finds the old content or the new one and nothing
 * between: written under a temporary name (`.NAME.<random>.tmp`) in the same folder, fsynced, renamed, folder fsynced.
 * A process killed half-way can leave the temporary file, never a torn `path`. Strings are written as UTF-8.
 *
 * The path is replaced, never followed: a link, device or pipe at `path` is refused (a rename would replace
 * `/dev/null` itself when an administrator names it).
 * @throws {OpsError} OUTPUT_FAILED; `cause` is the system's error (`cause.code === "EEXIST"` when `overwrite` is false
 * and the file is there).
 */
export function writeAtomically(
  path: string,
  data: string | Uint8Array,
  options: AtomicWriteOptions = {},
): void {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(8).toString("hex")}.tmp`);
  try {
    refuseSpecial(path);
    try {
      writeAndSync(temporary, data, options);
      if (options.overwrite === false) {
        // link(2) refuses an existing name atomically; rename(2) cannot, and Node has no renameat2.
        linkSync(temporary, path);
        unlinkSync(temporary);
      } else {
        renameSync(temporary, path);
      }
    } catch (error) {
      removeQuietly(temporary);
      throw error;
    }
    if (options.durable !== false) syncFolder(folder);
  } catch (error) {
    throw outputFailure(path, error);
  }
}

/** Makes the names in a folder durable. File systems that cannot fsync a folder are left alone. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } catch (error) {
    const code = errorCode(error);
    if (code !== "EINVAL" && code !== "ENOTSUP") throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** OUTPUT_FAILED for a system error, with what to do; anything else is a bug and comes back as it is. */
export function outputFailure(path: string, error: unknown): unknown {
  const code = errorCode(error);
  if (OpsError.is(error) || code === undefined) return error;
  const [what, hint] = Object.hasOwn(reasons, code)
    ? reasons[code as keyof typeof reasons]
    : [code, undefined];
  return new OpsError("OUTPUT_FAILED", `cannot write ${path}: ${what}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

const reasons = {
  ENOSPC: ["the disk is full", "free some space and run the command again; nothing was replaced"],
  EDQUOT: ["the disk quota is used up", "free some space and run the command again; nothing was replaced"],
  EACCES: ["permission denied", "choose a folder that you can write to"],
  EPERM: ["not permitted", "choose a folder that you can write to and that supports hard links"],
  EROFS: ["the file system is read-only", "choose a folder that you can write to"],
  ENOENT: ["its folder does not exist", "create the folder first"],
  ENOTDIR: ["a part of its path is no folder", "name a path whose folders exist"],
  EEXIST: ["it is already there and is not overwritten", "choose another name, or remove it first"],
  EISDIR: ["it is a folder", "name a file"],
  ENAMETOOLONG: ["its name is too long", "choose a shorter name"],
} as const satisfies Readonly<Record<string, readonly [string, string]>>;

function writeAndSync(
  temporary: string,
  data: string | Uint8Array,
  { mode, owner, durable = true }: AtomicWriteOptions,
): void {
  const bytes = typeof data === "string" ? Buffer.from(data, "utf8") : data;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  const descriptor = openSync(temporary, flags, mode ?? 0o644);
  try {
    if (owner !== undefined) giveTo(descriptor, owner);
    if (mode !== undefined) fchmodSync(descriptor, mode);
    let written = 0;
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
    if (durable) fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function giveTo(descriptor: number, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  try {
    fchownSync(descriptor, uid, gid);
  } catch (error) {
    const code = errorCode(error);
    if (code !== "EPERM" && code !== "EINVAL" && code !== "ENOSYS") throw error;
  }
}

function refuseSpecial(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return;
  if (found.isDirectory())
    throw new OpsError("OUTPUT_FAILED", `cannot write ${path}: it is a folder`, { hint: "name a file" });
  const what = found.isSymbolicLink() ? "a link" : "no regular file";
  throw new OpsError(
    "OUTPUT_FAILED",
    `cannot write ${path}: it is ${what}, and only regular files are replaced`,
    {
      hint: "name the file itself, or use the command's standard output",
    },
  );
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was not made, or the first error is the one to report.
  }
}

function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  type Stats,
} from "node:fs";
import { dirname, join } from "node:path";
import { OpsError } from "../../kube/ops-error.ts";
import type { PathFacts } from "./standing.ts";

/** A folder that only its owner can change, and its files, each read once. */
export interface TrustedFolder {
  readonly path: string;
  readonly facts: PathFacts;
  /** Folders above, up to the root, on the path that links resolve to. */
  readonly ancestors: readonly PathFacts[];
  /**
   * A file's bytes, or undefined when it is not there. `forbidden` are permission bits that it must not have; default:
   * writing by group and others.
   * @throws {OpsError} TRUST_ROOT_INVALID for a link, a file that others can write or that belongs to a third user.
   */
  file(name: string, forbidden?: number): TrustedFile | undefined;
}

export interface TrustedFile {
  readonly bytes: Buffer;
  readonly facts: PathFacts;
  readonly group: number;
}

const writableByOthers = 0o022;
const largest = 1024 * 1024;

/**
 * Opens a trust root's folder; undefined when nothing is there.
 * @throws {OpsError} TRUST_ROOT_INVALID when it is a link or no folder, or when others can write to it or replace it.
 */
export function openTrustedFolder(path: string): TrustedFolder | undefined {
  const stats = statOf(path);
  if (stats === undefined) return undefined;
  if (stats.isSymbolicLink()) throw invalid(`the trust root ${path} is a link`, "name the folder itself");
  if (!stats.isDirectory())
    throw invalid(`the trust root ${path} is no folder`, "kubeops charter init makes one");
  refuseMode(path, stats, writableByOthers);
  const facts = factsOf(path, stats);
  return Object.freeze({
    path,
    facts,
    ancestors: ancestorsOf(path),
    file: (name: string, forbidden: number = writableByOthers) =>
      readTrusted(join(path, name), facts.owner, forbidden),
  });
}

/** Whoever can rename a folder above can put another trust root in its place; the sticky bit prevents that. */
function ancestorsOf(path: string): readonly PathFacts[] {
  const found: PathFacts[] = [];
  for (let at = realpathSync(dirname(path)); ; at = dirname(at)) {
    const stats = lstatSync(at);
    if (isPosix && (stats.mode & 0o002) !== 0 && (stats.mode & 0o1000) === 0) {
      throw invalid(
        `everybody can replace the trust root ${path}: ${at} is writable for all`,
        `chmod o-w ${at}`,
      );
    }
    found.push(factsOf(at, stats));
    if (dirname(at) === at) return found;
  }
}

function readTrusted(path: string, owner: number, forbidden: number): TrustedFile | undefined {
  let descriptor: number;
  try {
    // What is checked is what is read: one descriptor. O_NONBLOCK: opening a pipe would wait for its writer.
    descriptor = openSync(
      path,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT") return undefined;
    if (code === "ELOOP" || code === "EMLINK")
      throw invalid(`${path} is a link`, "put the file itself there");
    throw invalid(`${path} cannot be read`, "check the permissions of the trust root and its files", cause);
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw invalid(`${path} is not a regular file`, "put a regular file there");
    if (isPosix && stats.nlink > 1)
      throw invalid(`${path} has a second name (hard link)`, "put a copy there");
    if (stats.size > largest) throw invalid(`${path} is too large`, "1 MiB is the limit");
    refuseMode(path, stats, forbidden);
    if (isPosix && stats.uid !== owner && stats.uid !== 0 && stats.uid !== process.getuid?.()) {
      throw invalid(
        `${path} belongs to another user than its folder`,
        `chown it to the owner of ${dirname(path)}`,
      );
    }
    return { bytes: readFileSync(descriptor), facts: factsOf(path, stats), group: stats.gid };
  } finally {
    closeSync(descriptor);
  }
}

function refuseMode(path: string, stats: Stats, forbidden: number): void {
  const excess = stats.mode & forbidden;
  if (!isPosix || excess === 0) return;
  const mode = `0${(stats.mode & 0o777).toString(8)}`;
  const others = (excess & writableByOthers) === 0 ? "read" : "write to";
  throw invalid(
    `others can ${others} ${path} (mode ${mode})`,
    `chmod ${(stats.mode & 0o777 & ~forbidden).toString(8)} ${path}`,
  );
}

function factsOf(path: string, stats: Stats): PathFacts {
  let writable = true;
  try {
    accessSync(path, constants.W_OK);
  } catch {
    writable = false;
  }
  return { owner: stats.uid, mode: stats.mode & 0o7777, writable };
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw invalid(
      `the trust root ${path} cannot be read`,
      "check the permissions of the folders above it",
      cause,
    );
  }
}

/** Windows has neither modes nor owners that Node could show: a trust root there is always advisory. */
const isPosix = process.getuid !== undefined;

export function invalid(message: string, hint: string, cause?: unknown): OpsError {
  return new OpsError("TRUST_ROOT_INVALID", message, { hint, ...(cause === undefined ? {} : { cause }) });
}

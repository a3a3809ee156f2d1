import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  type Stats,
} from "node:fs";
import { join } from "node:path";
import { systemCode } from "../../audit/disk/durable-folder.ts";
import { fileLock } from "../../audit/disk/file-lock.ts";
import { sqliteCode, sqliteFailure } from "../../audit/disk/sqlite.ts";
import { MAX_INPUT_BYTES } from "../../kube/files.ts";
import { OpsError } from "../../kube/ops-error.ts";
import type { PlanDigest } from "../../plan/plan.ts";
import { writeAtomically } from "../files/atomic-write.ts";

/** A text that was stored, and where. */
export interface StoredText {
  readonly path: string;
  readonly text: string;
}

/** What kubeops remembers between commands (house.md, "Where things lie"). Nothing in it is authority. */
export interface StateFolder {
  /** Absolute, without links. */
  readonly path: string;
  /**
   * Stores a plan as plans/<hex>.json and gives the path. The same text again is fine.
   * @throws {OpsError} PLAN_DIGEST when another text is stored under the digest, STATE_UNWRITABLE.
   */
  savePlan(digest: PlanDigest, text: string): string;
  /**
   * A file path, a digest (with or without `sha256:`), or a unique prefix of 8 and more hexadecimal digits.
   * @throws {OpsError} PLAN_NOT_FOUND, INPUT_UNREADABLE, INPUT_TOO_LARGE, INPUT_ENCODING.
   */
  findPlan(reference: string): StoredText;
  /** Digests of the stored plans, sorted. */
  plans(): readonly PlanDigest[];
  /**
   * Stores a signed approval as approvals/<hex>/<nonce>.json and gives the path; never overwrites another one.
   * @throws {OpsError} APPROVAL_INVALID for a nonce that is none or belongs to another approval, STATE_UNWRITABLE.
   */
  saveApproval(digest: PlanDigest, nonce: string, text: string): string;
  /** The stored approvals of a plan, by nonce. Whether one holds is not said here. */
  approvals(digest: PlanDigest): readonly StoredText[];
  readonly logFolder: string;
  readonly journalFile: string;
  readonly preimages: string;
  /** One at a time per state folder, across processes. @throws {OpsError} STATE_BUSY after ten seconds. */
  lock<T>(work: () => T | Promise<T>): Promise<T>;
}

const digestName = /^(?:sha256:)?([0-9a-f]{8,64})$/;
const planFile = /^([0-9a-f]{64})\.json$/;
const approvalFile = /^[0-9a-f]{32}\.json$/;
const maxApprovalBytes = 1024 * 1024;

/**
 * Opens the state folder, and makes it (mode 0700) when it is not there.
 * @throws {OpsError} STATE_UNSAFE when it is a link, another user's, or others can write to it; STATE_UNWRITABLE.
 */
export function openState(path: string): StateFolder {
  makeFolder(path);
  const root = realpathSync(path);
  const inner = (name: string): string => {
    const folder = join(root, name);
    makeFolder(folder);
    return folder;
  };

  const plans = (): readonly PlanDigest[] =>
    namesIn(join(root, "plans")).flatMap((name) => {
      const [, hex] = planFile.exec(name) ?? [];
      return hex === undefined ? [] : [`sha256:${hex}` as PlanDigest];
    });

  const planPath = (digest: PlanDigest): string => join(root, "plans", `${hexOf(digest)}.json`);

  return {
    path: root,
    logFolder: join(root, "log"),
    journalFile: join(root, "journal.db"),
    preimages: join(root, "preimages"),
    plans,
    savePlan: (digest, text) => {
      const file = planPath(digest);
      inner("plans");
      const stored = readStored(file, MAX_INPUT_BYTES);
      if (stored === undefined) save(file, text, true);
      else if (stored !== text)
        throw new OpsError("PLAN_DIGEST", `${file} holds another text under the digest of this plan`, {
          hint: "it was changed after it was stored: look at it, remove it, and run the command again",
        });
      return file;
    },
    findPlan: (reference) => {
      const [, prefix] = digestName.exec(reference) ?? [];
      if (prefix !== undefined) {
        const found = plans().filter((digest) => hexOf(digest).startsWith(prefix));
        if (found.length > 1)
          throw new OpsError("PLAN_NOT_FOUND", `${found.length} plans begin with ${reference}`, {
            hint: `give more digits: ${found.map((digest) => hexOf(digest).slice(0, 16)).join(", ")}`,
          });
        const [digest] = found;
        const text = digest === undefined ? undefined : readStored(planPath(digest), MAX_INPUT_BYTES);
        if (digest !== undefined && text !== undefined) return { path: planPath(digest), text };
      }
      const text = readNamed(reference);
      if (text !== undefined) return { path: reference, text };
      throw new OpsError("PLAN_NOT_FOUND", `there is no plan ${JSON.stringify(reference)}`, {
        hint: "name a plan file, or at least 8 digits of the digest of a plan that was made with this state folder",
      });
    },
    saveApproval: (digest, nonce, text) => {
      if (!approvalFile.test(`${nonce}.json`))
        throw new OpsError("APPROVAL_INVALID", "an approval's nonce has 32 hexadecimal digits");
      inner("approvals");
      const file = join(inner(join("approvals", hexOf(digest))), `${nonce}.json`);
      const stored = readStored(file, maxApprovalBytes);
      if (stored === undefined) save(file, text, false);
      else if (stored !== text)
        throw new OpsError("APPROVAL_INVALID", `another approval of this plan has the nonce ${nonce}`, {
          hint: "approve again: every approval has a nonce of its own",
        });
      return file;
    },
    approvals: (digest) => {
      const folder = join(root, "approvals", hexOf(digest));
      return namesIn(folder)
        .filter((name) => approvalFile.test(name))
        .flatMap((name) => {
          const path = join(folder, name);
          const text = readStored(path, maxApprovalBytes);
          return text === undefined ? [] : [{ path, text }];
        });
    },
    lock: async (work) => {
      const lock = fileLock(join(root, "lock"), { what: "the state folder" });
      // What the work throws is not the lock's: it is carried out as it is.
      let failure: { readonly error: unknown } | undefined;
      try {
        return await lock.holdAsync(async () => {
          try {
            return await work();
          } catch (error) {
            failure = { error };
            throw error;
          }
        });
      } catch (error) {
        throw failure === undefined ? stateFailure(join(root, "lock"), error) : failure.error;
      } finally {
        lock.close();
      }
    },
  };
}

function hexOf(digest: PlanDigest): string {
  const [, hex] = /^sha256:([0-9a-f]{64})$/.exec(digest) ?? [];
  if (hex === undefined)
    throw new OpsError("PLAN_NOT_FOUND", `${JSON.stringify(digest)} is no digest of a plan`);
  return hex;
}

function makeFolder(path: string): void {
  let found: Stats | undefined;
  try {
    found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      found = lstatSync(path);
    }
  } catch (error) {
    throw stateFailure(path, error);
  }
  const unsafe = (what: string, hint: string): OpsError =>
    new OpsError("STATE_UNSAFE", `the state folder ${path} ${what}`, { hint });
  if (found.isSymbolicLink()) throw unsafe("is a link", "name the folder itself");
  if (!found.isDirectory()) throw unsafe("is no folder", "name another folder");
  const user = process.getuid?.();
  if (user !== undefined && found.uid !== user)
    throw unsafe("belongs to another user", "use a folder of your own: set XDG_STATE_HOME");
  if (user !== undefined && (found.mode & 0o022) !== 0)
    throw unsafe("can be written by others", `run: chmod 700 ${path}`);
}

function save(path: string, text: string, overwrite: boolean): void {
  try {
    writeAtomically(path, text, { mode: 0o600, overwrite });
  } catch (error) {
    throw stateFailure(path, error);
  }
}

/** A file of the state folder: never through a link. Undefined when it is not there. */
function readStored(path: string, limit: number): string | undefined {
  return readText(path, limit, constants.O_NOFOLLOW);
}

/** A file that a person named. */
function readNamed(path: string): string | undefined {
  return readText(path, MAX_INPUT_BYTES, 0);
}

function readText(path: string, limit: number, flags: number): string | undefined {
  if (path === "" || path.includes("\0")) return undefined;
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | flags);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return undefined;
    if (code === "ELOOP") throw new OpsError("STATE_UNSAFE", `${path} is a link`, { hint: "remove it" });
    throw new OpsError("INPUT_UNREADABLE", `${path} cannot be read (${code ?? "unknown"})`, { cause: error });
  }
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw new OpsError("INPUT_UNREADABLE", `${path} is no file`);
    if (found.size > limit)
      throw new OpsError("INPUT_TOO_LARGE", `${path} has ${found.size} bytes, the limit is ${limit}`);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (error) {
    if (OpsError.is(error)) throw error;
    if (error instanceof TypeError)
      throw new OpsError("INPUT_ENCODING", `${path} is not UTF-8 text`, { cause: error });
    throw new OpsError("INPUT_UNREADABLE", `${path} cannot be read`, { cause: error });
  } finally {
    closeSync(file);
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    if (lstatSync(folder).isSymbolicLink())
      throw new OpsError("STATE_UNSAFE", `${folder} is a link`, { hint: "remove it" });
    return readdirSync(folder).sort();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw stateFailure(folder, error);
  }
}

/** STATE_UNWRITABLE for what the system says; our own other errors and bugs come back as they are. */
function stateFailure(path: string, error: unknown): unknown {
  if (OpsError.is(error)) {
    if (error.code !== "OUTPUT_FAILED") return error;
    return new OpsError("STATE_UNWRITABLE", error.message, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
  if (sqliteCode(error) !== undefined) return sqliteFailure(error, path);
  const code = systemCode(error);
  if (code === undefined) return error;
  return new OpsError("STATE_UNWRITABLE", `${path} cannot be used: ${code}`, {
    hint: "make the state folder writable, or set XDG_STATE_HOME to one that is",
    cause: error,
  });
}

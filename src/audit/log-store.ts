import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../kube/clock.ts";
import { OpsError } from "../kube/ops-error.ts";
import { checkpointText, parseCheckpoint } from "./checkpoint.ts";
import { type DurableFolder, durableFolder, systemCode } from "./disk/durable-folder.ts";
import { type FileLock, fileLock } from "./disk/file-lock.ts";
import { sqliteCode } from "./disk/sqlite.ts";
import { decodeEvent, encodeEvent } from "./entry.ts";
import type { AuditEvent, Checkpoint } from "./event.ts";
import type { Recorded } from "./event.ts";
import { type GrowingTree, growingTree } from "./growing-tree.ts";
import { type LogKey, makeLogKey, readLogKey } from "./log-key.ts";
import { emptyRoot, leafHash, sameBytes } from "./merkle.ts";
import { openNote, signNote } from "./signed-note.ts";
import {
  bundlePath,
  decodeTile,
  encodeBundle,
  encodeTile,
  lastBundle,
  MAX_ENTRY_BYTES,
  partialTiles,
  TILE_WIDTH,
  tilePath,
} from "./tiles.ts";
import { pathsBeyond } from "./torn.ts";
import { readBundle, removeSmaller, syncFolders, tidy } from "./tile-files.ts";

export interface AuditLog {
  /** `kubeops.local/<hash of the public key>`. Asking for it makes the key when there is none yet. */
  readonly origin: string;
  /** Verifier key text of the log's notes. */
  readonly verifierKey: string;
  /**
   * Adds an entry. Entry, tiles and checkpoint are durable when it returns (kernel K20).
   * @throws {OpsError} LOG_UNWRITABLE, LOG_INVALID, STATE_BUSY: the entry is then not acknowledged, and no effect may follow.
   */
  append(event: Recorded): Checkpoint;
  /** The durable checkpoint; size 0 and the root of the empty tree when nothing was logged. */
  checkpoint(): Checkpoint;
  /** All entries, after they were verified against the checkpoint. @throws {OpsError} LOG_INVALID. */
  entries(): Iterable<{ readonly index: number; readonly event: AuditEvent }>;
  /** The log contains the tree that `checkpoint` names as a prefix (recomputed from the entries). @throws {OpsError} LOG_INVALID. */
  extends(checkpoint: Checkpoint): boolean;
  close(): void;
}

export interface LogContext {
  readonly clock: Clock;
  /** User name of the operating system. */
  readonly actor: string;
  /** Version of the tool. */
  readonly tool: string;
  /** Keeps other processes out while one reads or appends; by default a lock in the folder. */
  readonly lock?: FileLock;
  /** The files; by default those of the folder. */
  readonly disk?: DurableFolder;
}

interface Loaded {
  readonly note: Uint8Array | undefined;
  readonly tree: GrowingTree;
  /** Entries of the last bundle, as long as it is partial. */
  readonly bundle: readonly Uint8Array[];
}

/**
 * Opens the audit log in a folder (C2SP tlog-tiles layout: `checkpoint`, `tile/…`, `tile/entries/…`; beside it `key`,
 * `key.pub` and the lock). Nothing is made before the first use.
 *
 * What holds after a crash: an append writes bundle, tiles, then the checkpoint by a rename, each durable before the
 * next. The checkpoint alone says what the log is. What lies beyond it was never acknowledged and is overwritten by the
 * next append; more than one entry beyond it cannot come from a crash and is refused as LOG_INVALID.
 * Of the partial tiles only those of the current size are kept: they contain the smaller ones.
 */
export function openLog(folder: string, context: LogContext): AuditLog {
  const disk = context.disk ?? durableFolder(folder);
  const lock = context.lock ?? fileLock(join(folder, "lock"), { what: "the audit log" });
  let known: LogKey | undefined;
  let loaded: Loaded | undefined;

  const invalid = (what: string): OpsError =>
    new OpsError("LOG_INVALID", `the audit log in ${folder} does not verify: ${what}`, {
      hint: "run: kubeops audit verify; nothing is applied until the log is restored, or moved away to begin a new one",
    });

  const locked = <T>(work: () => T): T => {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return lock.hold(work);
    } catch (error) {
      // What is in memory may be ahead of the disk.
      loaded = undefined;
      throw logFailure(folder, error);
    }
  };

  const key = (): LogKey => {
    if (known === undefined) known = locked(() => makeLogKey(disk, folder));
    return known;
  };

  /** The signed checkpoint on disk, and nothing more. */
  const readHead = (verifier: LogKey): { note: Uint8Array | undefined; checkpoint: Checkpoint } => {
    const note = disk.read("checkpoint");
    if (note === undefined)
      return { note, checkpoint: { origin: verifier.verifier.name, size: 0, root: base64(emptyRoot()) } };
    const opened = openNote(note, verifier.verifier);
    if ("problem" in opened) throw invalid(`checkpoint: ${opened.problem}`);
    const parsed = parseCheckpoint(opened.text);
    if (parsed === undefined || parsed.checkpoint.origin !== verifier.verifier.name)
      throw invalid("checkpoint: its text is no checkpoint of this log");
    return { note, checkpoint: parsed.checkpoint };
  };

  const refuseSetBack = (size: number): void => {
    const beyond = pathsBeyond(size).find((path) => disk.has(path));
    if (beyond !== undefined)
      throw invalid(`${beyond} lies beyond the checkpoint of ${size} entries, which was set back or removed`);
  };

  /** The right edge of the tree, from memory when the disk still says the same. */
  const load = (verifier: LogKey): Loaded => {
    const { note, checkpoint } = readHead(verifier);
    if (loaded !== undefined) {
      const same = note === loaded.note || (note && loaded.note && sameBytes(note, loaded.note));
      if (same === true) return loaded;
      if (checkpoint.size <= loaded.tree.size) throw invalid("its checkpoint was set back while it was open");
    }
    refuseSetBack(checkpoint.size);
    const partials: (readonly Uint8Array[])[] = [];
    for (const tile of partialTiles(checkpoint.size)) {
      const path = tilePath(tile);
      const bytes = disk.read(path);
      const hashes = bytes === undefined ? undefined : decodeTile(bytes, tile.width);
      if (hashes === undefined) throw invalid(`${path} is missing or has another length`);
      partials[tile.level] = hashes;
    }
    const tree = growingTree(
      checkpoint.size,
      Array.from(partials, (hashes) => hashes ?? []),
    );
    if (base64(tree.root()) !== checkpoint.root) throw invalid("its tiles do not give the checkpoint's root");
    const bundle = checkpoint.size % TILE_WIDTH === 0 ? [] : readBundle(disk, checkpoint.size);
    if (bundle === undefined || !sameHashes(bundle.map(leafHash), tree.partial(0)))
      throw invalid("its last entries do not fit its tiles");
    tidy(disk, checkpoint.size);
    loaded = { note, tree, bundle };
    return loaded;
  };

  const commit = (verifier: LogKey, event: AuditEvent): Checkpoint => {
    const { privateKey } = verifier;
    if (privateKey === undefined)
      throw new OpsError("LOG_UNWRITABLE", `the audit log in ${folder} has lost its private key`, {
        hint: "restore the file key from a backup, or move the folder away to begin a new log",
      });
    const entry = encodeEvent(event);
    if (entry.length > MAX_ENTRY_BYTES)
      throw new OpsError("LOG_UNWRITABLE", `an entry of the audit log has at most ${MAX_ENTRY_BYTES} bytes`);
    const { tree, bundle } = load(verifier);
    const changed = tree.push(leafHash(entry));
    const entries = [...bundle, entry];
    const place = lastBundle(tree.size);
    disk.write(bundlePath(place.index, place.width), encodeBundle(entries));
    for (const tile of changed) disk.write(tilePath(tile), encodeTile(tile.hashes));
    if (place.width === 1 || place.width === TILE_WIDTH) syncFolders(disk, tree.size);
    const checkpoint = { origin: verifier.verifier.name, size: tree.size, root: base64(tree.root()) };
    const note = Buffer.from(signNote(checkpointText(checkpoint), checkpoint.origin, privateKey), "utf8");
    disk.replace("checkpoint", note);
    loaded = { note, tree, bundle: place.width === TILE_WIDTH ? [] : entries };
    removeSmaller(disk, changed, place);
    return checkpoint;
  };

  const stamp = (event: Recorded): AuditEvent => ({
    ...event,
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "AuditEvent",
    time: new Date(context.clock.now()).toISOString(),
    actor: context.actor,
    tool: context.tool,
  });

  /** Every entry's bytes, verified against the checkpoint, and the root of the first `size` of them. */
  const readAll = (
    size: number,
  ): { entries: readonly Uint8Array[]; head: Checkpoint; rootAt: string | undefined } =>
    locked(() => {
      const verifier = known ?? makeLogKey(disk, folder);
      const { checkpoint } = readHead(verifier);
      refuseSetBack(checkpoint.size);
      const tree = growingTree();
      const entries: Uint8Array[] = [];
      let rootAt = size === 0 ? base64(tree.root()) : undefined;
      while (tree.size < checkpoint.size) {
        const bundle = readBundle(disk, Math.min(checkpoint.size, tree.size + TILE_WIDTH));
        if (bundle === undefined) throw invalid(`the entries after ${tree.size} are missing or torn`);
        for (const entry of bundle) {
          tree.push(leafHash(entry));
          entries.push(entry);
          if (tree.size === size) rootAt = base64(tree.root());
        }
      }
      if (base64(tree.root()) !== checkpoint.root)
        throw invalid("its entries do not give the checkpoint's root");
      return { entries, head: checkpoint, rootAt };
    });

  return {
    get origin(): string {
      return key().verifier.name;
    },
    get verifierKey(): string {
      return key().text;
    },
    append: (event) => {
      const verifier = key();
      return locked(() => {
        if (load(verifier).tree.size === 0) commit(verifier, stamp({ type: "log-created" }));
        return commit(verifier, stamp(event));
      });
    },
    checkpoint: () => {
      const verifier = key();
      return locked(() => {
        const { checkpoint } = readHead(verifier);
        refuseSetBack(checkpoint.size);
        // Whoever signs this checkpoint must be able to find it after a power failure.
        disk.sync("");
        return checkpoint;
      });
    },
    entries: function* () {
      if (disk.list("").length === 0) return;
      for (const [index, bytes] of readAll(0).entries.entries()) {
        const decoded = decodeEvent(bytes);
        if ("problem" in decoded) throw invalid(`entry ${index}: ${decoded.problem}`);
        yield { index, event: decoded.event };
      }
    },
    extends: (checkpoint) => {
      const { head, rootAt } = readAll(checkpoint.size);
      return checkpoint.origin === head.origin && checkpoint.size <= head.size && checkpoint.root === rootAt;
    },
    close: () => lock.close(),
  };
}

/** Reads the verifier key of a log without making anything; undefined when there is no log. @throws {OpsError} LOG_INVALID. */
export function logVerifierKey(folder: string): string | undefined {
  return readLogKey(durableFolder(folder), folder)?.text;
}

function sameHashes(left: readonly Uint8Array[], right: readonly Uint8Array[]): boolean {
  return left.length === right.length && left.every((hash, index) => sameBytes(hash, right[index] ?? hash));
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "a file would be larger than the limit",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  ELOOP: "a link stands in place of one of its files",
};

/** LOG_UNWRITABLE for what the system or SQLite says; our own errors and bugs come back as they are. */
function logFailure(folder: string, error: unknown): unknown {
  if (OpsError.is(error)) return error;
  const code = systemCode(error);
  if (code === undefined && sqliteCode(error) === undefined) return error;
  const reason = code === undefined ? "its lock cannot be used" : (reasons[code] ?? code);
  return new OpsError("LOG_UNWRITABLE", `the audit log in ${folder} cannot be written: ${reason}`, {
    hint: "nothing was done without it; make the folder writable, or free some space, and run the command again",
    cause: error,
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

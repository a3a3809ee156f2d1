import { parseCheckpoint, sameCheckpoint } from "./checkpoint.ts";
import { decodeEvent } from "./entry.ts";
import type { AuditEvent, Checkpoint } from "./event.ts";
import { type GrowingTree, growingTree } from "./growing-tree.ts";
import { leafHash, sameBytes } from "./merkle.ts";
import { openNote, parseVerifier } from "./signed-note.ts";
import { bundlePath, decodeBundle, encodeTile, partialTiles, TILE_WIDTH, tilePath } from "./tiles.ts";
import { pathsBeyond } from "./torn.ts";

export interface LogReport {
  readonly valid: boolean;
  /** What the checkpoint says; size 0 and an empty root when there is none that holds. */
  readonly size: number;
  readonly root: string;
  /** Why the log is not valid. */
  readonly problems: readonly string[];
  /** What a valid log still does not prove (kernel K19), and effects whose outcome is not known. */
  readonly notExcluded: readonly string[];
}

/** Reads a file of the log by its path relative to the log's folder; undefined when it is not there. */
export type LogReader = (path: string) => Uint8Array | undefined;

const maxProblems = 50;
const maxTries = 5;

/**
 * Verifies a whole log against its key: signature, every entry, every tile, the pairing of intents and outcomes. It
 * needs nothing but the files and the key, which must come from elsewhere than the folder. Finds any edit, reorder,
 * gap, removed or added entry. `outside` is a checkpoint that was kept outside of the folder: with it, truncation and
 * fork below its size are found; without it nothing can (kernel K19).
 */
export function verifyLog(read: LogReader, verifierKey: string, outside?: Checkpoint): LogReport {
  const unreadable = new Set<string>();
  const guarded: LogReader = (path) => {
    try {
      return read(path);
    } catch {
      unreadable.add(path);
      return undefined;
    }
  };
  let before = guarded("checkpoint");
  for (let tries = 1; ; tries += 1) {
    const report = withUnreadable(verifyOnce(guarded, before, verifierKey, outside), unreadable);
    if (report.valid || tries === maxTries) return report;
    // A log that is being written to replaces its last partial tiles: then the newer checkpoint is the one to judge.
    const after = guarded("checkpoint");
    if (before === undefined || after === undefined || sameBytes(before, after)) return report;
    before = after;
  }
}

function withUnreadable(report: LogReport, unreadable: ReadonlySet<string>): LogReport {
  if (unreadable.size === 0) return report;
  const problems = [...unreadable].map((path) => `${path}: it is there and cannot be read`);
  return { ...report, valid: false, problems: [...problems, ...report.problems] };
}

function verifyOnce(
  read: LogReader,
  note: Uint8Array | undefined,
  verifierKey: string,
  outside: Checkpoint | undefined,
): LogReport {
  const none = (problem: string): LogReport => ({
    valid: false,
    size: 0,
    root: "",
    problems: [problem],
    notExcluded: exclusions(outside),
  });
  const verifier = parseVerifier(verifierKey.trim());
  if (verifier === undefined) return none("the key is no verifier key (name+hash+base64, Ed25519)");
  if (note === undefined) return none("there is no checkpoint: nothing was logged here, or it was removed");
  const opened = openNote(note, verifier);
  if ("problem" in opened) return none(`checkpoint: ${opened.problem}`);
  const parsed = parseCheckpoint(opened.text);
  if (parsed === undefined) return none("checkpoint: its text is no checkpoint");
  const { checkpoint } = parsed;

  const problems: string[] = [];
  if (parsed.extensions.length > 0)
    problems.push("checkpoint: it has extension lines, which nobody can audit");
  if (checkpoint.origin !== verifier.name)
    problems.push(`checkpoint: its origin ${checkpoint.origin} is not the key's name ${verifier.name}`);
  const keyFile = read("key.pub");
  if (keyFile !== undefined && Buffer.from(keyFile).toString("latin1") !== `${verifierKey.trim()}\n`)
    problems.push("key.pub: it is not the key that the log is verified with");

  const pairs = pairing();
  const prefix = { size: outside?.size ?? -1, root: "" };
  const tree = verifyEntries(read, checkpoint.size, { problems, pairs, prefix });
  if (tree !== undefined) {
    verifyPartials(read, tree, problems);
    if (base64(tree.root()) !== checkpoint.root)
      problems.push(
        `checkpoint: the entries have the root ${base64(tree.root())}, it says ${checkpoint.root}`,
      );
    problems.push(...outsideProblems(checkpoint, outside, prefix.root));
  }
  if (pathsBeyond(checkpoint.size).some((path) => read(path) !== undefined))
    problems.push(
      `checkpoint: entries lie beyond its size ${checkpoint.size}: it was set back to an older one`,
    );
  const shown = problems.slice(0, maxProblems);
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`);
  return {
    valid: problems.length === 0,
    size: checkpoint.size,
    root: checkpoint.root,
    problems: shown,
    notExcluded: [...exclusions(outside), ...(tree === undefined ? [] : pairs.open())],
  };
}

interface Findings {
  readonly problems: string[];
  readonly pairs: Pairing;
  readonly prefix: { readonly size: number; root: string };
}

/** Reads all bundles and checks the full tiles over them; undefined when a bundle is missing or broken. */
function verifyEntries(read: LogReader, size: number, findings: Findings): GrowingTree | undefined {
  const { problems, pairs, prefix } = findings;
  const tree = growingTree();
  if (prefix.size === 0) prefix.root = base64(tree.root());
  for (let index = 0; tree.size < size; index += 1) {
    const width = Math.min(TILE_WIDTH, size - tree.size);
    const path = bundlePath(index, width);
    const bytes = read(path);
    const entries = bytes === undefined ? undefined : decodeBundle(bytes, width);
    if (entries === undefined) {
      problems.push(
        `${path}: ${bytes === undefined ? "it is missing" : `it does not hold exactly ${width} entries`}`,
      );
      return undefined;
    }
    for (const entry of entries) {
      const position = tree.size;
      const decoded = decodeEvent(entry);
      const problem = "problem" in decoded ? decoded.problem : pairs.add(position, decoded.event);
      if (problem !== undefined) problems.push(`entry ${position}: ${problem}`);
      for (const tile of tree.push(leafHash(entry)))
        if (tile.width === TILE_WIDTH) problems.push(...tileProblems(read, tilePath(tile), tile.hashes));
      if (tree.size === prefix.size) prefix.root = base64(tree.root());
    }
  }
  return tree;
}

function verifyPartials(read: LogReader, tree: GrowingTree, problems: string[]): void {
  for (const tile of partialTiles(tree.size))
    problems.push(...tileProblems(read, tilePath(tile), tree.partial(tile.level)));
}

function tileProblems(read: LogReader, path: string, hashes: readonly Uint8Array[]): readonly string[] {
  const bytes = read(path);
  if (bytes === undefined) return [`${path}: it is missing`];
  return sameBytes(bytes, encodeTile(hashes)) ? [] : [`${path}: it is not what the entries give`];
}

function outsideProblems(
  checkpoint: Checkpoint,
  outside: Checkpoint | undefined,
  prefixRoot: string,
): readonly string[] {
  if (outside === undefined) return [];
  if (outside.origin !== checkpoint.origin)
    return [`the outside checkpoint is of another log: ${outside.origin}`];
  if (outside.size > checkpoint.size)
    return [`truncated: the outside checkpoint has ${outside.size} entries, the log ${checkpoint.size}`];
  if (!sameCheckpoint(outside, { ...outside, root: prefixRoot }))
    return [`forked: the first ${outside.size} entries are not those of the outside checkpoint`];
  return [];
}

/** Said of every log: what the files alone cannot prove (kernel K19). */
function exclusions(outside: Checkpoint | undefined): readonly string[] {
  return outside === undefined
    ? ["truncation and fork not excluded"]
    : [`truncation and fork after entry ${outside.size} not excluded`];
}

interface Pairing {
  /** Takes the next entry; gives what is wrong with its place in the log. */
  add(index: number, event: AuditEvent): string | undefined;
  /** Intents without an outcome, in words. */
  open(): readonly string[];
}

/** Every outcome has an intent before it (kernel K20); a resumed run logs its intent again, and one outcome ends both. */
function pairing(): Pairing {
  const open = new Map<string, number>();
  const add = (index: number, event: AuditEvent): string | undefined => {
    if ((event.type === "log-created") !== (index === 0))
      return index === 0 ? "the log does not begin with log-created" : "log-created stands inside the log";
    const plan = event.plan ?? "";
    if (event.type === "apply-intent") open.set(plan, open.get(plan) ?? index);
    if (event.type === "apply-outcome" || event.type === "apply-failure") {
      if (!open.delete(plan))
        return `${event.type} without an apply-intent of ${plan || "its plan"} before it`;
    }
    return undefined;
  };
  return {
    add,
    open: () =>
      [...open].map(
        ([plan, index]) => `entry ${index}: apply-intent of ${plan} has no outcome: its effect is not known`,
      ),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

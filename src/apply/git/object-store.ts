import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OpsError } from "../../kube/ops-error.ts";
import type { GitRunner } from "./git-runner.ts";

/** One entry of a tree. Names are bytes in git: `name` holds one character a byte. */
export interface TreeEntry {
  readonly mode: string;
  readonly type: string;
  readonly id: string;
  readonly name: string;
}
export interface SizedEntry extends TreeEntry {
  /** Bytes of a blob; 0 for what is none. */
  readonly size: number;
}

/** Text as git's bytes, one character a byte. */
export function asBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** Git's bytes as text; undefined when they are not UTF-8. */
export function asText(bytes: string): string | undefined {
  return utf8(Buffer.from(bytes, "latin1"));
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** The text of UTF-8 bytes; undefined when they are none. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Entries of one tree. */
export async function listTree(git: GitRunner, tree: string): Promise<readonly TreeEntry[]> {
  const { stdout } = await git.run(["ls-tree", "-z", "--full-tree", "--end-of-options", tree]);
  return records(stdout.toString("latin1")).map(([head, name]) => {
    const [mode = "", type = "", id = ""] = head.split(" ");
    return { mode, type, id, name };
  });
}

/** Everything below a tree that is no tree itself, names as paths below it. */
export async function listFiles(git: GitRunner, tree: string): Promise<readonly SizedEntry[]> {
  const { stdout } = await git.run(["ls-tree", "-r", "-l", "-z", "--full-tree", "--end-of-options", tree]);
  return records(stdout.toString("latin1")).map(([head, name]) => {
    const [mode = "", type = "", id = "", size = ""] = head.split(/ +/);
    return { mode, type, id, name, size: /^[0-9]+$/.test(size) ? Number(size) : 0 };
  });
}

function records(output: string): readonly (readonly [string, string])[] {
  return output
    .split("\0")
    .filter((record) => record !== "")
    .map((record) => {
      const tab = record.indexOf("\t");
      return [record.slice(0, tab), record.slice(tab + 1)] as const;
    });
}

/** Tree of a commit. */
export async function treeOf(git: GitRunner, commit: string): Promise<string> {
  const { stdout } = await git.run(["rev-parse", "--verify", "--end-of-options", `${commit}^{tree}`]);
  return stdout.toString("latin1").trim();
}

/** The text of a commit object; undefined when it is not there, or is no commit. */
export async function readCommit(git: GitRunner, commit: string): Promise<string | undefined> {
  const [object] = await readObjects(git, [commit]);
  return object?.type === "commit" ? object.bytes.toString("latin1") : undefined;
}

export interface StoredObject {
  readonly type: string;
  readonly bytes: Buffer;
}

/** Objects by their ids, in that order; undefined for one that is not there. The caller bounds their size. */
export async function readObjects(
  git: GitRunner,
  ids: readonly string[],
): Promise<readonly (StoredObject | undefined)[]> {
  if (ids.length === 0) return [];
  const { stdout } = await git.run(["cat-file", "--batch"], { input: ids.map((id) => `${id}\n`).join("") });
  const objects: (StoredObject | undefined)[] = [];
  let at = 0;
  for (const id of ids) {
    const end = stdout.indexOf(10, at);
    const [name, type = "", size = ""] = stdout.subarray(at, end).toString("latin1").split(" ");
    at = end + 1;
    if (name !== id || end < 0)
      throw new OpsError("TARGET_UNREACHABLE", `git answered something else than object ${id}`);
    if (type === "missing" || size === "") {
      objects.push(undefined);
      continue;
    }
    const length = Number(size);
    objects.push({ type, bytes: stdout.subarray(at, at + length) });
    at += length + 1;
  }
  return objects;
}

/** Stores contents as blobs; their ids, in the same order. No filter and no attribute has a say. */
export async function writeBlobs(git: GitRunner, contents: readonly string[]): Promise<readonly string[]> {
  if (contents.length === 0) return [];
  const folder = join(git.scratch, "blobs");
  mkdirSync(folder, { mode: 0o700 });
  try {
    const paths = contents.map((content, index) => {
      const path = join(folder, String(index));
      writeFileSync(path, content, { mode: 0o600, flag: "wx" });
      return path;
    });
    const { stdout } = await git.run(["hash-object", "-w", "--no-filters", "--stdin-paths"], {
      input: paths.map((path) => `${path}\n`).join(""),
    });
    const ids = stdout.toString("latin1").trim().split("\n");
    if (ids.length !== contents.length)
      throw new OpsError("TARGET_UNREACHABLE", "git stored another number of files than it was given");
    return ids;
  } catch (error) {
    if (OpsError.is(error)) throw error;
    throw new OpsError("STATE_UNWRITABLE", "the temporary folder could not be written", { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Stores a tree; its id. */
export async function writeTree(git: GitRunner, entries: readonly TreeEntry[]): Promise<string> {
  const text = entries.map(({ mode, type, id, name }) => `${mode} ${type} ${id}\t${name}\0`).join("");
  const { stdout } = await git.run(["mktree", "-z"], { input: Buffer.from(text, "latin1") });
  return stdout.toString("latin1").trim();
}

/** Stores a commit whose text is given; its id. git checks the form. */
export async function writeCommit(git: GitRunner, text: string): Promise<string> {
  const { stdout } = await git.run(["hash-object", "-t", "commit", "-w", "--stdin"], { input: text });
  return stdout.toString("latin1").trim();
}

import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { GitFile } from "../../plan/git-state.ts";
import type { GitRunner } from "./git-runner.ts";
import { asBytes, asText, listFiles, listTree, readObjects, type SizedEntry, utf8 } from "./object-store.ts";

/** Larger files have no text in the state. */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;
/** More text than this below one root is refused. */
const MAX_STATE_BYTES = 256 * 1024 * 1024;
const MAX_FILES = 200_000;
/** How much is asked of one git process: its output is held in memory. */
const BATCH_BYTES = 64 * 1024 * 1024;

/** The id of the tree at `root` below `tree`; null when nothing is there. Refuses to walk through what is no folder. */
export async function findTree(git: GitRunner, tree: string, root: string): Promise<string | null> {
  let current = tree;
  let walked = "";
  for (const part of root === "" ? [] : root.split("/")) {
    const entry = (await listTree(git, current)).find(({ name }) => name === asBytes(part));
    if (entry === undefined) return null;
    walked = walked === "" ? part : `${walked}/${part}`;
    if (entry.type !== "tree")
      throw new OpsError("TARGET_UNSAFE", `${printable(walked)} is ${kindOf(entry.mode)}, not a folder`);
    current = entry.id;
  }
  return current;
}

/** What a mode of git stands for, as people say it. */
export function kindOf(mode: string): string {
  if (mode === "120000") return "a link";
  if (mode === "160000") return "a submodule";
  if (mode === "040000" || mode === "40000") return "a folder";
  return "a file";
}

/** Every file below a tree, with its text where it is text; paths begin with `root`. Sorted by code units. */
export async function readFiles(git: GitRunner, tree: string, root: string): Promise<readonly GitFile[]> {
  const entries = await listFiles(git, tree);
  if (entries.length > MAX_FILES)
    throw new OpsError(
      "INPUT_TOO_LARGE",
      `the target folder holds ${entries.length} files, more than ${MAX_FILES}`,
    );
  const texts = await readTexts(git, entries.filter(isText));
  const files = entries.map((entry): GitFile => {
    const name = asText(entry.name);
    if (name === undefined) {
      throw new OpsError(
        "TARGET_UNSAFE",
        `a file name of the target folder is not UTF-8: ${printable(entry.name)}`,
      );
    }
    const text = isText(entry) ? (texts.get(entry.id) ?? null) : isRegular(entry) ? null : "";
    return { path: root === "" ? name : `${root}/${name}`, mode: entry.mode, blob: entry.id, text };
  });
  return files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function isRegular(entry: SizedEntry): boolean {
  return entry.type === "blob" && entry.mode !== "120000";
}
function isText(entry: SizedEntry): boolean {
  return isRegular(entry) && entry.size <= MAX_TEXT_BYTES;
}

async function readTexts(
  git: GitRunner,
  entries: readonly SizedEntry[],
): Promise<ReadonlyMap<string, string | null>> {
  const sizes = new Map(entries.map(({ id, size }) => [id, size]));
  let total = 0;
  for (const size of sizes.values()) total += size;
  if (total > MAX_STATE_BYTES) {
    throw new OpsError(
      "INPUT_TOO_LARGE",
      `the target folder holds ${total} bytes of text, more than ${MAX_STATE_BYTES}`,
    );
  }
  const texts = new Map<string, string | null>();
  let batch: string[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const objects = await readObjects(git, batch);
    for (const [index, id] of batch.entries()) {
      const object = objects[index];
      if (object === undefined)
        throw new OpsError("TARGET_UNREACHABLE", `the target lacks its own object ${id}`);
      const text = utf8(object.bytes);
      // A NUL is UTF-8 and yet no text, for git as for the reader of objects.
      texts.set(id, text === undefined || text.includes("\0") ? null : text);
    }
    batch = [];
    bytes = 0;
  };
  for (const [id, size] of sizes) {
    if (bytes + size > BATCH_BYTES) await flush();
    batch.push(id);
    bytes += size;
  }
  await flush();
  return texts;
}

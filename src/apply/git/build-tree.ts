import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { GitRunner } from "./git-runner.ts";
import { asBytes, asText, listTree, type TreeEntry, writeBlobs, writeTree } from "./object-store.ts";
import { kindOf } from "./read-state.ts";

/** What happens below one folder: a blob id to write, null to delete, or more folders. */
type Changes = Map<string, string | null | Changes>;

/**
 * The tree that `base` becomes when `files` (path → new text, null to delete) are put into it; null when nothing is
 * left. Only folders on the way are rewritten, every other entry stays as it is. Refuses to write through or over a
 * link, a submodule or a folder, beside a name that differs only by case, and under a name that git gives a meaning
 * (kernel K18).
 * @throws {OpsError} TARGET_UNSAFE, TARGET_DRIFT
 */
export async function buildTree(
  git: GitRunner,
  base: string | null,
  files: ReadonlyMap<string, string | null>,
): Promise<string | null> {
  const written = [...files].filter((file): file is [string, string] => file[1] !== null);
  for (const path of files.keys()) checkPath(path);
  const ids = await writeBlobs(
    git,
    written.map(([, text]) => text),
  );
  const blobs = new Map(written.map(([path], index) => [path, ids[index]]));
  const changes: Changes = new Map();
  for (const path of files.keys()) insert(changes, path, blobs.get(path) ?? null);
  return applyChanges(git, base, changes, "");
}

function insert(changes: Changes, path: string, value: string | null): void {
  const parts = path.split("/");
  const leaf = parts.pop() ?? "";
  let folder = changes;
  for (const part of parts) {
    let next = folder.get(part);
    if (next === undefined) {
      next = new Map();
      folder.set(part, next);
    }
    if (!(next instanceof Map))
      throw new OpsError("TARGET_UNSAFE", `${printable(path)} would lie below a file of the same plan`);
    folder = next;
  }
  if (folder.has(leaf))
    throw new OpsError("TARGET_UNSAFE", `${printable(path)} is both a file and a folder of the plan`);
  folder.set(leaf, value);
}

async function applyChanges(
  git: GitRunner,
  tree: string | null,
  changes: Changes,
  folder: string,
): Promise<string | null> {
  const entries = new Map<string, TreeEntry>(
    (tree === null ? [] : await listTree(git, tree)).map((entry) => [entry.name, entry]),
  );
  for (const [part, change] of changes) {
    const path = folder === "" ? part : `${folder}/${part}`;
    const name = asBytes(part);
    const there = entries.get(name);
    if (change instanceof Map) {
      if (there !== undefined && there.type !== "tree")
        throw new OpsError("TARGET_UNSAFE", `${printable(path)} is ${kindOf(there.mode)}, not a folder`);
      const id = await applyChanges(git, there?.id ?? null, change, path);
      if (id === null) entries.delete(name);
      else entries.set(name, { mode: "040000", type: "tree", id, name });
      continue;
    }
    if (there !== undefined && (there.type !== "blob" || there.mode === "120000"))
      throw new OpsError("TARGET_UNSAFE", `${printable(path)} is ${kindOf(there.mode)}, not a file`);
    if (change === null) {
      if (there === undefined)
        throw new OpsError("TARGET_DRIFT", `${printable(path)} is to be deleted and is not there`);
      entries.delete(name);
    } else entries.set(name, { mode: there?.mode ?? "100644", type: "blob", id: change, name });
  }
  checkCase(entries, changes, folder);
  return entries.size === 0 ? null : writeTree(git, [...entries.values()]);
}

/** Two names that a file system may take for one (macOS and Windows fold case, macOS composes characters). */
function checkCase(entries: ReadonlyMap<string, TreeEntry>, changes: Changes, folder: string): void {
  const folded = new Map<string, string[]>();
  for (const name of entries.keys()) {
    const text = asText(name) ?? name;
    const key = text.normalize("NFC").toLowerCase();
    folded.set(key, [...(folded.get(key) ?? []), text]);
  }
  for (const part of changes.keys()) {
    const names = folded.get(part.normalize("NFC").toLowerCase()) ?? [];
    if (entries.has(asBytes(part)) && names.length > 1) {
      const shown = names.map((name) => printable(name)).sort();
      throw new OpsError(
        "TARGET_UNSAFE",
        `${shown.join(" and ")} in ${folder === "" ? "the root of the tree" : printable(folder)} differ only by case`,
      );
    }
  }
}

/** Names that make git, a forge or a build service do something (kernel K18). Compared in lower case. */
const meaningful = [
  /^\.git/,
  /^git~[0-9]/,
  /^\.(?:circleci|buildkite|tekton|woodpecker|forgejo|gitea|drone|travis|semaphore|teamcity|cirrus)(?:\.|$)/,
  /^(?:jenkinsfile|azure-pipelines.*|bitbucket-pipelines.*|appveyor\.ya?ml)$/,
];

function checkPath(path: string): void {
  for (const part of path.split("/")) {
    const fine =
      /^[ -~]+$/.test(part) &&
      !/["*:<>?\\|]/.test(part) &&
      !/[. ]$/.test(part) &&
      !part.startsWith(" ") &&
      part.length <= 255;
    if (!fine) throw new OpsError("TARGET_UNSAFE", `"${printable(path)}" is no path that kubeops writes`);
    if (meaningful.some((pattern) => pattern.test(part.toLowerCase()))) {
      throw new OpsError(
        "TARGET_UNSAFE",
        `${printable(path)} means something to git or to a build service, and is not written`,
      );
    }
  }
}

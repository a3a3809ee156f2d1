import { canonicalJson } from "../../kube/canonical-json.ts";
import { sha256Hex } from "../../kube/digest.ts";
import type { JsonObject } from "../../kube/json.ts";
import { identity, keyText, objectKey } from "../../kube/object-key.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import { layOutFiles, placeChanges } from "../change/file-layout.ts";
import { reversibilityOf } from "../change/reversibility.ts";
import { assertSafeTarget } from "../change/safe-tree.ts";
import { semanticDiff } from "../change/semantic-diff.ts";
import { inFolder, readTargetFolder, type TargetFolder } from "../change/target-folder.ts";
import { byKey } from "../facts/build-facts.ts";
import { folderFindings } from "../facts/find-problems.ts";
import type { FolderView } from "../facts/widening/row.ts";
import type { GitState } from "../git-state.ts";
import type { Change, FileChange, Plan } from "../plan.ts";
import type { GitPlanInput } from "../plan-input.ts";
import { charterGitTarget } from "../target.ts";
import { distinct } from "./desired-objects.ts";
import { changedOf, digestOf, macOf, type Side, sorted, type Step } from "./side.ts";

/**
 * What a request means in a folder of a repository.
 * @throws {OpsError} INPUT_DUPLICATE, TARGET_UNSAFE
 */
export function gitSide(
  input: GitPlanInput,
  desired: ReadonlyMap<string, JsonObject>,
  target: TargetFolder,
): Side {
  const { state, folder, mode, macKey, charter } = input;
  const { steps, absent } = changeSet(desired, input.deletions, target);
  const files = placeChanges(steps, target);
  const row = charter === null ? undefined : charterGitTarget(charter, state.url);
  const reconciler = row?.git.reconciler ?? "pruning";
  const changes = steps.map((step): Change => {
    const { key, operation, before, after } = step;
    return {
      key,
      operation,
      file: files.get(identity(key)) ?? "",
      object: operation === "create" || operation === "update" ? after : null,
      digest: digestOf(after),
      beforeMac: macOf(before, macKey),
      diff:
        operation === "update" && before !== null && after !== null
          ? semanticDiff(before, after, macKey)
          : [],
      reversibility: reversibilityOf(key, before, after, reconciler),
    };
  });
  const changed = changedOf(steps);
  return {
    target: {
      kind: "git",
      url: state.url,
      branch: state.branch,
      folder,
      base: state.base,
      root: state.root,
      rootTree: state.rootTree,
      mode,
    },
    asked: { url: state.url, branch: state.branch, folder, mode },
    row,
    readSet: readSet(target, state, folder),
    changes,
    changed,
    view: folderView(target, steps),
    absent,
    findings: folderFindings(changed, target),
    assumptions: [],
    resets: undefined,
    files: () =>
      fileChanges(
        layOutFiles(changes, target, { folder, existing: state.files.map(({ path }) => path) }),
        state,
      ),
  };
}

/**
 * The folder that a Git input writes to.
 * @throws {OpsError} TARGET_UNSAFE
 */
export function targetFolderOf({ state, folder }: GitPlanInput): TargetFolder {
  assertSafeTarget(state, folder);
  return readTargetFolder(state, folder);
}

function changeSet(
  desired: ReadonlyMap<string, JsonObject>,
  deletions: readonly ObjectKey[],
  target: TargetFolder,
): { readonly steps: readonly Step[]; readonly absent: readonly ObjectKey[] } {
  const steps: Step[] = [];
  const absent: ObjectKey[] = [];
  for (const [id, after] of desired) {
    const key = objectKey(after);
    const standing = target.objects.get(id);
    if (standing === undefined) refuseUnplaced(key, target);
    const before = standing?.object ?? null;
    const operation =
      before === null ? "create" : canonicalJson(before) === canonicalJson(after) ? "unchanged" : "update";
    steps.push({ key, operation, before, after });
  }
  for (const key of distinct(deletions)) {
    const id = identity(key);
    if (desired.has(id)) {
      throw new OpsError("INPUT_DUPLICATE", `${printable(keyText(key))} is to be written and to be deleted`);
    }
    const standing = target.objects.get(id);
    if (standing === undefined) absent.push(key);
    else steps.push({ key: standing.key, operation: "delete", before: standing.object, after: null });
  }
  return { steps: steps.sort(byKey), absent };
}

/** An object of the target that names no namespace may be the one that is to be written: nobody can tell. */
function refuseUnplaced(key: ObjectKey, target: TargetFolder): void {
  if (key.namespace === "") return;
  const bare = target.objects.get(identity({ ...key, namespace: "" }));
  if (bare !== undefined) {
    throw new OpsError(
      "TARGET_UNSAFE",
      `${printable(bare.file)} holds ${printable(keyText(bare.key))} without a namespace: whether it is ${printable(keyText(key))} cannot be told`,
      { hint: "write the namespace into the file" },
    );
  }
}

function folderView(target: TargetFolder, steps: readonly Step[]): FolderView {
  const before = [...target.objects].map(([, { object }]) => object);
  const changed = new Map(steps.map((step) => [identity(step.key), step]));
  const kept = [...target.objects].filter(([id]) => !changed.has(id)).map(([, { object }]) => object);
  const after = steps.flatMap((step) => (step.after === null ? [] : [step.after]));
  return { before: sorted(before), after: sorted([...kept, ...after]) };
}

function readSet(target: TargetFolder, state: GitState, folder: string): Plan["readSet"] {
  const read = new Set([...target.files.keys()].map((file) => inFolder(folder, file)));
  return state.files
    .filter(({ path }) => read.has(path))
    .map(({ path, blob }) => ({ what: `git:${path}`, version: blob }))
    .sort((left, right) => (left.what < right.what ? -1 : 1));
}

function fileChanges(texts: ReadonlyMap<string, string | null>, state: GitState): readonly FileChange[] {
  const existing = new Set(state.files.map(({ path }) => path));
  return [...texts].map(([path, text]) => ({
    path,
    operation: text === null ? "delete" : existing.has(path) ? "update" : "create",
    sha256: text === null ? null : sha256Hex(text),
  }));
}

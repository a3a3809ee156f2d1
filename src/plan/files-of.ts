import { sha256Hex } from "../kube/digest.ts";
import { OpsError } from "../kube/ops-error.ts";
import { printable } from "../kube/printable.ts";
import { layOutFiles } from "./change/file-layout.ts";
import { readTargetFolder } from "./change/target-folder.ts";
import type { GitState } from "./git-state.ts";
import type { Plan } from "./plan.ts";
import { gitTargetOf } from "./target.ts";

/**
 * What the plan writes: path from the repository's root and new text, null for a file that goes. Made again from the
 * plan's objects and the state it was made against, and exactly what `plan.files` names.
 * @throws {OpsError} PLAN_NOT_REPRODUCED, TARGET_INVALID for a plan for a cluster
 */
export function filesOf(plan: Plan, state: GitState): ReadonlyMap<string, string | null> {
  const { folder } = gitTargetOf(plan);
  const texts = layOutFiles(plan.changes, readTargetFolder(state, folder), {
    folder,
    existing: state.files.map(({ path }) => path),
  });
  const named = new Map(plan.files.map((file) => [file.path, file.sha256]));
  for (const path of new Set([...texts.keys(), ...named.keys()])) {
    const text = texts.get(path);
    const sha256 = text === undefined ? undefined : text === null ? null : sha256Hex(text);
    if (sha256 === undefined || sha256 !== named.get(path)) {
      throw new OpsError("PLAN_NOT_REPRODUCED", `${printable(path)} would not become what the plan says`);
    }
  }
  return texts;
}

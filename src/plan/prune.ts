import type { JsonObject } from "../kube/json.ts";
import { identity, objectKey } from "../kube/object-key.ts";
import type { ObjectKey } from "../kube/read-object.ts";
import { readTargetFolder } from "./change/target-folder.ts";
import type { GitState } from "./git-state.ts";

/** Objects of the folder that plans of ours wrote, nobody changed since, and the request lacks: what `--prune` deletes. */
export function prunable(
  state: GitState,
  folder: string,
  desired: readonly JsonObject[],
): readonly ObjectKey[] {
  const wanted = new Set(desired.map((object) => identity(objectKey(object))));
  return [...readTargetFolder(state, folder).objects]
    .filter(([id, { ours, alone }]) => ours && alone && !wanted.has(id))
    .map(([, { key }]) => key);
}

import type { JsonObject } from "../kube/json.ts";
import { identity, keyText } from "../kube/object-key.ts";
import { OpsError } from "../kube/ops-error.ts";
import { printable } from "../kube/printable.ts";
import { readTargetFolder } from "./change/target-folder.ts";
import type { GitState } from "./git-state.ts";
import type { Plan } from "./plan.ts";
import { gitTargetOf } from "./target.ts";
import { requestToUndo, type UndoRequest } from "./undo-request.ts";

export { undoClusterRequest } from "./cluster/undo-cluster.ts";

/**
 * The request that takes a plan for a repository back. `before` is the state that the plan was made against; null when
 * there was none.
 * @throws {OpsError} TARGET_DRIFT when `before` is not that state.
 */
export function undoRequest(plan: Plan, before: GitState | null): UndoRequest {
  const standing =
    before === null ? new Map<string, never>() : readTargetFolder(before, gitTargetOf(plan).folder).objects;
  return requestToUndo(plan, ({ key }): JsonObject => {
    const was = standing.get(identity(key));
    if (was !== undefined) return was.object;
    throw new OpsError(
      "TARGET_DRIFT",
      `${printable(keyText(key))} does not stand in the state that the plan was made against`,
    );
  });
}

import { jsonDigest } from "../kube/digest.ts";
import type { JsonObject } from "../kube/json.ts";
import { identity, keyText, objectKey } from "../kube/object-key.ts";
import { OpsError } from "../kube/ops-error.ts";
import { printable } from "../kube/printable.ts";
import { readTargetFolder } from "./change/target-folder.ts";
import type { GitState } from "./git-state.ts";
import type { Plan } from "./plan.ts";
import type { PlanInput } from "./plan-input.ts";
import { gitTargetOf } from "./target.ts";

export { undoClusterRequest } from "./cluster/undo-cluster.ts";

/**
 * The request that takes a plan back (kernel K12: a new plan like any other): what it created is to be deleted, what it
 * changed or deleted is to be as it was. `before` is the state that the plan was made against; null when there was none.
 * @throws {OpsError} TARGET_DRIFT when `before` is not that state.
 */
export function undoRequest(
  plan: Plan,
  before: GitState | null,
): Pick<PlanInput, "request" | "intent" | "objects" | "deletions" | "authored"> {
  const standing =
    before === null ? new Map<string, never>() : readTargetFolder(before, gitTargetOf(plan).folder).objects;
  const objects = plan.changes.flatMap(({ key, operation }): readonly JsonObject[] => {
    if (operation !== "update" && operation !== "delete") return [];
    const was = standing.get(identity(key));
    if (was === undefined) {
      throw new OpsError(
        "TARGET_DRIFT",
        `${printable(keyText(key))} does not stand in the state that the plan was made against`,
      );
    }
    return [was.object];
  });
  return {
    request: { text: `undo ${plan.digest}`, inputs: [], undoes: plan.digest },
    intent: {
      apiVersion: "kubernetes-operations.dev/v1",
      kind: "Intent",
      source: "objects",
      namespace: plan.intent.namespace,
      objects: objects.map((object) => ({ key: objectKey(object), digest: jsonDigest(object) })),
      report: [],
    },
    objects,
    deletions: plan.changes.filter(({ operation }) => operation === "create").map(({ key }) => key),
    authored: { relaxations: [], prerequisites: [], notes: [] },
  };
}

import { jsonDigest } from "../kube/digest.ts";
import type { JsonObject } from "../kube/json.ts";
import { objectKey } from "../kube/object-key.ts";
import type { Change, Plan } from "./plan.ts";
import type { PlanInputCommon } from "./plan-input.ts";

/** What is asked for to take a plan back: the same for every kind of target. */
export type UndoRequest = Pick<PlanInputCommon, "request" | "intent" | "objects" | "deletions" | "authored">;

/**
 * The request that takes a plan back (kernel K12: a new plan like any other). What it created is to be deleted; what it
 * changed, deleted or made again is to be as it was.
 * @param former the object as it is to be again
 */
export function requestToUndo(plan: Plan, former: (change: Change) => JsonObject): UndoRequest {
  const objects = plan.changes
    .filter(({ operation }) => operation !== "create" && operation !== "unchanged")
    .map(former);
  const recreates = plan.changes.some(({ operation }) => operation === "recreate");
  return {
    request: {
      text: `undo ${plan.digest}`,
      inputs: [],
      undoes: plan.digest,
      // What was made again in another form can only go back the same way.
      ...(recreates ? { recreate: true as const } : {}),
    },
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

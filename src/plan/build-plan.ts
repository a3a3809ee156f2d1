import { assemblePlan } from "./assemble-plan.ts";
import type { Plan } from "./plan.ts";
import type { PlanInput } from "./plan-input.ts";

export type { ClusterPlanInput, GitPlanInput, PlanInput } from "./plan-input.ts";
export { filesOf } from "./files-of.ts";
export { parsePlan, planText } from "./plan-text.ts";
export { objectsToApply } from "./cluster/cluster-side.ts";
export { reproducePlan } from "./reproduce-plan.ts";

/**
 * The plan that a request leads to against a Git folder or a cluster, and a charter. Pure and deterministic.
 * @throws {OpsError} INPUT_SECRET_DATA for a Secret with values, INPUT_DUPLICATE, INPUT_REFUSED for what is no object,
 *   TARGET_UNSAFE for a target that must not be written over or followed, TARGET_DRIFT for a cluster state of another request.
 */
export function buildPlan(input: PlanInput): Plan {
  return assemblePlan(input);
}

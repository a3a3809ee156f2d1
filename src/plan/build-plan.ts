import { assemblePlan, type PlanInput } from "./assemble-plan.ts";
import type { Plan } from "./plan.ts";

export type { PlanInput } from "./assemble-plan.ts";
export { filesOf } from "./files-of.ts";
export { parsePlan, planText } from "./plan-text.ts";
export { reproducePlan } from "./reproduce-plan.ts";

/**
 * The plan that a request leads to against a Git folder and a charter. Pure and deterministic.
 * @throws {OpsError} INPUT_SECRET_DATA for a Secret with values, INPUT_DUPLICATE, INPUT_REFUSED for what is no object,
 *   TARGET_UNSAFE for a target that must not be written over or followed.
 */
export function buildPlan(input: PlanInput): Plan {
  return assemblePlan(input);
}

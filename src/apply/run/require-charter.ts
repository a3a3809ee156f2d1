import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { Plan } from "../../plan/plan.ts";
import type { TrustRoot } from "../trust-root/trust-root.ts";

/**
 * Kernel K6: the charter that judged the plan is the one that the trust root holds, signed by the same owner.
 * @throws {OpsError} PLAN_DENIED for a plan that was made without a charter, CHARTER_CHANGED
 */
export function requireCharter(plan: Pick<Plan, "charter">, trustRoot: TrustRoot): void {
  if (plan.charter === null)
    throw new OpsError("PLAN_DENIED", "the plan was made without a charter, so nothing allows it", {
      hint: "make a new plan",
    });
  if (plan.charter.digest !== trustRoot.charterDigest || plan.charter.owner !== trustRoot.owner.fingerprint) {
    throw new OpsError(
      "CHARTER_CHANGED",
      `the plan names the charter ${printable(plan.charter.name)} serial ${plan.charter.serial} (${plan.charter.digest}); the trust root holds ${printable(trustRoot.charter.metadata.name)} serial ${trustRoot.charter.metadata.serial} (${trustRoot.charterDigest})`,
      { hint: "make a new plan" },
    );
  }
}

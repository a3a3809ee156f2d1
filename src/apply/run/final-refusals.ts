import type { OpsErrorCode } from "../../kube/error-table.ts";

/**
 * Refusals after which a run that wrote nothing can never go on, to whatever target: it is ended, and what it consumed stays
 * consumed.
 */
export const finalRefusals: ReadonlySet<OpsErrorCode> = new Set<OpsErrorCode>([
  "PLAN_MALFORMED",
  "PLAN_DIGEST",
  "PLAN_NOT_REPRODUCED",
  "PLAN_DENIED",
  "PLAN_EMPTY",
  "CHARTER_CHANGED",
  "APPROVAL_MISSING",
  "APPROVAL_INVALID",
  "APPROVAL_EXPIRED",
  "APPROVAL_USED",
  "APPROVER_UNKNOWN",
  "APPROVER_PRESENCE",
  "TARGET_DRIFT",
  "TARGET_UNSAFE",
  "CLUSTER_SET_BACK",
]);

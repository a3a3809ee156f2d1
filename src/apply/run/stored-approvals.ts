import type { OpsErrorCode } from "../../kube/error-table.ts";
import { OpsError } from "../../kube/ops-error.ts";
import type { SignedApproval } from "../../plan/approval-statement.ts";
import { parseSignedApproval } from "../../plan/approval/judge-approvals.ts";
import type { PlanDigest } from "../../plan/plan.ts";
import type { StateFolder } from "../state/state-folder.ts";

/** The stored approvals of a plan that can be read, and why the others cannot. Whether one holds is not said here. */
export interface StoredApprovals {
  readonly signed: readonly SignedApproval[];
  readonly refused: readonly { readonly code: OpsErrorCode; readonly reason: string }[];
}

export function storedApprovals(state: Pick<StateFolder, "approvals">, digest: PlanDigest): StoredApprovals {
  const signed: SignedApproval[] = [];
  const refused: { readonly code: OpsErrorCode; readonly reason: string }[] = [];
  for (const { path, text } of state.approvals(digest)) {
    try {
      signed.push(parseSignedApproval(text, path));
    } catch (error) {
      if (!OpsError.is(error)) throw error;
      refused.push({ code: error.code, reason: error.message });
    }
  }
  return { signed, refused };
}

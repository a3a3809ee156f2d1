import type { AuditLog } from "../../audit/log-store.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { SignatureVerifier, SignedApproval } from "../../plan/approval-statement.ts";
import { judgeApprovals } from "../../plan/approval/judge-approvals.ts";
import type { Plan } from "../../plan/plan.ts";
import type { StateFolder } from "../state/state-folder.ts";
import type { TrustRoot } from "../trust-root/trust-root.ts";
import { storedApprovals } from "./stored-approvals.ts";

/** An approval that counts, and whether a person's presence is proved. */
export interface CountedApproval {
  readonly signed: SignedApproval;
  readonly presence: "proved" | "not proved";
}

/** What approvals are held against. */
export interface ApprovalWorld {
  readonly state: Pick<StateFolder, "approvals">;
  readonly log: Pick<AuditLog, "extends">;
  readonly verifier: SignatureVerifier;
  /** Milliseconds since 1970 UTC: the latest of the clocks that are known. */
  readonly now: number;
  /** Whether another run used the nonce, or the target says that one did (kernel K11). */
  readonly isUsed: (nonce: string) => Promise<boolean>;
  /** Nonces that the run which is resumed has chosen; they are kept while they hold. */
  readonly chosenNonces: readonly string[];
}

/**
 * As many approvals as the plan and the charter need, all of which hold now (kernel K9, K10, K11, K19).
 * @throws {OpsError} with the code of the first that does not hold, APPROVAL_USED, APPROVAL_MISSING
 */
export async function countApprovals(
  plan: Plan,
  trustRoot: TrustRoot,
  world: ApprovalWorld,
): Promise<readonly CountedApproval[]> {
  const required = Math.max(plan.verdict.approvals.required, trustRoot.charter.spec.approvals.required);
  if (required === 0) return [];
  const used: string[] = [];
  const fresh: SignedApproval[] = [];
  const { signed, refused } = storedApprovals(world.state, plan.digest);
  for (const approval of signed) {
    const { nonce } = approval.statement;
    if (await world.isUsed(nonce)) used.push(nonce);
    else fresh.push(approval);
  }
  const judged = judgeApprovals({
    plan,
    charter: trustRoot.charter,
    approvals: fresh,
    verifier: world.verifier,
    now: world.now,
    extendsCheckpoint: (checkpoint) => world.log.extends(checkpoint),
  });
  const accepted = judged.accepted.map(
    ({ approval, presence }): CountedApproval => ({ signed: approval, presence }),
  );
  if (judged.enough && accepted.length >= required) return choose(accepted, required, world.chosenNonces);
  const [first] = [...judged.refused, ...refused];
  const counted = `${accepted.length} of ${required} approvals`;
  if (first !== undefined)
    throw new OpsError(first.code, `the plan has ${counted} that it needs: ${first.reason}`);
  if (used.length > 0) {
    throw new OpsError(
      "APPROVAL_USED",
      `the plan has ${counted} that it needs: ${used.length === 1 ? "one was" : `${used.length} were`} used already (${used.join(", ")})`,
      { hint: "an approval is for one use: approve again" },
    );
  }
  throw new OpsError("APPROVAL_MISSING", `the plan has ${counted} that it needs`, {
    hint: `approvers: ${plan.verdict.approvals.approvers.map((name) => printable(name)).join(", ")}; kubeops approve signs`,
  });
}

/**
 * As many as are needed. Those that an earlier attempt of the same run chose come first: an approval that arrives between
 * two attempts must not make another commit of the same run.
 */
function choose(
  accepted: readonly CountedApproval[],
  required: number,
  chosen: readonly string[],
): readonly CountedApproval[] {
  const rank = ({ signed }: CountedApproval): string => {
    const { nonce, notBefore } = signed.statement;
    return `${chosen.includes(nonce) ? 0 : 1} ${notBefore} ${nonce}`;
  };
  return accepted.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1)).slice(0, required);
}

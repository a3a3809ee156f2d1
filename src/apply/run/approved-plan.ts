import type { AuditLog } from "../../audit/log-store.ts";
import type { Clock } from "../../kube/clock.ts";
import type { OpsErrorCode } from "../../kube/error-table.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { SignatureVerifier, SignedApproval } from "../../plan/approval-statement.ts";
import { judgeApprovals, parseSignedApproval } from "../../plan/approval/judge-approvals.ts";
import { filesOf, parsePlan } from "../../plan/build-plan.ts";
import type { Plan } from "../../plan/plan.ts";
import type { GitTargetPort } from "../git/git-target.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { loadTrustRoot, type TrustRoot } from "../trust-root/trust-root.ts";
import { branchOf } from "./commit-message.ts";
import { reproduceAgainst } from "./reproduce-against.ts";

declare const brand: unique symbol;

/** An approval that counts, and whether a person's presence is proved. */
export interface CountedApproval {
  readonly signed: SignedApproval;
  readonly presence: "proved" | "not proved";
}

/**
 * A plan that may be carried out now: everything about it was verified in this process a moment ago. Only
 * `loadApprovedPlan` makes one, and `assertApproved` tells one from anything that looks like it.
 */
export interface ApprovedPlan {
  readonly [brand]: true;
  readonly plan: Plan;
  /** Path → new text, or null to delete. */
  readonly files: ReadonlyMap<string, string | null>;
  readonly approvals: readonly CountedApproval[];
  /** The branch to make or move, and what it must name before; null when it must not exist. */
  readonly branch: string;
  readonly expected: string | null;
}

/** What verification looks at. All of it is read anew each time. */
export interface Verification {
  readonly target: GitTargetPort;
  readonly state: Pick<StateFolder, "approvals">;
  readonly log: Pick<AuditLog, "extends">;
  readonly trustRoot: TrustRoot;
  readonly verifier: SignatureVerifier;
  readonly clock: Clock;
  readonly toolVersion: string;
  readonly minor: number;
  /** Nonces that other runs of this plan have consumed. */
  readonly usedNonces: ReadonlySet<string>;
  /** Nonces that the run which is resumed has chosen; they are kept while they hold. */
  readonly chosenNonces: readonly string[];
}

const approved = new WeakSet<object>();

/** @throws {TypeError} for anything that `loadApprovedPlan` did not give: a bug of the caller. */
export function assertApproved(plan: ApprovedPlan): void {
  if (!approved.has(plan)) throw new TypeError("this is no approved plan");
}

/**
 * The one place where it is decided that a plan may be carried out. Verified in this order: form and digest of the plan;
 * the trust root as it lies on disk now, and that its charter is the plan's (kernel K6); the target's drift and the whole
 * plan, recomputed (K1, K3, K18); the verdict; signatures, approvers, validity, target, presence and log of the approvals
 * (K9, K10, K19); that their nonces were not used at the target (K11); that the branch may be pushed to.
 * @throws {OpsError} with the code of what does not hold.
 */
export async function loadApprovedPlan(
  planText: string,
  planName: string,
  world: Verification,
): Promise<ApprovedPlan> {
  const plan = parsePlan(planText, planName);
  const trustRoot = currentTrustRoot(world.trustRoot);
  const state = await reproduceAgainst(plan, world.target, {
    trustRoot,
    toolVersion: world.toolVersion,
    minor: world.minor,
  });
  if (plan.verdict.decision === "denied") {
    const reason = plan.verdict.reasons.find(({ decision }) => decision === "denied");
    throw new OpsError(
      "PLAN_DENIED",
      `the charter denies the plan${reason === undefined ? "" : `: ${printable(reason.message)}`}`,
      { hint: "kubeops show gives all reasons" },
    );
  }
  const files = filesOf(plan, state);
  if (files.size === 0) throw new OpsError("PLAN_EMPTY", "the plan changes nothing");
  const approvals = await countedApprovals(plan, trustRoot, world);
  const branch = branchOf(plan);
  await world.target.checkPushable(branch);
  const expected = plan.target.mode === "onto" ? plan.target.base : null;
  const head = await world.target.head(branch);
  if (head !== expected) {
    throw new OpsError(
      "TARGET_DRIFT",
      `branch ${branch} ${head === null ? "is not there" : `is at ${head}`}; expected was that it ${expected === null ? "is not there" : `is at ${expected}`}`,
      {
        hint:
          plan.target.mode === "onto"
            ? "make a new plan"
            : "somebody else made this branch: look at it, delete it, and run the command again",
      },
    );
  }
  const result = Object.freeze({ plan, files, approvals, branch, expected }) as ApprovedPlan;
  approved.add(result);
  return result;
}

/** The trust root as it lies on disk now; it must still be the one that the command was started with. */
function currentTrustRoot(started: TrustRoot): TrustRoot {
  const now = loadTrustRoot({ path: started.path, named: started.standing === "advisory" });
  if (now.charterDigest !== started.charterDigest || now.owner.key !== started.owner.key) {
    throw new OpsError("CHARTER_CHANGED", "the charter was changed while the command ran", {
      hint: "run the command again",
    });
  }
  return now;
}

async function countedApprovals(
  plan: Plan,
  trustRoot: TrustRoot,
  world: Verification,
): Promise<readonly CountedApproval[]> {
  const required = Math.max(plan.verdict.approvals.required, trustRoot.charter.spec.approvals.required);
  if (required === 0) return [];
  const used: string[] = [];
  const fresh: SignedApproval[] = [];
  const refused: { readonly code: OpsErrorCode; readonly reason: string }[] = [];
  for (const { path, text } of world.state.approvals(plan.digest)) {
    let signed: SignedApproval;
    try {
      signed = parseSignedApproval(text, path);
    } catch (error) {
      if (!OpsError.is(error)) throw error;
      refused.push({ code: error.code, reason: error.message });
      continue;
    }
    const { nonce } = signed.statement;
    if (world.usedNonces.has(nonce) || (await world.target.findNonce(nonce)) !== null) used.push(nonce);
    else fresh.push(signed);
  }
  const judged = judgeApprovals({
    plan,
    charter: trustRoot.charter,
    approvals: fresh,
    verifier: world.verifier,
    now: world.clock.now(),
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

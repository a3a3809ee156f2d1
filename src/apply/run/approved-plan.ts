import type { AuditLog } from "../../audit/log-store.ts";
import type { Clock } from "../../kube/clock.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { SignatureVerifier } from "../../plan/approval-statement.ts";
import { filesOf, parsePlan } from "../../plan/build-plan.ts";
import type { GitTargetPort } from "../git/git-target.ts";
import type { StateFolder } from "../state/state-folder.ts";
import type { TrustRoot } from "../trust-root/trust-root.ts";
import { branchOf } from "./commit-message.ts";
import { type CountedApproval, countApprovals } from "./count-approvals.ts";
import { currentTrustRoot } from "./current-trust-root.ts";
import { asGitPlan, type GitPlan } from "./git-plan.ts";
import { reproduceAgainst } from "./reproduce-against.ts";

declare const brand: unique symbol;

/**
 * A plan that may be carried out now: everything about it was verified in this process a moment ago. Only
 * `loadApprovedPlan` makes one, and `assertApproved` tells one from anything that looks like it.
 */
export interface ApprovedPlan {
  readonly [brand]: true;
  readonly plan: GitPlan;
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
  const plan = asGitPlan(parsePlan(planText, planName));
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
  const approvals = await countApprovals(plan, trustRoot, {
    state: world.state,
    log: world.log,
    verifier: world.verifier,
    now: world.clock.now(),
    isUsed: async (nonce) => world.usedNonces.has(nonce) || (await world.target.findNonce(nonce)) !== null,
    chosenNonces: world.chosenNonces,
  });
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

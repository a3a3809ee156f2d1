import { isClusterPlan, isGitPlan } from "../../apply/run/git-plan.ts";
import type { TrustRoot } from "../../apply/trust-root/trust-root.ts";
import { LATEST_MINOR } from "../../kube/catalogue/catalogue.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { parsePlan } from "../../plan/build-plan.ts";
import type { Plan } from "../../plan/plan.ts";
import type { CliContext } from "../context.ts";
import { planOutput } from "../display/plan-output.ts";
import { shortDigest } from "../display/plan-text.ts";
import { guarded } from "../errors.ts";
import type { ClusterAccessFlags, WorkFlags } from "../flags.ts";
import { namedMinor } from "../kube-version.ts";
import { openTrustedSession, type Session } from "../session.ts";
import { undoInCluster } from "../targets/cluster.ts";
import { undoInGit } from "../targets/git.ts";
import { storePlan } from "./plan.impl.ts";

export interface UndoFlags extends WorkFlags, ClusterAccessFlags {
  readonly kubeVersion?: string;
  readonly out?: string;
}

export async function undo(this: CliContext, flags: UndoFlags, reference: string): Promise<void> {
  await guarded(this, flags, async () => {
    const session = openTrustedSession(this, flags);
    try {
      const found = session.state.findPlan(reference);
      const plan = parsePlan(found.text, found.path);
      const made = await undoPlan(this, flags, session, plan);
      storePlan(this, session, made, flags.out);
      planOutput(this, flags, session, made, flags.out);
      return made.verdict.decision === "denied" ? ExitCode.no : ExitCode.done;
    } finally {
      session.close();
    }
  });
}

function undoPlan(
  context: CliContext,
  flags: UndoFlags,
  session: Session & { readonly trustRoot: TrustRoot },
  plan: Plan,
): Promise<Plan> {
  const minor = namedMinor(flags.kubeVersion);
  const { trustRoot } = session;
  if (isGitPlan(plan))
    return undoInGit(context, flags, {
      plan,
      commit: appliedCommit(session, plan),
      trustRoot,
      minor: minor ?? LATEST_MINOR,
    });
  if (isClusterPlan(plan)) return undoInCluster(context, flags, session, { plan, minor });
  throw new OpsError("TARGET_INVALID", "the plan's target is of no known kind");
}

/** The commit that applied the plan, from the log: what happened, not what the journal remembers. */
function appliedCommit(session: Session, plan: Plan): string {
  let commit: string | undefined;
  for (const { event } of session.log.entries()) {
    if (event.type === "apply-outcome" && event.plan === plan.digest) commit = event.result;
  }
  if (commit === undefined) {
    throw new OpsError(
      "PLAN_NOT_FOUND",
      `plan ${shortDigest(plan.digest)} was not applied according to the audit log: there is nothing to undo`,
    );
  }
  return commit;
}

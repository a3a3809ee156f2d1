import { ExitCode } from "../../kube/error-table.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { buildPlan, parsePlan } from "../../plan/build-plan.ts";
import type { Plan } from "../../plan/plan.ts";
import { undoRequest } from "../../plan/undo.ts";
import type { CliContext } from "../context.ts";
import { planOutput } from "../display/plan-output.ts";
import { shortDigest } from "../display/plan-text.ts";
import { guarded } from "../errors.ts";
import type { WorkFlags } from "../flags.ts";
import { openTarget } from "../git-access.ts";
import { minorOf, openTrustedSession, type Session } from "../session.ts";
import { toolVersion } from "../version.ts";
import type { TrustRoot } from "../../apply/trust-root/trust-root.ts";
import { storePlan } from "./plan.impl.ts";

export interface UndoFlags extends WorkFlags {
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

async function undoPlan(
  context: CliContext,
  flags: UndoFlags,
  session: Session & { readonly trustRoot: TrustRoot },
  plan: Plan,
): Promise<Plan> {
  const minor = minorOf(flags.kubeVersion);
  const commit = appliedCommit(session, plan);
  const { trustRoot } = session;
  const base = await openTarget(context, flags, { url: plan.target.url, branch: plan.target.branch });
  const own = `kubeops/${shortDigest(plan.digest)}`;
  // Where the change lives now: on the base branch once it was merged (or put there), else on its own branch.
  const merged = await base.contains(plan.target.branch, commit);
  const target =
    merged || plan.target.mode === "onto"
      ? base
      : await openTarget(context, flags, { url: plan.target.url, branch: own });
  const done = context.onInterrupt(() => void Promise.all([base.close(), target.close()]));
  try {
    const before =
      plan.target.base === null ? null : await target.readStateAt(plan.target.base, plan.target.root);
    const state = await target.readState(plan.target.root);
    return buildPlan({
      ...undoRequest(plan, before),
      state,
      folder: plan.target.folder,
      mode: plan.target.mode,
      charter: trustRoot.charter,
      charterOwner: trustRoot.owner.fingerprint,
      macKey: trustRoot.macKey,
      toolVersion,
      minor,
    });
  } finally {
    done();
    await target.close();
    if (target !== base) await base.close();
  }
}

import { ExitCode } from "../../kube/error-table.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { buildPlan, parsePlan } from "../../plan/build-plan.ts";
import type { Plan } from "../../plan/plan.ts";
import { gitTargetOf } from "../../plan/target.ts";
import { undoRequest } from "../../plan/undo.ts";
import type { CliContext } from "../context.ts";
import { planOutput } from "../display/plan-output.ts";
import { shortDigest } from "../display/plan-text.ts";
import { guarded } from "../errors.ts";
import { openTarget } from "../git-access.ts";
import { minorOf, openTrustedSession, type Session } from "../session.ts";
import { toolVersion } from "../version.ts";
import type { TrustRoot } from "../../apply/trust-root/trust-root.ts";
import { storePlan } from "./plan.impl.ts";

export interface UndoFlags {
  readonly gitCredentials?: string;
  readonly gitCa?: string;
  readonly kubeVersion?: string;
  readonly out?: string;
  readonly trustRoot?: string;
  readonly state?: string;
  readonly output: "text" | "json";
  readonly color: "auto" | "always" | "never";
  readonly quiet: boolean;
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
  const planned = gitTargetOf(plan);
  const { url, branch } = planned;
  const base = await openTarget(context, flags, { url, branch });
  const own = `kubeops/${shortDigest(plan.digest)}`;
  // Where the change lives now: on the base branch once it was merged (or put there), else on its own branch.
  const merged = await base.contains(branch, commit);
  const target =
    merged || planned.mode === "onto" ? base : await openTarget(context, flags, { url, branch: own });
  const done = context.onInterrupt(() => void Promise.all([base.close(), target.close()]));
  try {
    const before = planned.base === null ? null : await target.readStateAt(planned.base, planned.root);
    const state = await target.readState(planned.root);
    return buildPlan({
      ...undoRequest(plan, before),
      state,
      folder: planned.folder,
      mode: planned.mode,
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

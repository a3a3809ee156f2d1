import { resolve } from "node:path";
import { applyToCluster } from "../../apply/cluster/run/apply-to-cluster.ts";
import type { ClusterOutcome } from "../../apply/cluster/run/ports.ts";
import { type Journal, openJournal } from "../../apply/journal/journal.ts";
import { type ApplyOutcome, applyPlan } from "../../apply/run/apply-plan.ts";
import { isClusterPlan } from "../../apply/run/git-plan.ts";
import type { TrustRoot } from "../../apply/trust-root/trust-root.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { parsePlan } from "../../plan/build-plan.ts";
import type { Plan } from "../../plan/plan.ts";
import { clusterConnection } from "../cluster-access.ts";
import type { CliContext } from "../context.ts";
import {
  clusterOutcomeText,
  clusterStepText,
  gitOutcomeText,
  gitProgress,
  healthProgressText,
} from "../display/outcome-text.ts";
import { standingLine } from "../display/plan-output.ts";
import { shortDigest } from "../display/plan-text.ts";
import { seconds } from "../duration.ts";
import { guarded } from "../errors.ts";
import type { ClusterAccessFlags, WorkFlags } from "../flags.ts";
import { openTrustedSession, type Session } from "../session.ts";
import { runPorts, withGitTargets } from "../targets/run-ports.ts";

export interface ApplyFlags extends WorkFlags, ClusterAccessFlags {
  readonly signCommit?: string;
  readonly wait?: string;
}

export async function apply(this: CliContext, flags: ApplyFlags, reference: string): Promise<void> {
  await guarded(this, flags, async () => {
    const wait = flags.wait === undefined ? undefined : seconds(flags.wait);
    const session = openTrustedSession(this, flags);
    const journal = openJournal(session.state.journalFile, this.clock);
    try {
      const found = session.state.findPlan(reference);
      const work: Work = { session, journal, text: found.text, path: found.path, wait };
      const healthy = toCluster(found)
        ? await applyInCluster(this, flags, work)
        : await applyInGit(this, flags, work);
      if (!flags.quiet) this.process.stderr.write(`${standingLine(session)}\n`);
      return healthy ? ExitCode.done : ExitCode.refused;
    } finally {
      journal.close();
      session.close();
    }
  });
}

interface Work {
  readonly session: Session & { readonly trustRoot: TrustRoot };
  readonly journal: Journal;
  readonly text: string;
  readonly path: string;
  /** Seconds to wait for health. */
  readonly wait: number | undefined;
}

/** Which way a plan goes. A text that is no plan is refused by the way to Git, which logs the refusal. */
function toCluster(found: { readonly text: string; readonly path: string }): boolean {
  let plan: Plan;
  try {
    plan = parsePlan(found.text, found.path);
  } catch (error) {
    if (OpsError.is(error)) return false;
    throw error;
  }
  return isClusterPlan(plan);
}

async function applyInGit(context: CliContext, flags: ApplyFlags, work: Work): Promise<boolean> {
  if (work.wait !== undefined)
    throw new OpsError("USAGE", "--wait is for clusters: a commit says nothing about health");
  const outcome = await withGitTargets(context, flags, (open) =>
    applyPlan(work.text, work.path, {
      ...runPorts(context, work.session, work.journal),
      openTarget: open,
      ...(flags.signCommit === undefined ? {} : { signCommitWith: resolve(context.cwd, flags.signCommit) }),
      onStep: (step) => progress(context, flags, gitProgress[step]),
    }),
  );
  report(context, flags, outcome, gitOutcomeText(outcome));
  return true;
}

async function applyInCluster(context: CliContext, flags: ApplyFlags, work: Work): Promise<boolean> {
  if (flags.signCommit !== undefined) throw new OpsError("USAGE", "--sign-commit is for repositories");
  const { wait } = work;
  const outcome = await applyToCluster(work.text, work.path, {
    ...runPorts(context, work.session, work.journal),
    openCluster: (target) => clusterConnection(context, flags, target.pin.url),
    onStep: (step) => progress(context, flags, clusterStepText(step)),
    ...(wait === undefined
      ? {}
      : {
          wait: {
            timeoutMs: wait * 1000,
            onProgress: (state) => progress(context, flags, healthProgressText(state)),
          },
        }),
  });
  report(context, flags, outcome, clusterOutcomeText(outcome));
  return outcome.health?.healthy ?? true;
}

function progress(context: CliContext, flags: ApplyFlags, line: string): void {
  if (!flags.quiet && flags.output === "text" && line !== "") context.process.stderr.write(`  ${line}\n`);
}

function report(
  context: CliContext,
  flags: ApplyFlags,
  outcome: ApplyOutcome | ClusterOutcome,
  text: string,
): void {
  context.process.stdout.write(
    flags.output === "json"
      ? `${JSON.stringify({ apiVersion: "kubernetes-operations.dev/v1", kind: "ApplyOutcome", ...outcome })}\n`
      : text,
  );
  if (flags.quiet) return;
  context.process.stderr.write(
    `next: kubeops audit verify; kubeops undo ${shortDigest(outcome.plan)} plans the way back\n`,
  );
}

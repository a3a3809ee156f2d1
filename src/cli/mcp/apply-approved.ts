import { applyToCluster } from "../../apply/cluster/run/apply-to-cluster.ts";
import { openJournal } from "../../apply/journal/journal.ts";
import { applyPlan } from "../../apply/run/apply-plan.ts";
import { isClusterPlan } from "../../apply/run/git-plan.ts";
import type { TrustRoot } from "../../apply/trust-root/trust-root.ts";
import type { Applied } from "../../mcp/ports.ts";
import type { Plan } from "../../plan/plan.ts";
import { clusterConnection } from "../cluster-access.ts";
import type { CliContext } from "../context.ts";
import type { ClusterAccessFlags, GitAccessFlags } from "../flags.ts";
import type { Session } from "../session.ts";
import { runPorts, withGitTargets } from "../targets/run-ports.ts";

/**
 * The ordinary way of an approved plan to its target, in this process: applyPlan and applyToCluster take the stored bytes,
 * verify everything anew and refuse what is not approved. There is no other way to a write.
 */
export async function applyApproved(
  context: CliContext,
  flags: ClusterAccessFlags & GitAccessFlags,
  session: Session & { readonly trustRoot: TrustRoot },
  plan: Plan,
): Promise<Applied> {
  const { state } = session;
  const { text, path } = state.findPlan(plan.digest);
  const journal = openJournal(state.journalFile, context.clock);
  try {
    const ports = runPorts(context, session, journal);
    if (isClusterPlan(plan)) {
      const outcome = await applyToCluster(text, path, {
        ...ports,
        openCluster: (target) => clusterConnection(context, flags, target.pin.url),
      });
      return { plan: outcome.plan, written: outcome.written.length, alreadyDone: outcome.alreadyDone };
    }
    const outcome = await withGitTargets(context, flags, (open) =>
      applyPlan(text, path, { ...ports, openTarget: open }),
    );
    return {
      plan: outcome.plan,
      commit: outcome.commit,
      branch: outcome.branch,
      alreadyDone: outcome.alreadyDone,
    };
  } finally {
    journal.close();
  }
}

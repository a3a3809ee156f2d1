import { sshSignatureVerifier } from "../../apply/approval/verify-signature.ts";
import type { ApplyPorts } from "../../apply/run/apply-plan.ts";
import type { Journal } from "../../apply/journal/journal.ts";
import type { RunPorts } from "../../apply/run/run-ports.ts";
import type { TrustRoot } from "../../apply/trust-root/trust-root.ts";
import { LATEST_MINOR } from "../../kube/catalogue/catalogue.ts";
import type { CliContext } from "../context.ts";
import type { GitAccessFlags } from "../flags.ts";
import { openTarget } from "../git-access.ts";
import type { Session } from "../session.ts";
import { toolVersion } from "../version.ts";

/** What every run of an approved plan works with. */
export function runPorts(
  context: CliContext,
  session: Session & { readonly trustRoot: TrustRoot },
  journal: Journal,
): RunPorts {
  return {
    state: session.state,
    journal,
    log: session.log,
    trustRoot: session.trustRoot,
    verifier: sshSignatureVerifier,
    clock: context.clock,
    toolVersion,
    minor: LATEST_MINOR,
  };
}

/** Runs `work` with what opens its repositories; those that are open are closed when the run is interrupted. */
export async function withGitTargets<T>(
  context: CliContext,
  flags: GitAccessFlags,
  work: (open: ApplyPorts["openTarget"]) => Promise<T>,
): Promise<T> {
  const opened: { close(): Promise<void> }[] = [];
  const done = context.onInterrupt(() => {
    for (const target of opened) void target.close();
  });
  try {
    return await work(async (url, branch) => {
      const target = await openTarget(context, flags, { url, branch });
      opened.push(target);
      return target;
    });
  } finally {
    done();
  }
}

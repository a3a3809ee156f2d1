import { resolve } from "node:path";
import { sshSignatureVerifier } from "../../apply/approval/verify-signature.ts";
import { openJournal } from "../../apply/journal/journal.ts";
import { type ApplyOutcome, type ApplyStep, applyPlan } from "../../apply/run/apply-plan.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { LATEST_MINOR } from "../../kube/catalogue/catalogue.ts";
import { printable } from "../../kube/printable.ts";
import type { CliContext } from "../context.ts";
import { shortDigest } from "../display/plan-text.ts";
import { standingLine } from "../display/plan-output.ts";
import { guarded } from "../errors.ts";
import type { WorkFlags } from "../flags.ts";
import { openTarget } from "../git-access.ts";
import { openTrustedSession } from "../session.ts";
import { toolVersion } from "../version.ts";

export interface ApplyFlags extends WorkFlags {
  readonly signCommit?: string;
}

const progress: Readonly<Record<ApplyStep, string>> = {
  verified: "plan, charter, approvals and target verified",
  "intent-logged": "intent written to the audit log",
  "commit-built": "commit built",
  "nonces-consumed": "approvals used up",
  pushed: "pushed",
  "outcome-logged": "outcome written to the audit log",
  done: "done",
};

export async function apply(this: CliContext, flags: ApplyFlags, reference: string): Promise<void> {
  await guarded(this, flags, async () => {
    const session = openTrustedSession(this, flags);
    const journal = openJournal(session.state.journalFile, this.clock);
    const opened: { close(): Promise<void> }[] = [];
    const done = this.onInterrupt(() => {
      for (const target of opened) void target.close();
    });
    try {
      const found = session.state.findPlan(reference);
      const outcome = await applyPlan(found.text, found.path, {
        state: session.state,
        journal,
        log: session.log,
        trustRoot: session.trustRoot,
        verifier: sshSignatureVerifier,
        clock: this.clock,
        openTarget: async (url, branch) => {
          const target = await openTarget(this, flags, { url, branch });
          opened.push(target);
          return target;
        },
        toolVersion,
        minor: LATEST_MINOR,
        ...(flags.signCommit === undefined ? {} : { signCommitWith: resolve(this.cwd, flags.signCommit) }),
        onStep: (step) => {
          if (!flags.quiet && flags.output === "text") this.process.stderr.write(`  ${progress[step]}\n`);
        },
      });
      this.process.stdout.write(flags.output === "json" ? outcomeJson(outcome) : outcomeText(outcome));
      if (!flags.quiet)
        this.process.stderr.write(
          `${standingLine(session)}\nnext: kubeops audit verify; kubeops undo ${shortDigest(outcome.plan)} plans the way back\n`,
        );
      return ExitCode.done;
    } finally {
      done();
      journal.close();
      session.close();
    }
  });
}

function outcomeText(outcome: ApplyOutcome): string {
  const how = outcome.alreadyDone
    ? "was applied already"
    : outcome.resumed
      ? "applied (an earlier run was finished)"
      : "applied";
  const unproved = outcome.presence
    .filter((row) => row.presence === "not proved")
    .map((row) => printable(row.approver));
  return (
    `plan ${shortDigest(outcome.plan)} ${how}\n` +
    `  branch  ${printable(outcome.branch)}\n` +
    `  commit  ${outcome.commit}\n` +
    (unproved.length > 0 ? `  note    presence of ${unproved.join(", ")} not proved (software key)\n` : "")
  );
}

function outcomeJson(outcome: ApplyOutcome): string {
  return `${JSON.stringify({ apiVersion: "kubernetes-operations.dev/v1", kind: "ApplyOutcome", ...outcome })}\n`;
}

import { planText as planBytes } from "../../plan/build-plan.ts";
import type { Plan } from "../../plan/plan.ts";
import type { CliContext } from "../context.ts";
import { type OutputFlags, wantsColor } from "../flags.ts";
import type { Session } from "../session.ts";
import { planText, shortDigest } from "./plan-text.ts";
import { style } from "./style.ts";

/** What `plan` and `undo` print: the plan on standard output, what to do next on standard error. */
export function planOutput(
  context: CliContext,
  flags: OutputFlags,
  session: Session,
  plan: Plan,
  out: string | undefined,
): void {
  if (flags.output === "json") {
    context.process.stdout.write(planBytes(plan));
  } else {
    context.process.stdout.write(planText(plan, style(wantsColor(context, flags)), { objects: false }));
  }
  if (flags.quiet) return;
  const name = out ?? shortDigest(plan.digest);
  const lines = [standingLine(session)];
  if (plan.changes.every((change) => change.operation === "unchanged"))
    lines.push("nothing to do: the target is what was asked for");
  else if (plan.verdict.decision === "needs-approval")
    lines.push(`next: kubeops show ${name} --objects; kubeops approve ${name} --key <key>`);
  else if (plan.verdict.decision === "allowed") lines.push(`next: kubeops apply ${name}`);
  else if (plan.charter === null)
    lines.push("next: kubeops charter init, then kubeops charter sign: without a charter nothing is allowed");
  context.process.stderr.write(`${lines.filter((line) => line !== "").join("\n")}\n`);
}

/** Says where authority comes from, and when it is only advice (kernel K6). */
export function standingLine(session: Session): string {
  if (session.trustRoot === undefined) return "trust root: none";
  return session.trustRoot.standing === "advisory"
    ? `trust root: ${session.trustRoot.path} (advisory: the running user can write it, or it was named by a flag)`
    : `trust root: ${session.trustRoot.path}`;
}

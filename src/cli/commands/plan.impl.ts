import { resolve } from "node:path";
import { writeAtomically } from "../../apply/files/atomic-write.ts";
import { LATEST_MINOR } from "../../kube/catalogue/catalogue.ts";
import { jsonDigest } from "../../kube/digest.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { planText } from "../../plan/build-plan.ts";
import type { Plan } from "../../plan/plan.ts";
import { parseTargetSpec, type TargetSpec } from "../../plan/target.ts";
import type { CliContext } from "../context.ts";
import { planOutput } from "../display/plan-output.ts";
import { guarded } from "../errors.ts";
import type { ClusterAccessFlags, WorkFlags } from "../flags.ts";
import { type AskedFor, readAsked, type RequestFlags } from "../request.ts";
import { namedMinor } from "../kube-version.ts";
import { settingsOfPlan } from "../plan-settings.ts";
import { openSession, type Session } from "../session.ts";
import { planForCluster } from "../targets/cluster.ts";
import { planForGit } from "../targets/git.ts";

export interface PlanFlags extends WorkFlags, ClusterAccessFlags, RequestFlags {
  readonly target: readonly string[];
  readonly onto: boolean;
  readonly kubeVersion?: string;
  readonly out?: string;
  readonly config?: string;
}

export async function plan(this: CliContext, flags: PlanFlags, ...words: string[]): Promise<void> {
  await guarded(this, flags, async () => {
    const specs = flags.target.map(parseTargetSpec);
    const minor = namedMinor(flags.kubeVersion);
    const read = await readAsked(this, flags, words, minor ?? LATEST_MINOR);
    const settings = await settingsOfPlan(this, flags.config);
    const asked = { ...read, request: { ...read.request, ...settings } };
    const session = openSession(this, flags);
    try {
      let denied = false;
      // A plan names one target: two targets are two plans, each approved for itself.
      for (const [index, spec] of specs.entries()) {
        const made = await planFor(this, flags, session, { asked, spec, minor });
        const out =
          flags.out === undefined || specs.length === 1 ? flags.out : numbered(flags.out, index + 1);
        storePlan(this, session, made, out);
        planOutput(this, flags, session, made, out);
        denied ||= made.verdict.decision === "denied";
      }
      return denied ? ExitCode.no : ExitCode.done;
    } finally {
      session.close();
    }
  });
}

/** `plan.json` of several plans: `plan-1.json`. */
export function numbered(path: string, number: number): string {
  return path.replace(/(\.json)?$/, `-${number}$1`);
}

/** A request against one target. */
export interface Making {
  readonly asked: AskedFor;
  readonly spec: TargetSpec;
  /** Minor version of Kubernetes that the person named; null when none: then the target's own, or the newest. */
  readonly minor: number | null;
}

export function planFor(
  context: CliContext,
  flags: WorkFlags & ClusterAccessFlags & { readonly prune: boolean; readonly onto: boolean },
  session: Session,
  { asked, spec, minor }: Making,
): Promise<Plan> {
  return spec.kind === "git"
    ? planForGit(context, flags, session, { asked, spec, minor: minor ?? LATEST_MINOR })
    : planForCluster(context, flags, session, { asked, spec, minor });
}

/** Stores a plan under its digest, where the user asked for it too, and logs it. */
export function storePlan(context: CliContext, session: Session, made: Plan, out: string | undefined): void {
  const bytes = planText(made);
  session.state.savePlan(made.digest, bytes);
  if (out !== undefined) writeAtomically(resolve(context.cwd, out), bytes);
  session.record({
    type: "plan",
    plan: made.digest,
    target: jsonDigest(made.target),
    verdict: made.verdict.decision,
    ...(made.charter === null ? {} : { charter: made.charter.digest }),
    ...(made.request.undoes === undefined ? {} : { undoes: made.request.undoes }),
  });
}

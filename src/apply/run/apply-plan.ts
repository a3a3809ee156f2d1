import type { AuditLog } from "../../audit/log-store.ts";
import { jsonDigest } from "../../kube/digest.ts";
import type { OpsErrorCode } from "../../kube/error-table.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { parsePlan } from "../../plan/build-plan.ts";
import type { PlanDigest } from "../../plan/plan.ts";
import type { GitTargetPort } from "../git/git-target.ts";
import { type ApprovedPlan, assertApproved, loadApprovedPlan } from "./approved-plan.ts";
import { branchOf, commitMessage } from "./commit-message.ts";
import { finalRefusals } from "./final-refusals.ts";
import { planHistory } from "./plan-history.ts";
import { type EarlierCommit, earlierCommit, openNonces, steps, usedNonces } from "./earlier-runs.ts";
import { asGitPlan, type GitPlan } from "./git-plan.ts";
import type { RunPorts } from "./run-ports.ts";

/** In the order of a run; each is reported when it is durable. */
export type ApplyStep =
  | "verified"
  | "intent-logged"
  | "commit-built"
  | "nonces-consumed"
  | "pushed"
  | "outcome-logged"
  | "done";

export interface ApplyPorts extends RunPorts {
  readonly openTarget: (url: string, branch: string) => Promise<GitTargetPort>;
  /** Key file of the SSH signature that the commit gets. */
  readonly signCommitWith?: string;
  readonly onStep?: (step: ApplyStep) => void;
}

export interface ApplyOutcome {
  readonly plan: PlanDigest;
  readonly commit: string;
  readonly branch: string;
  /** A run that an earlier process began was finished by this call. */
  readonly resumed: boolean;
  /** An earlier call did and recorded everything: this one did nothing. */
  readonly alreadyDone: boolean;
  readonly presence: readonly { readonly approver: string; readonly presence: "proved" | "not proved" }[];
}

/** Failures of the records themselves: there is nothing that could be written about them. */
function concernsRecords(code: OpsErrorCode): boolean {
  return code === "LOG_UNWRITABLE" || code === "LOG_INVALID" || /^(?:STATE|JOURNAL)_/.test(code);
}

/**
 * Carries an approved plan out, once. In this order, each durable before the next: everything verified; the intent in the
 * audit log (kernel K20: no log, no effect); the commit built; the approvals' nonces consumed (K11); everything verified
 * again; the push, on the expected commit only (K18); the outcome in the log. A run that was cut off anywhere is finished
 * by the next call or refused: what stands at the target decides, and no permission is taken from the journal (K3).
 * Refusals and failures are logged too.
 * @throws {OpsError} with the code of what does not hold, or of what failed.
 */
export function applyPlan(planText: string, planName: string, ports: ApplyPorts): Promise<ApplyOutcome> {
  return ports.state.lock(async () => {
    const work = begin(planText, planName, ports);
    try {
      const target = await ports.openTarget(work.plan.target.url, work.plan.target.branch);
      try {
        return await applyTo(target, work);
      } finally {
        await target.close();
      }
    } catch (error) {
      if (OpsError.is(error)) {
        logRefusal(error, work);
        if (finalRefusals.has(error.code)) endOpenRun(error.code, work);
      }
      throw error;
    }
  });
}

type About = Omit<Parameters<AuditLog["append"]>[0], "type">;

interface Work {
  readonly plan: GitPlan;
  readonly planText: string;
  readonly planName: string;
  readonly about: About;
  readonly ports: ApplyPorts;
  /** It was seen, after the last attempt to push, that no commit of this plan stands at the target. */
  absent: boolean;
}

function begin(planText: string, planName: string, ports: ApplyPorts): Work {
  let plan: GitPlan;
  try {
    plan = asGitPlan(parsePlan(planText, planName));
  } catch (error) {
    if (OpsError.is(error)) {
      const { code } = error;
      attempt(() => ports.log.append({ type: "refusal", code, trustRoot: ports.trustRoot.standing }));
    }
    throw error;
  }
  const about: About = {
    plan: plan.digest,
    target: jsonDigest(plan.target),
    verdict: plan.verdict.decision,
    charter: ports.trustRoot.charterDigest,
    trustRoot: ports.trustRoot.standing,
    ...(plan.request.undoes === undefined ? {} : { undoes: plan.request.undoes }),
  };
  return { plan, planText, planName, about, ports, absent: false };
}

/**
 * Logs why nothing (more) was done. Where an intent is open and the effect is known not to be there, that is the outcome
 * of the intent; where it is not known, the intent stays open, and the log says so until the next call has looked.
 */
function logRefusal(error: OpsError, { about, ports, plan, absent }: Work): void {
  if (concernsRecords(error.code)) return;
  attempt(() => {
    const closes = absent && planHistory(ports.log, plan.digest).intentOpen;
    ports.log.append({ ...about, type: closes ? "apply-failure" : "refusal", code: error.code });
  });
}

/** Does what records a refusal. That it cannot be recorded must not hide the refusal itself: it is what there is to say. */
function attempt(act: () => unknown): void {
  try {
    act();
  } catch (failure) {
    if (!OpsError.is(failure)) throw failure;
  }
}

/** Ends a run that can never go on. A run that cannot be ended stays open: the next call looks before it does anything. */
function endOpenRun(code: OpsErrorCode, { ports, plan }: Work): void {
  attempt(() => {
    const open = ports.journal.runs(plan.digest).some((run) => run.outcome === null);
    if (open) ports.journal.begin(plan.digest, jsonDigest(plan.target)).finish("refused", { code });
  });
}

async function applyTo(target: GitTargetPort, work: Work): Promise<ApplyOutcome> {
  const { plan, ports } = work;
  const earlier = await earlierCommit(target, ports.journal.runs(plan.digest), plan, branchOf(plan));
  if (earlier !== undefined) return complete(earlier, work);
  work.absent = true;
  const verify = (): Promise<ApprovedPlan> => {
    const runs = ports.journal.runs(plan.digest);
    return loadApprovedPlan(work.planText, work.planName, {
      ...ports,
      target,
      usedNonces: new Set([...usedNonces(runs), ...planHistory(ports.log, plan.digest).usedNonces]),
      chosenNonces: openNonces(runs),
    });
  };
  const approved = await verify();
  step(ports, "verified");
  const run = ports.journal.begin(plan.digest, jsonDigest(plan.target));
  logIntent(approved, work);
  step(ports, "intent-logged");
  const commit = await buildCommit(approved, target, ports);
  const nonces = noncesOf(approved);
  run.record(steps.built, { commit, branch: approved.branch, nonces: nonces.join(",") });
  step(ports, "commit-built");
  run.record(steps.consuming, { nonces: nonces.join(",") });
  for (const nonce of nonces) {
    if (!ports.journal.consumeNonce(nonce, run))
      throw new OpsError("APPROVAL_USED", `the approval ${nonce} was used by another run already`);
  }
  step(ports, "nonces-consumed");
  // Between the first look and this one the world had time to change.
  const again = await verify();
  if (noncesOf(again).join() !== nonces.join()) {
    throw new OpsError("APPROVAL_INVALID", "the approvals of the plan were changed while the command ran", {
      hint: "run the command again",
    });
  }
  await push(again, commit, target, work);
  run.record(steps.pushed, { commit });
  step(ports, "pushed");
  logOutcome(commit, presenceOf(approved), work);
  step(ports, "outcome-logged");
  run.finish("done", { commit });
  step(ports, "done");
  return {
    plan: plan.digest,
    commit,
    branch: approved.branch,
    resumed: run.resumed,
    alreadyDone: false,
    presence: presenceOf(approved),
  };
}

function step(ports: ApplyPorts, name: ApplyStep): void {
  ports.onStep?.(name);
}

function noncesOf(approved: ApprovedPlan): readonly string[] {
  return approved.approvals.map(({ signed }) => signed.statement.nonce);
}

function presenceOf(approved: ApprovedPlan): ApplyOutcome["presence"] {
  return approved.approvals.map(({ signed, presence }) => ({
    approver: signed.statement.approver,
    presence,
  }));
}

/** One entry for every approval that the effect rests on; one in all when it needs none. */
function logIntent(approved: ApprovedPlan, { about, ports }: Work): void {
  if (approved.approvals.length === 0) ports.log.append({ ...about, type: "apply-intent" });
  for (const { signed, presence } of approved.approvals) {
    const { approver, nonce } = signed.statement;
    ports.log.append({
      ...about,
      type: "apply-intent",
      approver,
      nonce,
      approval: jsonDigest(signed),
      presence,
    });
  }
}

/**
 * The commit of a plan with these approvals: the same on every machine and in every attempt, since its time is that of the
 * latest approval. A plan that needs none takes the second after its base, which is the same every time too.
 */
async function buildCommit(
  approved: ApprovedPlan,
  target: GitTargetPort,
  ports: ApplyPorts,
): Promise<string> {
  assertApproved(approved);
  const { plan } = approved;
  const statements = approved.approvals.map(({ signed }) => signed.statement);
  const times = statements.map(({ notBefore }) => Date.parse(notBefore));
  const time = times.length > 0 ? Math.max(...times) : await timeAfter(target, plan.target.base);
  return target.buildCommit({
    base: plan.target.base,
    files: approved.files,
    message: commitMessage(plan, statements),
    time,
    ...(ports.signCommitWith === undefined ? {} : { signWith: ports.signCommitWith }),
  });
}

async function timeAfter(target: GitTargetPort, base: string | null): Promise<number> {
  const facts = base === null ? null : await target.commitFacts(base);
  return facts === null ? 0 : facts.time + 1000;
}

async function push(
  approved: ApprovedPlan,
  commit: string,
  target: GitTargetPort,
  work: Work,
): Promise<void> {
  assertApproved(approved);
  work.absent = false;
  try {
    await target.push(commit, approved.branch, approved.expected);
  } catch (error) {
    // A connection that broke may have broken after the target had taken the commit.
    const head = await target.head(approved.branch).catch(() => undefined);
    work.absent = head !== undefined && head !== commit;
    throw error;
  }
}

function logOutcome(commit: string, presence: ApplyOutcome["presence"], { about, ports }: Work): void {
  const proved = presence.every((row) => row.presence === "proved");
  ports.log.append({
    ...about,
    type: "apply-outcome",
    result: commit,
    ...(presence.length === 0 ? {} : { presence: proved ? "proved" : "not proved" }),
  });
}

/**
 * The target holds a commit that an earlier run made: nothing is written there again, only the records are made whole.
 * Approvals may have expired meanwhile; the effect they allowed is there, and the log has to say so.
 */
function complete({ commit, nonces, run }: EarlierCommit, work: Work): ApplyOutcome {
  const { plan, ports } = work;
  const history = planHistory(ports.log, plan.digest);
  const intents = new Map(
    history.intents
      .filter(({ nonce }) => nonce !== undefined && nonces.includes(nonce))
      .map((event) => [event.nonce, event]),
  );
  const presence = [...intents.values()].map((event): ApplyOutcome["presence"][number] => ({
    approver: event.approver ?? "",
    presence: event.presence ?? "not proved",
  }));
  const outcomeLogged = history.outcomes.has(commit);
  if (!outcomeLogged) {
    // An attempt that was taken for a failure has reached the target after all: its intent is taken up again.
    if (!history.intentOpen) ports.log.append({ ...work.about, type: "apply-intent", result: commit });
    logOutcome(commit, presence, work);
  }
  step(ports, "outcome-logged");
  const resumed = run.outcome === null;
  if (resumed) ports.journal.begin(plan.digest, jsonDigest(plan.target)).finish("done", { commit });
  step(ports, "done");
  return {
    plan: plan.digest,
    commit,
    branch: branchOf(plan),
    resumed,
    alreadyDone: !resumed && outcomeLogged,
    presence,
  };
}

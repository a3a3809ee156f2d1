import { fingerprint, normaliseKey } from "../../apply/approval/public-key.ts";
import { publicKeyOf, signMessage } from "../../apply/approval/sign.ts";
import { sshSignatureVerifier } from "../../apply/approval/verify-signature.ts";
import { jsonDigest } from "../../kube/digest.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { APPROVAL_NAMESPACE, type SignedApproval } from "../../plan/approval-statement.ts";
import { judgeApprovals, makeStatement, statementBytes } from "../../plan/approval/judge-approvals.ts";
import { parsePlan } from "../../plan/build-plan.ts";
import type { CharterApprover } from "../../plan/charter.ts";
import type { Plan } from "../../plan/plan.ts";
import { canonicalJson } from "../../kube/canonical-json.ts";
import type { CliContext } from "../context.ts";
import { planText, shortDigest } from "../display/plan-text.ts";
import { style } from "../display/style.ts";
import { standingLine } from "../display/plan-output.ts";
import { askedDigits, namesDigest } from "./typed-digest.ts";
import { seconds } from "../duration.ts";
import { guarded } from "../errors.ts";
import { type ClusterAccessFlags, type WorkFlags, wantsColor } from "../flags.ts";
import { openTrustedSession, type Session } from "../session.ts";
import { reproduceInCluster } from "../targets/cluster.ts";
import { reproduceInGit } from "../targets/git.ts";
import { resolve } from "node:path";
import { isClusterPlan, isGitPlan } from "../../apply/run/git-plan.ts";
import type { TrustRoot } from "../../apply/trust-root/trust-root.ts";

export interface ApproveFlags extends WorkFlags, ClusterAccessFlags {
  readonly key: string;
  readonly validFor?: string;
  readonly yes: boolean;
}

const HOUR = 3600;

export async function approve(this: CliContext, flags: ApproveFlags, reference: string): Promise<void> {
  await guarded(this, flags, async () => {
    const session = openTrustedSession(this, flags);
    try {
      const found = session.state.findPlan(reference);
      const plan = parsePlan(found.text, found.path);
      await approvable(this, flags, plan, session.trustRoot);
      const keyFile = resolve(this.cwd, flags.key);
      const approver = approverOf(session.trustRoot, plan, keyFile);
      // What is signed is shown first, whole, from the very plan whose digest the statement names (kernel K5).
      // JSON on standard output is for programs: the person reads it beside.
      const shown = flags.output === "text" ? this.process.stdout : this.process.stderr;
      shown.write(`${planText(plan, style(wantsColor(this, flags)), { objects: true })}\n`);
      await confirm(this, flags, plan);
      const signed = await sign(this, session, {
        plan,
        approver,
        keyFile,
        validity: validity(flags, session.trustRoot),
      });
      report(this, flags, session, plan, signed);
      return ExitCode.done;
    } finally {
      session.close();
    }
  });
}

/** Kernel K1: the plan is a claim; it is made again from its target as it is, and must be what the file says. */
async function approvable(
  context: CliContext,
  flags: ApproveFlags,
  plan: Plan,
  trustRoot: TrustRoot,
): Promise<void> {
  if (isGitPlan(plan)) await reproduceInGit(context, flags, plan, trustRoot);
  if (isClusterPlan(plan)) await reproduceInCluster(context, flags, plan, trustRoot);
  if (plan.verdict.decision === "denied") {
    throw new OpsError(
      "PLAN_DENIED",
      `the charter denies this plan: ${plan.verdict.reasons.find((reason) => reason.decision === "denied")?.message ?? ""}`,
      {
        hint: `kubeops show ${shortDigest(plan.digest)} gives all reasons`,
      },
    );
  }
  if (plan.changes.every((change) => change.operation === "unchanged")) {
    throw new OpsError("PLAN_EMPTY", "the plan changes nothing: there is nothing to approve");
  }
}

function approverOf(trustRoot: TrustRoot, plan: Plan, keyFile: string): CharterApprover {
  const key = publicKeyOf(keyFile);
  const approver = trustRoot.charter.spec.approvals.approvers.find(
    (candidate) => normaliseKey(candidate.key) === normaliseKey(key),
  );
  if (approver === undefined) {
    throw new OpsError(
      "APPROVER_UNKNOWN",
      `the key ${fingerprint(key)} is no approver's key in the charter`,
      {
        hint: `approvers: ${trustRoot.charter.spec.approvals.approvers.map((row) => `${row.principal} (${fingerprint(row.key)})`).join(", ")}`,
      },
    );
  }
  if (plan.verdict.approvals.presence && !key.startsWith("sk-")) {
    throw new OpsError(
      "APPROVER_PRESENCE",
      `the charter asks for a security key with a person present; ${fingerprint(key)} is a software key`,
      {
        hint: "use an sk- key, or let the charter's owner name this target in approvals.softwareKeysFor",
      },
    );
  }
  return approver;
}

async function confirm(context: CliContext, flags: ApproveFlags, plan: Plan): Promise<void> {
  if (flags.yes) return;
  if (!context.interactive) {
    throw new OpsError("USAGE", "there is no terminal to ask at", {
      hint: "read the plan, then give --yes; the key still has to sign",
    });
  }
  const wanted = askedDigits(plan.digest);
  const answer = await context.ask(`To sign this plan, type the first 8 digits of its digest (${wanted}): `);
  if (!namesDigest(answer, plan.digest))
    throw new OpsError("APPROVAL_MISSING", `not approved: what was typed is not ${wanted}`);
}

/** Seconds that the approval holds: what was asked for, never more than the charter allows. */
function validity(flags: ApproveFlags, trustRoot: TrustRoot): number {
  const most = trustRoot.charter.spec.approvals.maxValiditySeconds;
  if (flags.validFor === undefined) return Math.min(HOUR, most);
  const asked = seconds(flags.validFor);
  if (asked > most || asked === 0) {
    throw new OpsError(
      "USAGE",
      `--valid-for ${flags.validFor} is not between 1s and the ${most}s that the charter allows`,
    );
  }
  return asked;
}

interface Signing {
  readonly plan: Plan;
  readonly approver: CharterApprover;
  readonly keyFile: string;
  readonly validity: number;
}

async function sign(
  context: CliContext,
  session: Session & { readonly trustRoot: TrustRoot },
  signing: Signing,
): Promise<SignedApproval & { readonly presence: "proved" | "not proved" }> {
  const { plan, approver } = signing;
  const statement = makeStatement({
    plan,
    approver: approver.principal,
    nonce: context.ids.hex(16),
    now: context.clock.now(),
    validitySeconds: signing.validity,
    checkpoint: session.log.checkpoint(),
  });
  const signature = await signMessage({
    keyFile: signing.keyFile,
    namespace: APPROVAL_NAMESPACE,
    message: statementBytes(statement),
    environment: context.env,
  });
  const signed: SignedApproval = { statement, signature };
  const judged = judgeApprovals({
    plan,
    charter: session.trustRoot.charter,
    approvals: [signed],
    verifier: sshSignatureVerifier,
    now: context.clock.now(),
    extendsCheckpoint: (checkpoint) => session.log.extends(checkpoint),
  });
  const refused = judged.refused[0];
  if (refused !== undefined)
    throw new OpsError(refused.code, `the signature that was made does not count: ${refused.reason}`);
  const presence = judged.accepted[0]?.presence ?? "not proved";
  session.record({
    type: "approval",
    plan: plan.digest,
    target: jsonDigest(plan.target),
    approver: approver.principal,
    nonce: statement.nonce,
    approval: jsonDigest(signed),
    presence,
  });
  session.state.saveApproval(plan.digest, statement.nonce, `${canonicalJson(signed)}\n`);
  return { ...signed, presence };
}

function report(
  context: CliContext,
  flags: ApproveFlags,
  session: Session,
  plan: Plan,
  signed: SignedApproval & { readonly presence: string },
): void {
  const { statement } = signed;
  if (flags.output === "json") {
    context.process.stdout.write(
      `${JSON.stringify({ apiVersion: "kubernetes-operations.dev/v1", kind: "SignedApproval", statement, signature: signed.signature, presence: signed.presence })}\n`,
    );
  } else {
    context.process.stdout.write(
      `approved ${shortDigest(plan.digest)} by ${statement.approver} until ${statement.notAfter}` +
        `${signed.presence === "proved" ? ", presence proved" : ", presence not proved (software key)"}\n`,
    );
  }
  if (!flags.quiet)
    context.process.stderr.write(
      `${standingLine(session)}\nnext: kubeops apply ${shortDigest(plan.digest)}\n`,
    );
}

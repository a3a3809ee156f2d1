import { canonicalJson } from "../../kube/canonical-json.ts";
import { jsonDigest } from "../../kube/digest.ts";
import type { OpsErrorCode } from "../../kube/error-table.ts";
import { type Json, pathText } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import {
  APPROVAL_NAMESPACE,
  type ApprovalStatement,
  type SignatureVerifier,
  type SignedApproval,
  type VerifiedSignature,
} from "../approval-statement.ts";
import type { Charter } from "../charter.ts";
import type { Plan } from "../plan.ts";
import { checkShape } from "../../kube/shape/check-shape.ts";
import { charterTargetFor } from "../target.ts";
import { signedApprovalShape } from "./approval-shape.ts";

/** What a person signs to approve a plan, valid from the second of `now` (milliseconds) for `validitySeconds`. */
export function makeStatement(input: {
  readonly plan: Plan;
  readonly approver: string;
  /** 32 lower-case hexadecimal digits, random. */
  readonly nonce: string;
  readonly now: number;
  readonly validitySeconds: number;
  readonly checkpoint: ApprovalStatement["checkpoint"];
}): ApprovalStatement {
  const { origin, size, root } = input.checkpoint;
  const from = Math.floor(input.now / 1000);
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "Approval",
    plan: input.plan.digest,
    target: jsonDigest(input.plan.target),
    approver: input.approver,
    nonce: input.nonce,
    notBefore: timeText(from),
    notAfter: timeText(from + Math.floor(input.validitySeconds)),
    checkpoint: { origin, size, root },
  };
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d{3}Z$/u, "Z");
}

/** The bytes that are signed: canonical JSON, without a line end. */
export function statementBytes(statement: ApprovalStatement): Uint8Array {
  return new TextEncoder().encode(canonicalJson(statement));
}

/**
 * Reads approvals/<digest>/<nonce>.json.
 * @throws {OpsError} APPROVAL_INVALID for what is no approval, an unknown key included.
 */
export function parseSignedApproval(text: string, file: string): SignedApproval {
  const refuse = (reason: string, cause?: unknown): OpsError =>
    new OpsError("APPROVAL_INVALID", `${file} is no approval: ${reason}`, { cause });
  if (text.length > 64 * 1024) throw refuse("it is too large");
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw refuse("it is not JSON", cause);
  }
  const wrong = checkShape(signedApprovalShape, value);
  if (wrong !== undefined) {
    const path = wrong.at === "key" ? wrong.path.slice(0, -1) : wrong.path;
    throw refuse(
      `${path.length === 0 ? "it" : printable(pathText(path))} ${wrong.at === "key" ? "has an " : ""}${wrong.message}`,
    );
  }
  return value as unknown as SignedApproval;
}

export interface JudgedApprovals {
  readonly accepted: readonly {
    readonly approval: SignedApproval;
    readonly presence: "proved" | "not proved";
  }[];
  readonly refused: readonly {
    readonly nonce: string;
    readonly code: OpsErrorCode;
    readonly reason: string;
  }[];
  /** The plan may be applied as far as approvals go. */
  readonly enough: boolean;
}

interface Input {
  readonly plan: Plan;
  readonly charter: Charter;
  readonly approvals: readonly SignedApproval[];
  readonly verifier: SignatureVerifier;
  /** Milliseconds since 1970 UTC: the later of the clocks that are known. */
  readonly now: number;
  /** Whether the audit log at hand extends this checkpoint (kernel K19). */
  readonly extendsCheckpoint: (checkpoint: ApprovalStatement["checkpoint"]) => boolean;
}

/**
 * Which approvals count (kernel K9, K10, K19): made by a listed approver's very key in our namespace, for this plan and
 * this target, valid now and no longer than the charter lets an approval be, seeing a log that ours extends, with a
 * person present unless the charter lets software keys approve for the target. A quorum counts distinct persons: the
 * second approval of one principal, key or nonce is refused.
 */
export function judgeApprovals(input: Input): JudgedApprovals {
  const accepted: { approval: SignedApproval; presence: "proved" | "not proved"; key: string }[] = [];
  const refused: JudgedApprovals["refused"][number][] = [];
  for (const approval of input.approvals) {
    const verified = judgeOne(input, approval);
    if ("code" in verified) {
      refused.push({ nonce: approval.statement.nonce, ...verified });
      continue;
    }
    const { approver, nonce } = approval.statement;
    const twin = accepted.find(
      (other) =>
        other.key === keyOf(verified.key) ||
        other.approval.statement.approver === approver ||
        other.approval.statement.nonce === nonce,
    );
    if (twin !== undefined) {
      refused.push({
        nonce,
        code: "APPROVAL_INVALID",
        reason: `${approver} has approved already: a quorum counts persons`,
      });
      continue;
    }
    accepted.push({
      approval,
      presence: verified.presence?.userPresent === true ? "proved" : "not proved",
      key: keyOf(verified.key),
    });
  }
  const { verdict } = input.plan;
  const needed = Math.max(verdict.approvals.required, input.charter.spec.approvals.required);
  return {
    accepted: accepted.map(({ approval, presence }) => ({ approval, presence })),
    refused,
    enough: verdict.decision !== "denied" && accepted.length >= needed,
  };
}

type Refusal = { readonly code: OpsErrorCode; readonly reason: string };

function refusal(code: OpsErrorCode, reason: string): Refusal {
  return { code, reason };
}

function judgeOne(input: Input, approval: SignedApproval): VerifiedSignature | Refusal {
  const { plan, charter, now } = input;
  const { statement } = approval;
  // A statement that was not read by parseSignedApproval may have any shape.
  const wrong = checkShape(signedApprovalShape, approval as unknown as Json);
  if (wrong !== undefined) return refusal("APPROVAL_INVALID", `the approval ${wrong.message}`);
  if (statement.plan !== plan.digest) return refusal("APPROVAL_INVALID", "it approves another plan");
  if (statement.target !== jsonDigest(plan.target))
    return refusal("APPROVAL_INVALID", "it approves another target");
  const { approvers, maxValiditySeconds, softwareKeysFor } = charter.spec.approvals;
  const approver = approvers.find(({ principal }) => principal === statement.approver);
  if (approver === undefined)
    return refusal("APPROVER_UNKNOWN", `${printable(statement.approver)} is no approver of the charter`);
  const verified = input.verifier.verify(statementBytes(statement), APPROVAL_NAMESPACE, approval.signature);
  if (verified === undefined) return refusal("APPROVAL_INVALID", "the signature does not hold");
  if (keyOf(verified.key) !== keyOf(approver.key)) {
    return refusal(
      "APPROVER_UNKNOWN",
      `${verified.fingerprint} is not the key of ${approver.principal} in the charter`,
    );
  }
  const from = time(statement.notBefore);
  const to = time(statement.notAfter);
  if (from === undefined || to === undefined || to <= from)
    return refusal("APPROVAL_INVALID", "its times are none");
  if (to - from > maxValiditySeconds * 1000) {
    return refusal(
      "APPROVAL_INVALID",
      `it is valid for longer than the ${maxValiditySeconds}s that the charter allows`,
    );
  }
  if (now < from) return refusal("APPROVAL_EXPIRED", `it is valid from ${statement.notBefore} on`);
  if (now >= to) return refusal("APPROVAL_EXPIRED", `it was valid until ${statement.notAfter}`);
  if (!input.extendsCheckpoint(statement.checkpoint)) {
    return refusal("LOG_NOT_EXTENDED", "the audit log does not extend the one that the approver saw");
  }
  const row = charterTargetFor(charter, plan.target);
  const software = row !== undefined && (softwareKeysFor ?? []).includes(row.name);
  if (verified.presence?.userPresent !== true && !software) {
    return refusal(
      "APPROVER_PRESENCE",
      "the signature does not prove that a person was present, and the charter asks for it",
    );
  }
  return verified;
}

/** Milliseconds of a whole second in UTC; undefined for a date that does not exist. The shape has seen to `Z`. */
function time(text: string): number | undefined {
  const value = Date.parse(text);
  return Number.isNaN(value) || timeText(value / 1000) !== text ? undefined : value;
}

/** Type and base64 of a public key, without a comment. */
function keyOf(line: string): string {
  return line.trim().split(/\s+/u).slice(0, 2).join(" ");
}

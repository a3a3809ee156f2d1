import type { HealthReport, ObjectHealth } from "../../apply/cluster/health/wait-healthy.ts";
import type { Health } from "../../apply/cluster/health/health-view.ts";
import type { ClusterOutcome, WrittenObject } from "../../apply/cluster/run/ports.ts";
import type { ApplyOutcome } from "../../apply/run/apply-plan.ts";
import type { AuditEvent, Checkpoint } from "../../audit/event.ts";
import type { LogReport } from "../../audit/verify.ts";
import {
  anyText,
  boolean,
  choice,
  type ChoiceShape,
  integer,
  list,
  literal,
  may,
  type MembersOf,
  need,
  nullable,
  type RecordShape,
  record,
  text,
} from "../../kube/shape/shape.ts";
import { signedApprovalShape } from "../../plan/approval/approval-shape.ts";
import { charterShape, clusterTargetShape as pinnedShape } from "../../plan/charter/charter-shape.ts";
import { changeShape, clusterTargetShape, gitTargetShape } from "../../plan/shape/plan-shape.ts";
import { head, keyShape, members, natural, output, texts } from "./parts.ts";

const digest = text("a digest as sha256:<hex>", /^sha256:[0-9a-f]{64}$/u);
const presence = literal("proved", "not proved");
const standing = literal("owned by another user", "advisory");

export const diff: RecordShape = output("Diff", {
  target: need(choice(gitTargetShape, clusterTargetShape)),
  changes: need(list(changeShape), "As in a plan; objects that stay are left out."),
});

const ran = {
  plan: need(digest),
  resumed: need(boolean, "A run that an earlier process began was finished."),
  alreadyDone: need(boolean, "An earlier call did everything: this one did nothing."),
  presence: need(
    list(
      record<ApplyOutcome["presence"][number]>({
        approver: need(anyText),
        presence: need(presence, "Whether somebody touched the key."),
      }),
    ),
  ),
};
const health: RecordShape = record<HealthReport>({
  healthy: need(boolean),
  end: need(literal("healthy", "failed", "timeout")),
  objects: need(
    list(
      record<ObjectHealth>({
        key: need(keyShape),
        health: need(
          nullable(
            record<Health>({
              state: need(literal("healthy", "assumed", "progressing", "failed", "terminating")),
              message: need(anyText),
            }),
          ),
          "Null for an object that is not there.",
        ),
      }),
    ),
  ),
});
const outcomeHead = output("ApplyOutcome", {}).members;
const toGit: MembersOf<ApplyOutcome> = { ...ran, commit: need(anyText), branch: need(anyText) };
const toCluster: MembersOf<ClusterOutcome> = {
  ...ran,
  cluster: need(anyText, "Name of the target in the charter."),
  written: need(
    list(
      record<WrittenObject>({
        key: need(keyShape),
        operation: need(literal("create", "update", "recreate", "delete", "unchanged")),
        waitsFor: need(texts, "Finalizers that a deleted object still waits for."),
      }),
    ),
  ),
  health: need(nullable(health), "Null when nobody asked to wait."),
};
export const applyOutcome: ChoiceShape = choice(
  members({ ...outcomeHead, ...toGit }),
  members({ ...outcomeHead, ...toCluster }),
);

export const signedApproval: RecordShape = output("SignedApproval", {
  ...signedApprovalShape.members,
  presence: need(presence, "Whether somebody touched the key."),
});

export const charterInitialised: RecordShape = output("CharterInitialised", {
  path: need(anyText, "The trust root."),
  owner: need(anyText, "Fingerprint of the owner's key."),
});
export const charterSigned: RecordShape = output("CharterSigned", {
  digest: need(digest),
  serial: need(natural),
});
export const charterVerified: RecordShape = output("CharterVerified", {
  path: need(anyText, "The trust root."),
  standing: need(standing),
  name: need(anyText),
  serial: need(natural),
  digest: need(digest),
  owner: need(anyText, "Fingerprint of the owner's key."),
});
export const trustRoot: RecordShape = output("TrustRoot", {
  path: need(anyText),
  standing: need(literal("owned by another user", "advisory", "not established")),
  problem: need(
    nullable(members({ code: need(anyText, "See docs/reference/errors.md."), message: need(anyText) })),
    "Why it establishes nothing.",
  ),
  owner: need(nullable(anyText), "Fingerprint of the owner's key."),
  highestSerial: need(nullable(natural), "The highest serial that was seen."),
  charter: need(
    nullable(members({ digest: need(digest), charter: need(charterShape) })),
    "Null where it is not one that its owner signed.",
  ),
});
export const clusterPinned: RecordShape = output("ClusterPinned", {
  file: need(anyText, "The charter that was changed, and is not signed yet."),
  serial: need(natural),
  target: need(pinnedShape, "The row of the charter."),
});

const eventMembers: MembersOf<AuditEvent> = {
  ...head,
  kind: need(literal("AuditEvent")),
  type: need(
    literal(
      "log-created",
      "charter-signed",
      "plan",
      "approval",
      "apply-intent",
      "apply-outcome",
      "apply-failure",
      "refusal",
      "tool-call",
      "agent-intent",
      "agent-outcome",
      "agent-failure",
    ),
  ),
  time: need(anyText, "RFC 3339 with Z and milliseconds."),
  actor: need(anyText, "User of the operating system, as the process sees it: a claim, not an identity."),
  tool: need(anyText, "Version of kubeops."),
  plan: may(anyText),
  target: may(anyText, "Digest of the target."),
  verdict: may(literal("allowed", "needs-approval", "denied")),
  charter: may(anyText),
  approver: may(anyText),
  nonce: may(anyText),
  approval: may(anyText, "Digest of the signed approval."),
  result: may(anyText, "Git commit, or what else was made."),
  code: may(anyText, "Code of a refusal or failure, see docs/reference/errors.md."),
  presence: may(presence),
  trustRoot: may(standing),
  undoes: may(anyText),
  call: may(anyText, "Tool that an agent called."),
  request: may(anyText, "Digest of what was asked."),
  model: may(anyText, "provider/name, as the operator set it."),
  subagent: may(anyText),
  tokens: may(anyText, "Digits."),
};
export const auditEvent: RecordShape = record<AuditEvent>(eventMembers);

const checkpointMembers: MembersOf<Checkpoint> = {
  origin: need(anyText),
  size: need(natural),
  root: need(anyText, "Base64 of the root of the Merkle tree."),
};
export const checkpoint: RecordShape = output("Checkpoint", checkpointMembers);

export const auditList: RecordShape = output("AuditList", {
  entries: need(list(members({ index: need(natural), ...eventMembers }))),
  checkpoint: need(record<Checkpoint>(checkpointMembers)),
});

const reportMembers: MembersOf<LogReport> = {
  valid: need(boolean),
  size: need(integer(0), "Entries below the checkpoint; 0 where none holds."),
  root: need(anyText),
  problems: need(texts, "Why the log is not valid."),
  notExcluded: need(texts, "What a valid log still does not prove."),
};
export const logReport: RecordShape = output("LogReport", reportMembers);

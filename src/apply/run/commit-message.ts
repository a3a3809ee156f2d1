import { keyText } from "../../kube/object-key.ts";
import { printable } from "../../kube/printable.ts";
import type { ApprovalStatement } from "../../plan/approval-statement.ts";
import { NONCE_TRAILER } from "../git/git-target.ts";
import type { GitPlan } from "./git-plan.ts";

/** The branch that applying the plan makes or moves. */
export function branchOf(plan: GitPlan): string {
  return plan.target.mode === "onto" ? plan.target.branch : `kubeops/${shortDigest(plan)}`;
}

/** First 12 digits of the plan's digest. */
export function shortDigest(plan: GitPlan): string {
  return plan.digest.replace(/^sha256:/, "").slice(0, 12);
}

/**
 * The message of the commit that applies a plan: facts of the plan, then the trailers that other commands and people's
 * tools rely on (kernel K11, K19). Commit messages are authority (Argo CD takes a trailer as a seal: docs/user-guide/source-integrity-git-gpg.md), so nothing of an
 * input is in it but names, escaped to printable ASCII on lines that begin with a word of ours: no name can begin a line,
 * end the body or look like a trailer.
 */
export function commitMessage(plan: GitPlan, approvals: readonly ApprovalStatement[]): string {
  const { create, update, delete: deleted } = plan.facts.counts;
  const counts = [
    [create, "create"],
    [update, "update"],
    [deleted, "delete"],
  ] as const;
  const summary = counts.flatMap(([count, word]) => (count === 0 ? [] : [`${word} ${count}`])).join(", ");
  const changes = plan.changes
    .filter((change) => change.operation !== "unchanged")
    .map((change) => `- ${change.operation} ${printable(keyText(change.key))}`);
  const trailers = [
    `Kubeops-Plan: ${plan.digest}`,
    ...(plan.request.undoes === undefined ? [] : [`Kubeops-Undoes: ${plan.request.undoes}`]),
    ...approvals.flatMap(({ approver, nonce, checkpoint }) => [
      `Kubeops-Approver: ${printable(approver)}`,
      `${NONCE_TRAILER}: ${nonce}`,
      `Kubeops-Checkpoint: ${printable(`${checkpoint.origin} ${checkpoint.size} ${checkpoint.root}`)}`,
    ]),
  ];
  const folder = plan.target.folder === "" ? "the root of the tree" : printable(plan.target.folder);
  return [
    `kubeops: apply plan ${shortDigest(plan)}${summary === "" ? "" : ` (${summary})`}`,
    "",
    `Folder: ${folder}`,
    ...(plan.charter === null
      ? []
      : [`Charter: ${printable(plan.charter.name)}, serial ${plan.charter.serial}, ${plan.charter.digest}`]),
    ...(changes.length === 0 ? [] : ["", ...changes]),
    "",
    "What a reconciler makes of this commit is not proved by it.",
    "",
    ...trailers,
    "",
  ].join("\n");
}

import type { ClusterOutcome, ClusterStep } from "../../apply/cluster/run/ports.ts";
import type { HealthProgress } from "../../apply/cluster/health/wait-healthy.ts";
import type { ApplyOutcome, ApplyStep } from "../../apply/run/apply-plan.ts";
import { keyText } from "../../kube/object-key.ts";
import { printable } from "../../kube/printable.ts";
import { shortDigest } from "./plan-text.ts";
import { columns } from "./style.ts";

/** What each step of a run to Git says when it is durable. */
export const gitProgress: Readonly<Record<ApplyStep, string>> = {
  verified: "plan, charter, approvals and target verified",
  "intent-logged": "intent written to the audit log",
  "commit-built": "commit built",
  "nonces-consumed": "approvals used up",
  pushed: "pushed",
  "outcome-logged": "outcome written to the audit log",
  done: "done",
};

const verbs = {
  create: "created",
  update: "updated",
  recreate: "made again",
  delete: "deleted",
  unchanged: "left",
} as const;

/** The same for a step in a cluster; empty for steps that only the journal cares about. */
export function clusterStepText({ step, key, operation, done, of, waitsFor = [] }: ClusterStep): string {
  switch (step) {
    case "removed":
      return key === undefined || waitsFor.length === 0
        ? ""
        : `${printable(keyText(key))} is being deleted and waits for ${waitsFor.map(printable).join(", ")}`;
    case "handed":
      return key === undefined ? "" : `${printable(keyText(key))}: fields taken over`;
    case "gone":
      return key === undefined ? "" : `${printable(keyText(key))} is gone, and is made again`;
    case "verified":
      return "plan, charter, approvals, pin and every object verified";
    case "intent-logged":
      return "intent written to the audit log";
    case "preimages-saved":
      return "what stood there is kept, encrypted";
    case "approvals-used":
      return "approvals marked as used in the cluster";
    case "written":
      return key === undefined
        ? ""
        : `${done}/${of} ${verbs[operation ?? "unchanged"]} ${printable(keyText(key))}`;
    case "healthy":
      return "healthy";
    case "outcome-logged":
      return "outcome written to the audit log";
    default:
      return "";
  }
}

export function healthProgressText({ objects, healthy, of }: HealthProgress): string {
  const waiting = objects
    .filter(
      ({ health }) => health === null || health.state === "progressing" || health.state === "terminating",
    )
    .map(({ key, health }) => `${printable(keyText(key))} (${printable(health?.message ?? "not there")})`);
  return `${healthy}/${of} healthy${waiting.length === 0 ? "" : `; waiting for ${waiting.slice(0, 3).join(", ")}${waiting.length > 3 ? ` and ${waiting.length - 3} more` : ""}`}`;
}

function headline(outcome: Pick<ApplyOutcome, "plan" | "alreadyDone" | "resumed">): string {
  const how = outcome.alreadyDone
    ? "was applied already"
    : outcome.resumed
      ? "applied (an earlier run was finished)"
      : "applied";
  return `plan ${shortDigest(outcome.plan)} ${how}\n`;
}

function presenceNote(presence: ApplyOutcome["presence"]): string {
  const unproved = presence
    .filter((row) => row.presence === "not proved")
    .map((row) => printable(row.approver));
  return unproved.length === 0
    ? ""
    : `  note    presence of ${unproved.join(", ")} not proved (software key)\n`;
}

export function gitOutcomeText(outcome: ApplyOutcome): string {
  return `${headline(outcome)}  branch  ${printable(outcome.branch)}\n  commit  ${outcome.commit}\n${presenceNote(outcome.presence)}`;
}

export function clusterOutcomeText(outcome: ClusterOutcome): string {
  const rows = outcome.written.map(({ key, operation, waitsFor }) => [
    verbs[operation],
    printable(keyText(key)),
    waitsFor.length === 0 ? "" : `waits for finalizers ${waitsFor.map((name) => printable(name)).join(", ")}`,
  ]);
  const health =
    outcome.health === null
      ? []
      : outcome.health.objects
          .filter(({ health: state }) => state?.state !== "healthy")
          .map(({ key, health: state }) => [
            state?.state ?? "not there",
            printable(keyText(key)),
            printable(state?.message ?? ""),
          ]);
  const end =
    outcome.health === null
      ? ""
      : `  health  ${outcome.health.healthy ? "all healthy" : outcome.health.end}\n`;
  return [
    headline(outcome),
    `  cluster ${printable(outcome.cluster)}\n`,
    ...columns(rows).map((line) => `${line}\n`),
    end,
    ...columns(health).map((line) => `${line}\n`),
    presenceNote(outcome.presence),
  ].join("");
}

import type { AuditLog } from "../../../audit/log-store.ts";
import { jsonDigest } from "../../../kube/digest.ts";
import type { OpsErrorCode } from "../../../kube/error-table.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import type { CountedApproval } from "../../run/count-approvals.ts";
import type { ClusterPlan } from "../../run/git-plan.ts";
import { planHistory } from "../../run/plan-history.ts";
import type { TrustRoot } from "../../trust-root/trust-root.ts";

export interface Presence {
  readonly approver: string;
  readonly presence: "proved" | "not proved";
}

/** What the audit log gets about one plan for a cluster. */
export interface ClusterRecords {
  /** One entry for every approval that the effect rests on; one in all when it needs none. Durable when it returns (K20). */
  intent(approvals: readonly CountedApproval[], highWater: string): void;
  /** Says that everything is written, unless the log says so already. `fresh`: this call logged the intent. */
  outcome(presence: readonly Presence[], highWater: string, fresh: boolean): void;
  /**
   * Says why nothing (more) was done. Where an intent is open and it is known what was written, that is the outcome of the
   * intent; where it is not, the intent stays open until the next call has looked.
   */
  refusal(code: OpsErrorCode, known: boolean, highWater: string | undefined): void;
  /** Whose approvals the logged intents rest on. */
  presence(): readonly Presence[];
}

export function clusterRecords(
  plan: ClusterPlan,
  { log, trustRoot }: { readonly log: AuditLog; readonly trustRoot: TrustRoot },
): ClusterRecords {
  const about: Omit<Parameters<AuditLog["append"]>[0], "type"> = {
    plan: plan.digest,
    target: jsonDigest(plan.target),
    verdict: plan.verdict.decision,
    charter: trustRoot.charterDigest,
    trustRoot: trustRoot.standing,
    ...(plan.request.undoes === undefined ? {} : { undoes: plan.request.undoes }),
  };
  return {
    intent: (approvals, result) => {
      if (approvals.length === 0) log.append({ ...about, type: "apply-intent", result });
      for (const { signed, presence } of approvals) {
        const { approver, nonce } = signed.statement;
        log.append({
          ...about,
          type: "apply-intent",
          approver,
          nonce,
          approval: jsonDigest(signed),
          presence,
          result,
        });
      }
    },
    outcome: (presence, result, fresh) => {
      if (!fresh) {
        const history = planHistory(log, plan.digest);
        if (!history.intentOpen && history.outcomes.size > 0) return;
        // An attempt that was taken for a failure wrote the last object after all: its intent is taken up again.
        if (!history.intentOpen) log.append({ ...about, type: "apply-intent", result });
      }
      const proved = presence.every((row) => row.presence === "proved");
      log.append({
        ...about,
        type: "apply-outcome",
        result,
        ...(presence.length === 0 ? {} : { presence: proved ? "proved" : "not proved" }),
      });
    },
    refusal: (code, known, result) => {
      if (code === "LOG_UNWRITABLE" || code === "LOG_INVALID" || /^(?:STATE|JOURNAL)_/.test(code)) return;
      try {
        const closes = known && planHistory(log, plan.digest).intentOpen;
        log.append({
          ...about,
          type: closes ? "apply-failure" : "refusal",
          code,
          ...(result === undefined ? {} : { result }),
        });
      } catch (error) {
        // That it cannot be recorded must not hide the refusal itself: it is what there is to say.
        if (!OpsError.is(error)) throw error;
      }
    },
    presence: () => {
      const byNonce = new Map(
        planHistory(log, plan.digest).intents.map((event) => [event.nonce ?? "", event]),
      );
      return [...byNonce]
        .filter(([nonce]) => nonce !== "")
        .map(([, event]) => ({
          approver: event.approver ?? "",
          presence: event.presence ?? "not proved",
        }));
    },
  };
}

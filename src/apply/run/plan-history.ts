import type { AuditEvent } from "../../audit/event.ts";
import type { AuditLog } from "../../audit/log-store.ts";
import type { PlanDigest } from "../../plan/plan.ts";

export interface PlanHistory {
  readonly intents: readonly AuditEvent[];
  /** Commits whose outcome is logged. */
  readonly outcomes: ReadonlySet<string>;
  /** Nonces of the intents that an outcome stands behind: their approvals are used, whatever else is lost. */
  readonly usedNonces: ReadonlySet<string>;
  /** The last intent has neither outcome nor failure behind it. */
  readonly intentOpen: boolean;
}

/** What the audit log says about a plan. @throws {OpsError} LOG_INVALID */
export function planHistory(log: Pick<AuditLog, "entries">, plan: PlanDigest): PlanHistory {
  const intents: AuditEvent[] = [];
  const outcomes = new Set<string>();
  const usedNonces = new Set<string>();
  let pending: string[] = [];
  let intentOpen = false;
  for (const { event } of log.entries()) {
    if (event.plan !== plan) continue;
    if (event.type === "apply-intent") {
      intents.push(event);
      if (event.nonce !== undefined) pending.push(event.nonce);
      intentOpen = true;
    } else if (event.type === "apply-outcome" || event.type === "apply-failure") {
      if (event.type === "apply-outcome") {
        outcomes.add(event.result ?? "");
        for (const nonce of pending) usedNonces.add(nonce);
      }
      pending = [];
      intentOpen = false;
    }
  }
  return { intents, outcomes, usedNonces, intentOpen };
}

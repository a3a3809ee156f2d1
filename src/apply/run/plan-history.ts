import type { AuditEvent } from "../../audit/event.ts";
import type { AuditLog } from "../../audit/log-store.ts";
import type { PlanDigest } from "../../plan/plan.ts";

export interface PlanHistory {
  readonly intents: readonly AuditEvent[];
  /** Commits whose outcome is logged. */
  readonly outcomes: ReadonlySet<string>;
  /** The last intent has neither outcome nor failure behind it. */
  readonly intentOpen: boolean;
}

/** What the audit log says about a plan. @throws {OpsError} LOG_INVALID */
export function planHistory(log: Pick<AuditLog, "entries">, plan: PlanDigest): PlanHistory {
  const intents: AuditEvent[] = [];
  const outcomes = new Set<string>();
  let intentOpen = false;
  for (const { event } of log.entries()) {
    if (event.plan !== plan) continue;
    if (event.type === "apply-intent") {
      intents.push(event);
      intentOpen = true;
    } else if (event.type === "apply-outcome" || event.type === "apply-failure") intentOpen = false;
    if (event.type === "apply-outcome") outcomes.add(event.result ?? "");
  }
  return { intents, outcomes, intentOpen };
}

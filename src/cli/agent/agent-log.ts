import type { Budget } from "../../agent/loop/budget.ts";
import type { ModelPort } from "../../agent/model/model-port.ts";
import type { AgentEvent } from "../../agent/orchestrate.ts";
import { OpsError } from "../../kube/ops-error.ts";
import type { PlanDigest } from "../../plan/plan.ts";
import type { Session } from "../session.ts";

/** The entries that a request to a model leaves in the audit log: names and digests, no word of anybody. */
export interface AgentLog {
  readonly observe: (event: AgentEvent) => void;
  readonly outcome: (plan: PlanDigest) => void;
  /** Once; what fails later is the same failure. */
  readonly failure: (error: unknown) => void;
}

/** `asking` is logged and synced before the model hears of it; without a log nothing is asked (kernel K20). */
export function agentLog(
  { record }: Session,
  port: ModelPort,
  { budget, most }: { readonly budget: Budget; readonly most: number },
): AgentLog {
  const model = `${port.provider}/${port.model}`;
  let ended = false;
  return {
    observe: (event) => {
      if (event.type === "asking") {
        record({
          type: "agent-intent",
          model,
          subagent: event.subagent,
          request: event.prompt,
          tokens: String(most),
        });
      } else if (event.type === "call") {
        const { subagent, call, arguments: request } = event;
        const refused = event.outcome === "refused" || event.outcome === "repeated";
        record({
          type: refused ? "refusal" : "tool-call",
          subagent,
          call,
          request,
          ...(refused ? { code: event.outcome === "refused" ? "CALL_REFUSED" : "CALL_REPEATED" } : {}),
        });
      }
    },
    outcome: (plan) => {
      ended = true;
      record({ type: "agent-outcome", model, plan, tokens: String(budget.tokens()) });
    },
    failure: (error) => {
      if (ended) return;
      ended = true;
      const code = OpsError.is(error) ? error.code : "BUG";
      // The log itself may be what failed: the first failure is the one that is told.
      try {
        record({ type: "agent-failure", model, code, tokens: String(budget.tokens()) });
      } catch (cause) {
        if (!OpsError.is(cause)) throw cause;
      }
    },
  };
}

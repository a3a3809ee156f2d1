import type { Subagent } from "../subagents/subagent.ts";

/**
 * What happens while a model is asked, for progress and for the log. Names of calls are told only where a table knows them:
 * everything else that a model writes is a digest.
 */
export type AgentEvent =
  /** Before anything is sent. What the observer does here is done before the model hears of it (kernel K20). */
  | { readonly type: "asking"; readonly subagent: Subagent["name"]; readonly prompt: string }
  | {
      readonly type: "waiting";
      readonly subagent: Subagent["name"];
      readonly seconds: number;
      readonly reason: string;
    }
  | {
      readonly type: "call";
      readonly subagent: Subagent["name"];
      /** `unknown` for a name that is no tool's. */
      readonly call: string;
      readonly arguments: string;
      readonly outcome: "recorded" | "repeated" | "read" | "refused";
    }
  | {
      readonly type: "answered";
      readonly subagent: Subagent["name"];
      readonly operations: number;
      readonly tokens: number;
    };

import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import { clusterAccessFlags, switchFlag, text, textFlag, workFlags } from "../flags.ts";
import type { ApproveFlags } from "./approve.impl.ts";

export const approveCommand: Command<CliContext> = buildCommand<ApproveFlags, [string], CliContext>({
  loader: async () => (await import("./approve.impl.ts")).approve,
  parameters: {
    flags: {
      key: {
        kind: "parsed",
        parse: text,
        placeholder: "file",
        brief: "SSH key of the approver: a private key, or a .pub whose key is in the agent",
      },
      validFor: textFlag(
        "time",
        "How long the approval holds, as 30m or 4h (default: what the charter allows, at most 1h)",
      ),
      yes: switchFlag("Do not ask at the terminal (the key still has to sign)"),
      ...clusterAccessFlags,
      ...workFlags,
    },
    aliases: { o: "output", q: "quiet", y: "yes" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Plan file, digest, or a prefix of it", parse: text, placeholder: "plan" }],
    },
  },
  docs: {
    brief: "Approve a plan: recompute it, show it whole, and sign it",
    fullDescription:
      "The signature binds this plan, this target, the approver and a time. It can be used once.",
  },
});

import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import { clusterAccessFlags, text, textFlag, workFlags } from "../flags.ts";
import type { ApplyFlags } from "./apply.impl.ts";

export const applyCommand: Command<CliContext> = buildCommand<ApplyFlags, [string], CliContext>({
  loader: async () => (await import("./apply.impl.ts")).apply,
  parameters: {
    flags: {
      signCommit: textFlag("key", "SSH key that signs the Git commit (git verify-commit accepts it)"),
      wait: textFlag(
        "time",
        "Wait until what was written to a cluster is healthy, as 5m; exit code 3 when it is not",
      ),
      ...clusterAccessFlags,
      ...workFlags,
    },
    aliases: { o: "output", q: "quiet" },
    positional: {
      kind: "tuple",
      parameters: [{ brief: "Plan file, digest, or a prefix of it", parse: text, placeholder: "plan" }],
    },
  },
  docs: {
    brief: "Carry out an approved plan, exactly, once",
    fullDescription:
      "Recomputes the plan, checks charter, approvals and target again, writes the intent to the audit log, then makes the change. A run that was cut off is finished by the same command.",
  },
});

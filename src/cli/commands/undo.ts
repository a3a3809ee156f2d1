import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import { clusterAccessFlags, kubeVersionFlag, outFlag, text, workFlags } from "../flags.ts";
import type { UndoFlags } from "./undo.impl.ts";

export const undoCommand: Command<CliContext> = buildCommand<UndoFlags, [string], CliContext>({
  loader: async () => (await import("./undo.impl.ts")).undo,
  parameters: {
    flags: {
      kubeVersion: kubeVersionFlag,
      out: outFlag,
      ...clusterAccessFlags,
      ...workFlags,
    },
    aliases: { o: "output", q: "quiet" },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "Applied plan: file, digest, or a prefix of it", parse: text, placeholder: "plan" },
      ],
    },
  },
  docs: {
    brief: "Make the plan that undoes an applied plan",
    fullDescription:
      "The new plan is made against the target as it is now and is approved and applied like any other.",
  },
});

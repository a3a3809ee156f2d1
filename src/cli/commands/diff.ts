import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import { clusterAccessFlags, requestFlags, workFlags } from "../flags.ts";
import type { DiffFlags } from "./diff.impl.ts";

export const diffCommand: Command<CliContext> = buildCommand<DiffFlags, string[], CliContext>({
  loader: async () => (await import("./diff.impl.ts")).diff,
  parameters: {
    flags: { ...requestFlags, ...clusterAccessFlags, ...workFlags },
    aliases: { f: "filename", n: "namespace", o: "output", q: "quiet" },
    positional: {
      kind: "array",
      parameter: { brief: "The same as -f", parse: (word: string): string => word, placeholder: "path" },
    },
  },
  docs: {
    brief: "Show what a plan would change, without making one",
    fullDescription: "Exit code 0 when nothing would change, 1 when something would.",
  },
});

import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import {
  clusterAccessFlags,
  filenameWords,
  ontoFlag,
  outFlag,
  planConfigFlag,
  requestFlags,
  workFlags,
} from "../flags.ts";
import type { PlanFlags } from "./plan.impl.ts";

export const planCommand: Command<CliContext> = buildCommand<PlanFlags, string[], CliContext>({
  loader: async () => (await import("./plan.impl.ts")).plan,
  parameters: {
    flags: {
      ...requestFlags,
      onto: ontoFlag,
      out: outFlag,
      config: planConfigFlag,
      ...clusterAccessFlags,
      ...workFlags,
    },
    aliases: { f: "filename", n: "namespace", o: "output", q: "quiet" },
    positional: filenameWords,
  },
  docs: {
    brief: "Make a plan: what would change, what it means, and whether the charter allows it",
    fullDescription:
      "Turns a request (Compose files, or objects) into a plan and stores it under its digest. Changes nothing else. Exit code 1 when the charter denies it.",
  },
});

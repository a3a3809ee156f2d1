import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import { colorFlag, outputFlag, stateFlag, switchFlag, text } from "../flags.ts";
import type { ShowFlags } from "./show.impl.ts";

export const showCommand: Command<CliContext> = buildCommand<ShowFlags, [string], CliContext>({
  loader: async () => (await import("./show.impl.ts")).show,
  parameters: {
    flags: {
      objects: switchFlag("Also print every object in full, as approve does"),
      state: stateFlag,
      output: outputFlag,
      color: colorFlag,
    },
    aliases: { o: "output" },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Plan file, digest, or a prefix of it (8 digits and more)",
          parse: text,
          placeholder: "plan",
        },
      ],
    },
  },
  docs: {
    brief: "Show a plan: what changes, what it means, what is assumed and irreversible, who must approve",
  },
});

import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import {
  checkConfigFlag,
  colorFlag,
  filenameFlag,
  filenameWords,
  kubeVersionFlag,
  outputFlag,
  profileFlag,
  quietFlag,
  switchFlag,
  textsFlag,
} from "../flags.ts";
import type { FixFlags } from "./fix.impl.ts";

export const fixCommand: Command<CliContext> = buildCommand<FixFlags, string[], CliContext>({
  loader: async () => (await import("./fix.impl.ts")).fix,
  parameters: {
    flags: {
      filename: filenameFlag,
      dryRun: switchFlag(
        "Print the change as a unified diff and write nothing; exit code 1 when there is one",
      ),
      only: textsFlag("id", "Fix what this check finds and nothing else; may be given again"),
      skip: textsFlag("id", "Leave what this check finds as it is; may be given again"),
      safe: switchFlag("Only fixes after which the objects mean what they meant before"),
      kubeVersion: kubeVersionFlag,
      upgradeTo: textsFlag(
        "1.N",
        "Also bring objects to the versions that this Kubernetes version serves, as check --upgrade-to finds them",
      ),
      podSecurity: {
        kind: "enum",
        values: ["baseline", "restricted"],
        optional: true,
        brief: "Also fix what this Pod Security level would refuse",
      },
      profile: profileFlag,
      config: checkConfigFlag,
      output: outputFlag,
      color: colorFlag,
      quiet: quietFlag,
    },
    aliases: { f: "filename", o: "output", q: "quiet" },
    positional: filenameWords,
  },
  docs: {
    brief: "Fix what check finds, where one change is right; comments, order and layout stay",
    fullDescription:
      "Checks as the command check does and changes the lines that a fix needs, and no other. The new files are checked again: a fix whose finding stays, or that brings an error or a warning, is not made. What only a person can decide (a version of an image, a limit, a name) is listed with what to do. Plain files only: charts and kustomizations are not rendered, and what is rendered or packed is not edited. A file is replaced whole or not at all; with - the fixed text goes to standard output. Exit code 0 when everything was written, also where findings are left (check tells them); with --dry-run 1 when something would change.",
  },
});

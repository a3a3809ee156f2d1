import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import { colorFlag, outputFlag, switchFlag, text, textFlag } from "../flags.ts";
import type { ExplainFlags } from "./explain.impl.ts";

export const explainCommand: Command<CliContext> = buildCommand<ExplainFlags, [string], CliContext>({
  loader: async () => (await import("./explain.impl.ts")).explain,
  parameters: {
    flags: {
      kubeVersion: textFlag("1.N", "Kubernetes version whose fields are told (default: the newest known)"),
      apiVersion: textFlag(
        "group/version",
        "API version of the kind (default: the newest stable one that is served)",
      ),
      recursive: switchFlag("List the fields of fields too, names and types only"),
      output: outputFlag,
      color: colorFlag,
    },
    aliases: { o: "output" },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "A kind and a path of fields, or the id of a finding",
          parse: text,
          placeholder: "kind.field.field | family/finding",
        },
      ],
    },
  },
  docs: {
    brief: "Explain a field of a kind, or a finding of check",
    fullDescription:
      "Tells the type, the values, the default and the description of a field, and the fields in it, for the Kubernetes version that is asked for: as kubectl explain does, without a cluster. Custom resources are explained when their definition was added by kubeops schemas add. With the id of a finding, e.g. schema/unknown-field, it tells the rule, what to do and where the rule comes from.",
  },
});

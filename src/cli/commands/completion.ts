import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import type { Shell } from "./completion.impl.ts";

const shells: readonly Shell[] = ["bash", "zsh", "fish", "powershell"];

export const completionCommand: Command<CliContext> = buildCommand<Record<never, never>, [Shell], CliContext>(
  {
    loader: async () => (await import("./completion.impl.ts")).completion,
    parameters: {
      positional: {
        kind: "tuple",
        parameters: [
          {
            brief: `Shell: ${shells.join(", ")}`,
            placeholder: "shell",
            parse: (input: string): Shell => {
              const shell = shells.find((name) => name === input);
              if (shell === undefined)
                throw new Error(
                  `there is no completion for ${JSON.stringify(input)}; there is for ${shells.join(", ")}`,
                );
              return shell;
            },
            proposeCompletions: () => shells,
          },
        ],
      },
    },
    docs: {
      brief: "Print the completion script of a shell",
      fullDescription:
        "zsh: kubeops completion zsh > ~/.zfunc/_kubeops; bash: source <(kubeops completion bash)",
    },
  },
);

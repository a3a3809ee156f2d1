import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import { text } from "../flags.ts";

export type Shell = "bash" | "zsh" | "fish" | "powershell";
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

/** What the scripts call at each Tab: the words so far, the last one partial. */
export const completeCommand: Command<CliContext> = buildCommand<Record<never, never>, string[], CliContext>({
  loader: async () => (await import("./completion.impl.ts")).complete,
  parameters: {
    positional: { kind: "array", parameter: { brief: "Words so far", parse: text, placeholder: "word" } },
  },
  docs: { brief: "Propose completions" },
});

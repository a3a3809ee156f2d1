import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import {
  clusterAccessFlags,
  ontoFlag,
  outFlag,
  planConfigFlag,
  requestFlags,
  text,
  textFlag,
  workFlags,
} from "../flags.ts";
import type { AskCommandFlags } from "../agent/ask-flags.ts";

export const askCommand: Command<CliContext> = buildCommand<AskCommandFlags, string[], CliContext>({
  loader: async () => (await import("./ask.impl.ts")).ask,
  parameters: {
    flags: {
      ...requestFlags,
      provider: {
        kind: "enum",
        values: ["anthropic", "openai-compatible"],
        optional: true,
        brief: "Which model provider is asked (default: the one whose key or base URL the environment sets)",
      },
      model: textFlag(
        "name",
        "Model as its provider names it (default: $KUBEOPS_MODEL, or the provider's default)",
      ),
      budgetTokens: textFlag("number", "Most tokens that the request may use in all (default: 200000)"),
      budgetUsd: textFlag("amount", "Most US dollars that it may cost; only for models whose price is known"),
      onto: ontoFlag,
      out: outFlag,
      config: planConfigFlag,
      ...clusterAccessFlags,
      ...workFlags,
    },
    aliases: { f: "filename", n: "namespace", o: "output", q: "quiet" },
    positional: {
      kind: "array",
      parameter: { brief: "What is wanted, as a sentence", parse: text, placeholder: "sentence" },
    },
  },
  docs: {
    brief: "Make a plan from a sentence: a model proposes typed operations, code makes the plan",
    fullDescription:
      "Asks a model what the sentence means, as typed operations, and makes a plan of them, stored under its digest, by the way that every plan goes. The model sees the sentence and the structure of the files given with -f, never a value; it can apply nothing. Needs a provider: ANTHROPIC_API_KEY, OPENAI_API_KEY, or OPENAI_BASE_URL for a model on this machine. Exit code 1 when the charter denies the plan, 2 when the request leaves something open.",
  },
});

import { buildCommand, type Command } from "@stricli/core";
import type { CliContext } from "../context.ts";
import { kubeVersionFlag, text, workFlags } from "../flags.ts";
import type { PlanFlags } from "./plan.impl.ts";

export const planCommand: Command<CliContext> = buildCommand<PlanFlags, string[], CliContext>({
  loader: async () => (await import("./plan.impl.ts")).plan,
  parameters: {
    flags: {
      filename: {
        kind: "parsed",
        parse: text,
        optional: true,
        variadic: true,
        placeholder: "path",
        brief:
          "Compose files (merged in this order), or files and folders of objects, or -; may be given again",
      },
      namespace: {
        kind: "parsed",
        parse: text,
        optional: true,
        placeholder: "name",
        brief: "Namespace (default: the Compose project's name; for objects: default)",
      },
      target: {
        kind: "parsed",
        parse: text,
        placeholder: "target",
        brief: "Where the change goes: git:<path or https URL>[@branch]#folder",
      },
      onto: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Move the branch itself instead of making kubeops/<digest>",
      },
      prune: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Delete what earlier plans wrote there and this request lacks",
      },
      application: {
        kind: "parsed",
        parse: text,
        optional: true,
        placeholder: "name",
        brief: "Name of the application (default: the Compose project's name)",
      },
      composeProfile: {
        kind: "parsed",
        parse: text,
        optional: true,
        variadic: true,
        placeholder: "name",
        brief: "Compose profile to switch on; may be given again",
      },
      env: {
        kind: "parsed",
        parse: text,
        optional: true,
        variadic: true,
        placeholder: "NAME",
        brief: "Variable of the environment that Compose files may read; may be given again",
      },
      kubeVersion: kubeVersionFlag,
      out: {
        kind: "parsed",
        parse: text,
        optional: true,
        placeholder: "file",
        brief: "Also write the plan to this file",
      },
      ...workFlags,
    },
    aliases: { f: "filename", n: "namespace", o: "output", q: "quiet" },
    positional: { kind: "array", parameter: { brief: "The same as -f", parse: text, placeholder: "path" } },
  },
  docs: {
    brief: "Make a plan: what would change, what it means, and whether the charter allows it",
    fullDescription:
      "Turns a request (Compose files, or objects) into a plan and stores it under its digest. Changes nothing else. Exit code 1 when the charter denies it.",
  },
});

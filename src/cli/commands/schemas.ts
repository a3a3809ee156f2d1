import { buildCommand, buildRouteMap, type Command, type RouteMap } from "@stricli/core";
import type { CliContext } from "../context.ts";
import {
  colorFlag,
  filenameFlag,
  filenameWords,
  outputFlag,
  quietFlag,
  switchFlag,
  text,
  textFlag,
} from "../flags.ts";
import type { SchemasAddFlags, SchemasFlags, SchemasRemoveFlags } from "./schemas.impl.ts";

const addCommand: Command<CliContext> = buildCommand<SchemasAddFlags, string[], CliContext>({
  loader: async () => (await import("./schemas.impl.ts")).schemasAdd,
  parameters: {
    flags: {
      filename: filenameFlag,
      kubeconfig: textFlag(
        "file",
        "Read the definitions of the cluster of this kubeconfig, and nothing else of it",
      ),
      context: textFlag("name", "Context of the kubeconfig (default: its current one)"),
      output: outputFlag,
      color: colorFlag,
      quiet: quietFlag,
    },
    aliases: { f: "filename", o: "output", q: "quiet" },
    positional: filenameWords,
  },
  docs: {
    brief: "Keep definitions of custom resources, so that check and explain know them",
    fullDescription:
      "Keeps every CustomResourceDefinition of the files, or of a live cluster, in the cache folder. A kind that is there already is replaced. Definitions that stand in the input of check itself need not be added.",
  },
});

const listCommand: Command<CliContext> = buildCommand<SchemasFlags, [], CliContext>({
  loader: async () => (await import("./schemas.impl.ts")).schemasList,
  parameters: { flags: { output: outputFlag, color: colorFlag }, aliases: { o: "output" } },
  docs: { brief: "List the definitions that were added" },
});

const removeCommand: Command<CliContext> = buildCommand<SchemasRemoveFlags, string[], CliContext>({
  loader: async () => (await import("./schemas.impl.ts")).schemasRemove,
  parameters: {
    flags: {
      all: switchFlag("Remove every definition"),
      output: outputFlag,
      color: colorFlag,
    },
    aliases: { o: "output" },
    positional: {
      kind: "array",
      parameter: {
        brief: "Kind and group, e.g. Certificate.cert-manager.io",
        parse: text,
        placeholder: "kind.group",
      },
    },
  },
  docs: { brief: "Remove definitions that were added" },
});

export const schemasRoutes: RouteMap<CliContext> = buildRouteMap({
  routes: { add: addCommand, list: listCommand, remove: removeCommand },
  docs: { brief: "Definitions of custom resources that check and explain use" },
});

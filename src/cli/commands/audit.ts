import { buildCommand, buildRouteMap, type Command, type RouteMap } from "@stricli/core";
import type { CliContext } from "../context.ts";
import { colorFlag, outputFlag, stateFlag, textFlag } from "../flags.ts";
import type { AuditFlags, AuditVerifyFlags, AuditExportFlags } from "./audit.impl.ts";

const base = { state: stateFlag, output: outputFlag, color: colorFlag } as const;

const listCommand: Command<CliContext> = buildCommand<AuditFlags, [], CliContext>({
  loader: async () => (await import("./audit.impl.ts")).auditList,
  parameters: { flags: base, aliases: { o: "output" } },
  docs: { brief: "List the entries of the audit log" },
});

const showCommand: Command<CliContext> = buildCommand<AuditFlags, [number], CliContext>({
  loader: async () => (await import("./audit.impl.ts")).auditShow,
  parameters: {
    flags: base,
    aliases: { o: "output" },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Number of the entry",
          placeholder: "entry",
          parse: (input: string): number => {
            if (!/^\d{1,15}$/.test(input))
              throw new Error(`${JSON.stringify(input)} is not the number of an entry`);
            return Number(input);
          },
        },
      ],
    },
  },
  docs: { brief: "Show one entry" },
});

const verifyCommand: Command<CliContext> = buildCommand<AuditVerifyFlags, [], CliContext>({
  loader: async () => (await import("./audit.impl.ts")).auditVerify,
  parameters: {
    flags: {
      ...base,
      log: textFlag("folder", "Log folder (default: the one in the state folder)"),
      key: textFlag("file", "Public key of the log (default: the one beside it, which proves less)"),
      checkpoint: textFlag(
        "file",
        "A checkpoint that was kept elsewhere: excludes truncation and fork up to it",
      ),
    },
    aliases: { o: "output" },
  },
  docs: { brief: "Verify the audit log: any edit, reorder or gap is found; what cannot be excluded is said" },
});

const exportCommand: Command<CliContext> = buildCommand<AuditExportFlags, [], CliContext>({
  loader: async () => (await import("./audit.impl.ts")).auditExport,
  parameters: {
    flags: {
      ...base,
      out: textFlag("file", "Write to this file instead of standard output"),
    },
    aliases: { o: "output" },
  },
  docs: { brief: "Export the entries as one JSON object a line, the checkpoint last" },
});

export const auditRoutes: RouteMap<CliContext> = buildRouteMap<string, CliContext>({
  routes: { list: listCommand, show: showCommand, verify: verifyCommand, export: exportCommand },
  docs: { brief: "The log of every plan, approval, effect and refusal" },
});

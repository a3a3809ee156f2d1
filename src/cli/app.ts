import {
  type Application,
  buildApplication,
  buildRouteMap,
  type StricliIntegration,
  text_en,
} from "@stricli/core";
import { approveCommand } from "./commands/approve.ts";
import { applyCommand } from "./commands/apply.ts";
import { askCommand } from "./commands/ask.ts";
import { auditRoutes } from "./commands/audit.ts";
import { canCommand } from "./commands/can.ts";
import { charterRoutes } from "./commands/charter.ts";
import { checkCommand } from "./commands/check.ts";
import { completionCommand } from "./commands/completion.ts";
import { diffCommand } from "./commands/diff.ts";
import { mcpCommand } from "./commands/mcp.ts";
import { explainCommand } from "./commands/explain.ts";
import { fixCommand } from "./commands/fix.ts";
import { planCommand } from "./commands/plan.ts";
import { schemasRoutes } from "./commands/schemas.ts";
import { reachCommand } from "./commands/reach.ts";
import { showCommand } from "./commands/show.ts";
import { threatModelRoutes } from "./commands/threat-model.ts";
import { undoCommand } from "./commands/undo.ts";
import { versionCommand } from "./commands/version.ts";
import type { CliContext } from "./context.ts";
import { exampleFor } from "./examples.ts";
import { ExitCode } from "../kube/error-table.ts";

const root = buildRouteMap<string, CliContext>({
  routes: {
    charter: charterRoutes,
    plan: planCommand,
    ask: askCommand,
    diff: diffCommand,
    show: showCommand,
    approve: approveCommand,
    apply: applyCommand,
    undo: undoCommand,
    check: checkCommand,
    fix: fixCommand,
    can: canCommand,
    explain: explainCommand,
    schemas: schemasRoutes,
    reach: reachCommand,
    audit: auditRoutes,
    mcp: mcpCommand,
    "threat-model": threatModelRoutes,
    completion: completionCommand,
    version: versionCommand,
  },
  docs: {
    brief: "Plans Kubernetes changes, shows what they mean, binds approvals to them, and carries them out",
  },
});

/** Help as Stricli formats it, with an example at the end that the tests run. */
const help: StricliIntegration<CliContext> = {
  flag: {
    brief: "Print help and exit",
    aliases: ["h"],
    global: true,
    defaultForRouteMap: true,
    run(app, { result, additionalFlags, text, ansiColorByStream }) {
      const words = result.prefix.slice(1);
      const page = result.target.formatHelp({
        prefix: result.prefix,
        config: app.config.documentation,
        ansiColor: ansiColorByStream.stdout,
        text,
        additionalFlags,
        includeArgumentEscapeSequenceFlag: app.config.scanner.allowArgumentEscapeSequence,
        includeHidden: false,
      });
      const example = exampleFor(words);
      this.process.stdout.write(page.trimEnd() + "\n");
      if (example !== undefined)
        this.process.stdout.write(`\nEXAMPLE\n  ${example.replaceAll("\n", "\n  ")}\n`);
    },
  },
};

/** Exit code that Stricli is told for a failure of its own; our commands set theirs. */
export const app: Application<CliContext> = buildApplication(
  root,
  {
    name: "kubeops",
    scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
    documentation: { disableAnsiColor: true, onlyRequiredInUsageLine: true },
    localization: {
      text: {
        ...text_en,
        exceptionWhileParsingArguments: (error) =>
          `error: ${error instanceof Error ? error.message : String(error)} [USAGE]\n  hint: --help shows the flags and an example`,
        noCommandRegisteredForInput: ({ input, corrections }) =>
          `error: there is no command ${JSON.stringify(input)} [USAGE]` +
          (corrections.length > 0
            ? `\n  hint: did you mean ${corrections.map((word) => word.replaceAll("`", "")).join(" or ")}?`
            : "\n  hint: kubeops --help lists the commands"),
      },
    },
    determineExitCode: () => ExitCode.bug,
  },
  { help },
);

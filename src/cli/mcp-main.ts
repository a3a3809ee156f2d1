import { buildApplication, run } from "@stricli/core";
import { ExitCode } from "../kube/error-table.ts";
import { mcpCommand } from "./commands/mcp.ts";
import { processContext } from "./process-context.ts";

/**
 * The server alone, as the plug-in bundles it: `kubeops-mcp.mjs` is `kubeops mcp` and no other command. What makes
 * the statement of an approval, or signs a charter, is not in its files.
 */
const context = processContext(
  {
    // Nobody sits here: standard input belongs to the protocol.
    interactive: false,
    terminal: false,
    readStdin: () => Promise.resolve(new Uint8Array()),
    ask: () => Promise.resolve(""),
  },
  "",
);

await run(
  buildApplication(mcpCommand, {
    name: "kubeops-mcp",
    scanner: { caseStyle: "allow-kebab-for-camel" },
    documentation: { disableAnsiColor: true },
  }),
  process.argv.slice(2),
  context,
);
if (typeof process.exitCode === "number" && process.exitCode < 0) process.exitCode = ExitCode.usage;

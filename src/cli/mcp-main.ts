import { randomBytes } from "node:crypto";
import { buildApplication, run, type StricliProcess } from "@stricli/core";
import { ExitCode } from "../kube/error-table.ts";
import { account } from "./account.ts";
import { mcpCommand } from "./commands/mcp.ts";
import type { CliContext } from "./context.ts";

/**
 * The server alone, as the plug-in bundles it: `kubeops-mcp.mjs` is `kubeops mcp` and no other command. What makes
 * the statement of an approval, or signs a charter, is not in its files.
 */
const cleanups = new Set<() => void>();

const context: CliContext = {
  process: process as StricliProcess,
  cwd: process.cwd(),
  env: process.env,
  clock: { now: () => Date.now() },
  ids: { hex: (bytes) => randomBytes(bytes).toString("hex") },
  ...account(),
  // Nobody sits here: standard input belongs to the protocol.
  interactive: false,
  terminal: false,
  readStdin: () => Promise.resolve(new Uint8Array()),
  ask: () => Promise.resolve(""),
  onInterrupt: (cleanup) => {
    cleanups.add(cleanup);
    return () => cleanups.delete(cleanup);
  },
};

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    for (const cleanup of cleanups) cleanup();
    process.exit(ExitCode.interrupted);
  });
}

process.removeAllListeners("warning");
process.on("warning", (warning) => {
  // node:sqlite is announced as experimental on Node 22; its use here is decided in docs/decisions.
  if (warning.name === "ExperimentalWarning" && warning.message.includes("SQLite")) return;
  process.stderr.write(`${warning.name}: ${warning.message}\n`);
});

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

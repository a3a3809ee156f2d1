import { randomBytes } from "node:crypto";
import type { StricliProcess } from "@stricli/core";
import { ExitCode } from "../kube/error-table.ts";
import { account } from "./account.ts";
import type { CliContext } from "./context.ts";

type Terminal = Pick<CliContext, "interactive" | "terminal" | "readStdin" | "ask">;

/**
 * The context of this process: an interruption runs the clean-ups, says `interrupted` on standard error, and ends it with
 * its own exit code. To be called once.
 */
export function processContext(terminal: Terminal, interrupted: string): CliContext {
  const cleanups = new Set<() => void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      for (const cleanup of cleanups) cleanup();
      process.stderr.write(interrupted);
      process.exit(ExitCode.interrupted);
    });
  }
  process.removeAllListeners("warning");
  process.on("warning", (warning) => {
    // node:sqlite is announced as experimental on Node 22; its use here is decided in docs/decisions.
    if (warning.name === "ExperimentalWarning" && warning.message.includes("SQLite")) return;
    process.stderr.write(`${warning.name}: ${warning.message}\n`);
  });
  return {
    process: process as StricliProcess,
    cwd: process.cwd(),
    env: process.env,
    clock: { now: () => Date.now() },
    ids: { hex: (bytes) => randomBytes(bytes).toString("hex") },
    ...account(),
    ...terminal,
    onInterrupt: (cleanup) => {
      cleanups.add(cleanup);
      return () => cleanups.delete(cleanup);
    },
  };
}

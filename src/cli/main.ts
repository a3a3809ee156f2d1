import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline/promises";
import { proposeCompletions, run, type StricliProcess } from "@stricli/core";
import { ExitCode } from "../kube/error-table.ts";
import { account } from "./account.ts";
import { app } from "./app.ts";
import type { CliContext } from "./context.ts";

const cleanups = new Set<() => void>();

const context: CliContext = {
  process: process as StricliProcess,
  cwd: process.cwd(),
  env: process.env,
  clock: { now: () => Date.now() },
  ids: { hex: (bytes) => randomBytes(bytes).toString("hex") },
  ...account(),
  interactive: process.stdin.isTTY && process.stderr.isTTY,
  terminal: process.stdout.isTTY,
  readStdin: async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  },
  ask: async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    // Ctrl-C at the question is Ctrl-C at the program, and Ctrl-D is no answer.
    lines.on("SIGINT", () => process.emit("SIGINT"));
    try {
      return await Promise.race([
        lines.question(question),
        new Promise<string>((answer) => lines.once("close", () => answer(""))),
      ]);
    } finally {
      lines.close();
    }
  },
  onInterrupt: (cleanup) => {
    cleanups.add(cleanup);
    return () => cleanups.delete(cleanup);
  },
};

// A reader that went away (`kubeops … | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(ExitCode.done);
  throw error;
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    for (const cleanup of cleanups) cleanup();
    process.stderr.write(
      "\ninterrupted: every file is whole, old or new; the same command may be run again\n",
    );
    process.exit(ExitCode.interrupted);
  });
}

process.removeAllListeners("warning");
process.on("warning", (warning) => {
  // node:sqlite is announced as experimental on Node 22; its use here is decided in docs/decisions.
  if (warning.name === "ExperimentalWarning" && warning.message.includes("SQLite")) return;
  process.stderr.write(`${warning.name}: ${warning.message}\n`);
});

const words = process.argv.slice(2);
if (words[0] === "__complete") {
  // What the completion scripts call at each Tab: `__complete -- <words so far, the last one partial>`.
  const proposals = await proposeCompletions(app, words.slice(words[1] === "--" ? 2 : 1), context);
  process.stdout.write(proposals.map(({ completion, brief }) => `${completion}\t${brief}\n`).join(""));
} else {
  await run(app, words, context);
}
// Stricli's own failures are negative numbers; all but a bug are a wrong command line.
if (typeof process.exitCode === "number" && process.exitCode < 0) {
  process.exitCode = process.exitCode === -5 || process.exitCode === -4 ? ExitCode.usage : ExitCode.bug;
}

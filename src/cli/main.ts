import { createInterface } from "node:readline/promises";
import { proposeCompletions, run } from "@stricli/core";
import { ExitCode } from "../kube/error-table.ts";
import { OpsError } from "../kube/ops-error.ts";
import { app } from "./app.ts";
import { errorText, exitCodeOf } from "./errors.ts";
import { processContext } from "./process-context.ts";

const context = processContext(
  {
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
  },
  "\ninterrupted: every file is whole, old or new; the same command may be run again\n",
);

// A reader that went away (`kubeops … | head`) is no failure: the command goes on unread, so that an apply is not left
// half-way, and ends with its own exit code. A full disk is a failure, and not one of this program.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  const failure = new OpsError(
    "OUTPUT_FAILED",
    `cannot write standard output (${error.code ?? error.message})`,
    {
      hint: "send it elsewhere, or free some space; what the command changed stays changed",
    },
  );
  process.stderr.write(errorText(failure, false));
  process.exit(exitCodeOf(failure));
});
// What cannot be said on standard error cannot be said anywhere; the exit code stays what it is.
process.stderr.on("error", () => {});

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

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";

export interface GuardedProcess {
  readonly name: string;
  /** Ends it and waits until it is gone. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Rejects when the process ends by itself, with the end of its log. */
  readonly failed: Promise<never>;
}

/**
 * Starts the program in the background and waits for it. File descriptor 3 is a pipe from the test process: when that
 * ends, however it ends, the pipe closes and the program is killed. A program that outlived its tests would hold half a
 * gigabyte.
 */
const guard = `
"$@" </dev/null >>"$KUBEOPS_LOG" 2>&1 3<&- &
pid=$!
{ read -r _ <&3; kill -9 $pid; } >/dev/null 2>&1 &
watch=$!
echo $pid
wait $pid
status=$?
kill $watch 2>/dev/null
exit $status
`;

/** Starts a program that dies with this process; its output goes to `log`. */
export async function startGuarded(
  name: string,
  program: string,
  args: readonly string[],
  log: string,
): Promise<GuardedProcess> {
  const shell = spawn("/bin/sh", ["-c", guard, name, program, ...args], {
    stdio: ["ignore", "pipe", "ignore", "pipe"],
    env: {
      PATH: "/usr/bin:/bin",
      HOME: "/nonexistent",
      KUBEOPS_LOG: log,
      TMPDIR: process.env["TMPDIR"] ?? "/tmp",
    },
  });
  const gone = new Promise<void>((resolve) => shell.once("exit", () => resolve()));
  const pid = await firstLine(shell.stdout);
  let stopping = false;
  const failed = gone.then(async () => {
    if (stopping) return new Promise<never>(() => {});
    throw new Error(`${name} ended by itself:\n${readFileSync(log, "utf8").slice(-3000)}`);
  });
  failed.catch(() => {});
  return {
    name,
    failed,
    async stop(signal = "SIGTERM") {
      stopping = true;
      try {
        process.kill(pid, signal);
      } catch {
        // It is gone already.
      }
      await gone;
      shell.stdio[3]?.destroy();
    },
  };
}

async function firstLine(stream: Readable | null): Promise<number> {
  let text = "";
  for await (const chunk of stream ?? []) {
    text += String(chunk);
    if (text.includes("\n")) break;
  }
  const pid = Number(text.trim());
  if (!Number.isInteger(pid) || pid <= 1) throw new Error("a program could not be started");
  return pid;
}

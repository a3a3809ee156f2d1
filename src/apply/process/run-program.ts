import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { OpsError } from "../../kube/ops-error.ts";

export interface ProgramRun {
  /** Absolute path of the program (see `findProgram`). */
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the child: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly input?: Uint8Array | string;
  readonly timeoutMs?: number;
  /** Most bytes that are kept of standard output; more stops the program. Default 256 MiB. */
  readonly maxOutput?: number;
  /** The person's terminal is handed on for standard input and error: a passphrase or a touch may be asked for. */
  readonly terminal?: boolean;
}

export interface ProgramResult {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const folders = ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"];
const found = new Map<string, string>();

/**
 * Absolute path of a program in the folders that only an administrator writes to. PATH is not asked: it belongs to
 * whoever started us.
 * @throws {OpsError} TARGET_UNREACHABLE when it is not installed.
 */
export function findProgram(name: "git" | "ssh-keygen"): string {
  const known = found.get(name);
  if (known !== undefined) return known;
  for (const folder of folders) {
    const path = `${folder}/${name}`;
    try {
      accessSync(path, constants.X_OK);
      found.set(name, path);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  throw new OpsError("TARGET_UNREACHABLE", `${name} is not installed`, {
    hint: `install ${name}; looked in ${folders.join(", ")}`,
  });
}

/** Runs a program without a shell, with the given environment and nothing else, within limits of time and output. */
export function runProgram(run: ProgramRun): Promise<ProgramResult> {
  const { promise, resolve, reject } = Promise.withResolvers<ProgramResult>();
  const child = spawn(run.program, [...run.args], {
    cwd: run.cwd,
    env: { ...run.env },
    shell: false,
    stdio: [
      run.terminal === true && run.input === undefined ? "inherit" : "pipe",
      "pipe",
      run.terminal === true ? "inherit" : "pipe",
    ],
  });
  const limit = run.maxOutput ?? 256 * 1024 * 1024;
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  let size = 0;
  let failure: OpsError | undefined;
  const stop = (reason: string): void => {
    failure ??= new OpsError("TARGET_UNREACHABLE", `${run.program} ${reason} and was stopped`);
    child.kill("SIGKILL");
  };
  const timer = setTimeout(() => stop("took too long"), run.timeoutMs ?? 120_000);
  child.stdout?.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) stop("printed too much");
    else stdout.push(chunk);
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    if (stderr.length < 1000) stderr.push(chunk);
  });
  child.on("error", (cause) => {
    clearTimeout(timer);
    reject(new OpsError("TARGET_UNREACHABLE", `${run.program} could not be started`, { cause }));
  });
  child.on("close", (status) => {
    clearTimeout(timer);
    if (failure) reject(failure);
    else resolve({ status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString("utf8") });
  });
  // A program that ends before it has read its input closes the pipe; its status says what happened.
  child.stdin?.on("error", () => {});
  child.stdin?.end(run.input ?? "");
  return promise;
}

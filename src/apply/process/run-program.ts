import { spawn } from "node:child_process";
import { accessSync, constants, readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, sep } from "node:path";
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
  /** Most bytes of memory that are resident, where the system tells (/proc); more stops the program. */
  readonly maxMemory?: number;
  /** Being stopped at a limit is an answer (`stopped`), not an error. */
  readonly limitIsAnswer?: boolean;
  /** It is stopped when this process ends: for what nobody would wait for then. */
  readonly endsWithUs?: boolean;
  /** The person's terminal is handed on for standard input and error: a passphrase or a touch may be asked for. */
  readonly terminal?: boolean;
}

export interface ProgramResult {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** The limit at which it was stopped. */
  readonly stopped?: ProgramLimit;
}

export type ProgramLimit = "took too long" | "printed too much" | "took too much memory";

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

/**
 * Absolute path of a program that people install for themselves, by the absolute folders of a PATH, then in those that only
 * an administrator writes to; undefined when it is in none. One inside of `notIn` is passed over, and one that anybody may
 * write: a checkout does not bring the program that judges it. Never for a program on the way to a write (`findProgram`).
 */
export function findOnPath(name: string, path: string, notIn: string): string | undefined {
  const inside = notIn.endsWith(sep) ? notIn : notIn + sep;
  for (const folder of [...path.split(":").filter((entry) => isAbsolute(entry)), ...folders]) {
    const program = join(folder, name);
    try {
      accessSync(program, constants.X_OK);
      const stat = statSync(program);
      if (!stat.isFile() || (stat.mode & 0o002) !== 0) continue;
      if (![program, realpathSync(program)].some((one) => one.startsWith(inside))) return program;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

const WATCH_MS = 50;

/** Resident memory of a process in bytes; undefined where the system does not tell, or the process has ended. */
function residentMemory(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
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
  let stopped: ProgramLimit | undefined;
  const stop = (reason: ProgramLimit): void => {
    stopped ??= reason;
    child.kill("SIGKILL");
  };
  const timer = setTimeout(() => stop("took too long"), run.timeoutMs ?? 120_000);
  const { pid } = child;
  const { maxMemory } = run;
  const watch =
    maxMemory === undefined || pid === undefined
      ? undefined
      : setInterval(() => {
          if ((residentMemory(pid) ?? 0) > maxMemory) stop("took too much memory");
        }, WATCH_MS);
  const kill = (): void => void child.kill("SIGKILL");
  if (run.endsWithUs === true) process.once("exit", kill);
  const ended = (): void => {
    clearTimeout(timer);
    clearInterval(watch);
    process.removeListener("exit", kill);
  };
  child.stdout?.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) stop("printed too much");
    else stdout.push(chunk);
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    if (stderr.length < 1000) stderr.push(chunk);
  });
  child.on("error", (cause) => {
    ended();
    reject(new OpsError("TARGET_UNREACHABLE", `${run.program} could not be started`, { cause }));
  });
  child.on("close", (status) => {
    ended();
    if (stopped !== undefined && run.limitIsAnswer !== true)
      reject(new OpsError("TARGET_UNREACHABLE", `${run.program} ${stopped} and was stopped`));
    else {
      const said = { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString("utf8") };
      resolve({ status, ...said, ...(stopped === undefined ? {} : { stopped }) });
    }
  });
  // A program that ends before it has read its input closes the pipe; its status says what happened.
  child.stdin?.on("error", () => {});
  child.stdin?.end(run.input ?? "");
  return promise;
}

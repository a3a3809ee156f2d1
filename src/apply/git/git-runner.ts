import { dirname, join } from "node:path";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import { findProgram, type ProgramResult, runProgram } from "../process/run-program.ts";
import { makeScratchFolder } from "../process/scratch-folder.ts";

/** How git reaches a target: a folder of this machine, or https. Nothing else is ever allowed as a transport. */
export interface GitTransport {
  readonly protocol: "file" | "https";
  /** File of PEM certificates that alone are trusted for https; the system's when absent. */
  readonly caFile?: string;
  /** Sent as HTTP Basic to the target's URL and to no other (redirects are not followed). */
  readonly credentials?: { readonly username: string; readonly password: string };
}

/** Runs git on a private bare repository. */
export interface GitRunner {
  /** The private bare repository. */
  readonly repository: string;
  /** A folder of ours beside it, for files that are handed to git. */
  readonly scratch: string;
  /** Runs git and gives what it printed. `accept` lists other exit codes than 0 that are an answer. */
  run(args: readonly string[], options?: GitRunOptions): Promise<ProgramResult>;
  /** Like `run`, with what reaching the target needs: the credentials are in no other child. */
  reach(args: readonly string[], options?: GitRunOptions): Promise<ProgramResult>;
  /** Makes the private repository. */
  create(format: "sha1" | "sha256"): Promise<void>;
  /** Removes the private repository. */
  close(): void;
}

export interface GitRunOptions {
  readonly input?: Uint8Array | string;
  readonly accept?: readonly number[];
}

const REACH_TIMEOUT_MS = 600_000;

/**
 * Settings that stand above every configuration file, whoever wrote it: no hook, no monitor, no helper, no other
 * transport, no background work (facts of git: Documentation/config/{core,protocol,gc,receive,transfer}.txt).
 */
const settings = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.sshCommand=false",
  "core.gitProxy=false",
  "core.askPass=false",
  "core.attributesFile=/dev/null",
  "core.excludesFile=/dev/null",
  "credential.helper=",
  "gc.auto=0",
  "maintenance.auto=false",
  "submodule.recurse=false",
  "fetch.recurseSubmodules=no",
  "push.recurseSubmodules=no",
  "push.gpgSign=false",
  "http.followRedirects=false",
  "http.sslVerify=true",
  "protocol.allow=never",
] as const;

/**
 * The programs that stand at the other end of a local transport run inside the target and read its configuration.
 * git starts them with a command line that the caller may choose, so the same settings stand above that configuration
 * too. `core.alternateRefsCommand` would run a command of the target's during a push; `true` prints no reference.
 * Hidden references are shown: a branch that is hidden could hold a nonce.
 */
function serverCommand(program: "upload-pack" | "receive-pack"): string {
  const options = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.sshCommand=false",
    "core.gitProxy=false",
    "core.alternateRefsCommand=true",
    "credential.helper=",
    "protocol.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
    "receive.autogc=false",
    "receive.updateServerInfo=false",
    "receive.denyCurrentBranch=refuse",
    "transfer.hideRefs=!refs/heads/",
    "uploadpack.hideRefs=!refs/heads/",
    "receive.hideRefs=!refs/heads/",
  ];
  // git hands this to sh with the quoted path behind it: every word here is a constant of ours.
  return [findProgram("git"), ...options.map((option) => `-c '${option}'`), program].join(" ");
}

/** `--upload-pack=…` for a local target, nothing for https. */
export function uploadPack(transport: GitTransport): readonly string[] {
  return transport.protocol === "file" ? [`--upload-pack=${serverCommand("upload-pack")}`] : [];
}

/** `--receive-pack=…` for a local target, nothing for https. */
export function receivePack(transport: GitTransport): readonly string[] {
  return transport.protocol === "file" ? [`--receive-pack=${serverCommand("receive-pack")}`] : [];
}

/** Makes a fresh folder that only this user may enter, and gives a runner whose git sees nothing of this user. */
export function openRunner(transport: GitTransport): GitRunner {
  const program = findProgram("git");
  const { path: folder, remove } = makeScratchFolder("git");
  const repository = join(folder, "repository");
  const environment: Readonly<Record<string, string>> = {
    PATH: [...new Set([dirname(program), "/usr/bin", "/bin"])].join(":"),
    HOME: folder,
    LC_ALL: "C",
    TZ: "UTC",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "false",
    GIT_SSH_COMMAND: "false",
    // Above every `protocol.*.allow`, in children too.
    GIT_ALLOW_PROTOCOL: transport.protocol,
    GIT_NO_REPLACE_OBJECTS: "1",
    // A partial clone as target would otherwise fetch what it lacks from a remote of its own choosing.
    GIT_NO_LAZY_FETCH: "1",
    GIT_OPTIONAL_LOCKS: "0",
  };
  const fixed = [
    ...settings,
    `protocol.${transport.protocol}.allow=always`,
    ...(transport.caFile === undefined ? [] : [`http.sslCAInfo=${transport.caFile}`]),
  ].flatMap((setting) => ["-c", setting]);
  const run = async (
    args: readonly string[],
    options: GitRunOptions,
    extra: Readonly<Record<string, string>>,
    timeoutMs: number,
  ): Promise<ProgramResult> => {
    const result = await runProgram({
      program,
      args: [...fixed, `--git-dir=${repository}`, ...args],
      cwd: folder,
      env: { ...environment, ...extra },
      timeoutMs,
      ...(options.input === undefined ? {} : { input: options.input }),
    });
    const accepted = options.accept ?? [];
    if (result.status !== 0 && !(result.status !== null && accepted.includes(result.status)))
      throw new OpsError("TARGET_UNREACHABLE", `git ${args[0] ?? ""} failed: ${gitSays(result.stderr)}`);
    return result;
  };
  return {
    repository,
    scratch: folder,
    run: (args, options = {}) => run(args, options, {}, REACH_TIMEOUT_MS),
    reach: (args, options = {}) => run(args, options, credentialEnvironment(transport), REACH_TIMEOUT_MS),
    async create(format) {
      await run(
        ["init", "--quiet", "--bare", "--template=", `--object-format=${format}`, repository],
        {},
        {},
        60_000,
      );
    },
    close: remove,
  };
}

/** Credentials go through the environment of the one child that needs them: the arguments of a process are public. */
function credentialEnvironment(transport: GitTransport): Readonly<Record<string, string>> {
  const { credentials } = transport;
  if (credentials === undefined) return {};
  const basic = Buffer.from(`${credentials.username}:${credentials.password}`, "utf8").toString("base64");
  return {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "http.extraHeader",
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
  };
}

/** The last lines of what git said, escaped and bounded: a server writes part of it. */
export function gitSays(stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("hint:"));
  const text = printable(lines.slice(-3).join("; "));
  return text === "" ? "it said nothing" : text.length > 600 ? `${text.slice(0, 600)}...` : text;
}

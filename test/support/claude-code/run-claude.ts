import { spawn } from "node:child_process";
import { join } from "node:path";
import { claudeCode, VERSION } from "../../../tools/claude-code.mjs";
import { repository, type World } from "../cli.ts";
import type { Endpoint } from "./scripted-endpoint.ts";

export const claudeCodeVersion: string = VERSION;

/** The real Claude Code in the cache, or undefined. */
export const claudeProgram: string | undefined = claudeCode();

export interface ClaudeRun {
  readonly status: number | null;
  /** The events of its stream-json output. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly stderr: string;
}

/**
 * Runs a prompt in the real Claude Code with our plug-in, against a scripted model on the loopback. Its home, its
 * configuration and its environment are the world's.
 */
export async function runClaude(
  world: World,
  endpoint: Endpoint,
  options: { readonly allowedTools?: readonly string[]; readonly args?: readonly string[] } = {},
): Promise<ClaudeRun> {
  if (claudeProgram === undefined) throw new Error("Claude Code is not in the cache");
  const child = spawn(
    claudeProgram,
    [
      "-p",
      "change it",
      "--model",
      "claude-sonnet-5",
      "--plugin-dir",
      join(repository, "plugin"),
      "--output-format",
      "stream-json",
      "--verbose",
      "--no-session-persistence",
      "--setting-sources",
      "user",
      ...(options.allowedTools === undefined ? [] : ["--allowedTools", options.allowedTools.join(",")]),
      ...(options.args ?? []),
    ],
    {
      cwd: world.folder,
      env: {
        ...world.env,
        CLAUDE_CONFIG_DIR: world.path("claude"),
        ANTHROPIC_BASE_URL: endpoint.url,
        ANTHROPIC_API_KEY: "sk-of-nobody",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        DISABLE_AUTOUPDATER: "1",
        DISABLE_TELEMETRY: "1",
        DISABLE_ERROR_REPORTING: "1",
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  const status = await new Promise<number | null>((ended, failed) => {
    child.once("error", failed);
    child.once("close", ended);
  });
  const events = Buffer.concat(out)
    .toString("utf8")
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return { status, events, stderr: Buffer.concat(err).toString("utf8") };
}

import { spawn } from "node:child_process";
import { join } from "node:path";
import { claudeCode } from "../../../tools/claude-code.mjs";
import { repository, type World } from "../cli.ts";
import type { Endpoint } from "./scripted-endpoint.ts";

/** The real Claude Code in the cache, or undefined. */
export const claudeProgram: string | undefined = claudeCode();

type Event = Readonly<Record<string, unknown>>;

export interface ClaudeRun {
  readonly status: number | null;
  /** The events of its stream-json output. */
  readonly events: readonly Event[];
  /** Tools for which the host asked its user. */
  readonly asked: readonly string[];
  readonly stderr: string;
}

export interface ClaudeOptions {
  readonly allowedTools?: readonly string[];
  readonly args?: readonly string[];
  /** The user at the host, who is asked before a tool runs that no rule allows. Absent: nobody is there. */
  readonly user?: (tool: string) => boolean;
}

/**
 * Runs a prompt in the real Claude Code with our plug-in, against a scripted model on the loopback. Its home, its
 * configuration and its environment are the world's.
 */
export async function runClaude(
  world: World,
  endpoint: Endpoint,
  options: ClaudeOptions = {},
): Promise<ClaudeRun> {
  if (claudeProgram === undefined) throw new Error("Claude Code is not in the cache");
  const { user } = options;
  const child = spawn(
    claudeProgram,
    [
      "-p",
      ...(user === undefined
        ? ["change it"]
        : ["--input-format", "stream-json", "--permission-prompt-tool", "stdio"]),
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
      stdio: ["pipe", "pipe", "pipe"],
    },
  );
  const events: Event[] = [];
  const asked: string[] = [];
  let rest = "";
  child.stdout.on("data", (chunk: Buffer) => {
    rest += chunk.toString("utf8");
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("{")) continue;
      const event = JSON.parse(line) as Event;
      events.push(event);
      if (user !== undefined && event["type"] === "control_request")
        child.stdin.write(consent(event, user, asked));
      if (event["type"] === "result") child.stdin.end();
    }
  });
  const err: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  if (user === undefined) child.stdin.end();
  else
    child.stdin.write(
      `${JSON.stringify({ type: "user", message: { role: "user", content: "change it" }, parent_tool_use_id: null })}\n`,
    );
  const status = await new Promise<number | null>((ended, failed) => {
    child.once("error", failed);
    child.once("close", ended);
  });
  return { status, events, asked, stderr: Buffer.concat(err).toString("utf8") };
}

/** The answer of a host's user to `can_use_tool`, as the Agent SDK sends it. */
function consent(event: Event, user: (tool: string) => boolean, asked: string[]): string {
  const request = event["request"] as {
    readonly subtype: string;
    readonly tool_name?: string;
    readonly input?: unknown;
  };
  const tool = request.tool_name ?? "";
  if (request.subtype === "can_use_tool") asked.push(tool);
  const response =
    request.subtype === "can_use_tool" && user(tool)
      ? { behavior: "allow", updatedInput: request.input }
      : { behavior: "deny", message: "the user said no" };
  return `${JSON.stringify({ type: "control_response", response: { subtype: "success", request_id: event["request_id"], response } })}\n`;
}

import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { repository, type World } from "../support/cli.ts";

export interface Connected {
  readonly client: Client;
  readonly pid: number;
  /** Calls a tool; gives its structured content, which its text must repeat. */
  call(
    name: string,
    args?: Record<string, unknown>,
  ): Promise<{ readonly value: Answered; readonly isError: boolean }>;
  close(): Promise<void>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- Answers are looked into by tests.
export type Answered = any;

export type Era = "modern" | "legacy";

const program = join(repository, "bin", "kubeops.cjs");

/** The real server as a process of its own, with a real client of one era of the protocol. */
export async function connect(
  world: World,
  options: {
    readonly era?: Era;
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    /** The bundle of the plug-in instead of the command line. */
    readonly bundle?: boolean;
  } = {},
): Promise<Connected> {
  const start =
    options.bundle === true ? [join(repository, "plugin/dist/kubeops-mcp.mjs")] : [program, "mcp"];
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [...start, ...(options.args ?? [])],
    cwd: world.folder,
    env: { ...world.env, ...options.env },
    stderr: "ignore",
  });
  const client = new Client(
    { name: "test", version: "1" },
    { versionNegotiation: { mode: options.era === "legacy" ? "legacy" : { pin: "2026-07-28" } } },
  );
  await client.connect(transport);
  return {
    client,
    pid: transport.pid ?? 0,
    call: async (name, args = {}) => {
      const result = await client.callTool({ name, arguments: args });
      const [block, ...more] = result.content as readonly { readonly type: string; readonly text: string }[];
      const text = JSON.stringify(result.structuredContent);
      if (block?.type !== "text" || block.text !== text || more.length > 0)
        throw new Error("text and structured content of an answer differ");
      return { value: result.structuredContent, isError: result.isError === true };
    },
    close: () => client.close(),
  };
}

export interface RawRun {
  readonly status: number | null;
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** The real server, given exactly these bytes; then its input ends. */
export async function raw(
  world: World,
  input: readonly (string | Uint8Array)[],
  env: Readonly<Record<string, string>> = {},
): Promise<RawRun> {
  const child = world.start(["mcp"], { env });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  const ended = new Promise<number | null>((end) => child.once("close", end));
  let expected = 0;
  for (const part of input) {
    const text = typeof part === "string" ? part : undefined;
    if (text !== undefined && /"id":/.test(text))
      expected += text.split("\n").filter((l) => l.includes('"id":')).length;
    child.stdin.write(part);
  }
  // Requests in flight are not answered once the input has ended: it stays open until the answers are there.
  while (Buffer.concat(out).toString("utf8").split("\n").length - 1 < expected && child.exitCode === null)
    await new Promise((tick) => setTimeout(tick, 5));
  child.stdin.end();
  const status = await ended;
  return {
    status,
    lines: Buffer.concat(out)
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== ""),
    stderr: Buffer.concat(err).toString("utf8"),
  };
}

export const request = (id: number, method: string, params: unknown = {}): string =>
  `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;

export const initialize: string =
  request(0, "initialize", {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  }) + `${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`;

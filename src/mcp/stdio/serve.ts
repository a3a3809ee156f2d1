import type { Readable, Writable } from "node:stream";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { printableRest } from "../../kube/printable.ts";
import type { McpPorts } from "../ports.ts";
import { gate } from "../server/gate.ts";
import { mcpServerFactory, type ServerIdentity } from "../server/mcp-server.ts";
import { boundedLines, MAX_LINE } from "./bounded-lines.ts";

export interface StdioWorld {
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** Lines for the operator. Standard output belongs to the protocol. */
  readonly report: (line: string) => void;
}

/**
 * Serves MCP over standard input and output until the other side goes away. Settles when no call runs any more: a run that
 * was begun is finished, whoever still listens.
 */
export async function serveMcp(ports: McpPorts, identity: ServerIdentity, world: StdioWorld): Promise<void> {
  const report = (line: string): void => world.report(printableRest(line));
  const calls = gate();
  const lines = boundedLines(MAX_LINE, () => {
    report(`a message of more than ${MAX_LINE} bytes was thrown away`);
    // No id can be known: JSON-RPC answers such a request with the id null.
    world.stdout.write(
      `${JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32600, message: `a message has at most ${MAX_LINE} bytes` } })}\n`,
    );
  });
  world.stdin.pipe(lines);
  const transport = new StdioServerTransport(lines, world.stdout, { maxBufferSize: MAX_LINE + 1024 });
  const handle = serveStdio(mcpServerFactory(identity, { ports, gate: calls, report }), {
    transport,
    onerror: (error) => report(error.message),
  });
  await new Promise<void>((ended) => {
    lines.once("close", ended);
    lines.once("end", ended);
    world.stdout.once("error", () => ended());
  });
  await calls.idle();
  await handle.close();
}

import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import {
  createMcpHandler,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
} from "@modelcontextprotocol/server";
import type { McpPorts } from "../../src/mcp/ports.ts";
import { gate } from "../../src/mcp/server/gate.ts";
import { mcpServerFactory } from "../../src/mcp/server/mcp-server.ts";

export interface HttpEntry {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * The server of the product behind HTTP on the loopback, for the conformance suite, which speaks nothing else. The product
 * itself listens nowhere.
 */
export async function httpEntry(ports: McpPorts): Promise<HttpEntry> {
  const handler = createMcpHandler(
    mcpServerFactory({ version: "0.0.0-test" }, { ports, gate: gate(), report: () => undefined }),
  );
  const server = createServer((message, response) => {
    answer(message)
      .then(async (result) => {
        response.writeHead(result.status, Object.fromEntries(result.headers));
        if (result.body !== null) for await (const chunk of result.body) response.write(chunk);
        response.end();
      })
      .catch((error: unknown) => response.destroy(error as Error));
  });
  const answer = async (message: IncomingMessage): Promise<Response> => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const request = new Request(`http://${message.headers.host ?? "localhost"}${message.url ?? "/"}`, {
      method: message.method ?? "GET",
      headers: Object.entries(message.headers).map(
        ([name, value]) => [name, String(value)] as [string, string],
      ),
      ...(body.length === 0 ? {} : { body }),
    });
    // Node sets the Host header of a Request by its URL.
    return (
      hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
      originValidationResponse(request, localhostAllowedOrigins()) ??
      handler.fetch(request)
    );
  };
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    close: () =>
      new Promise((closed) => {
        server.closeAllConnections();
        server.close(() => closed());
      }),
  };
}

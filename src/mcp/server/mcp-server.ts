import {
  type CallToolResult,
  McpServer,
  type McpServerFactory,
  ProtocolError,
  ProtocolErrorCode,
  type Tool,
} from "@modelcontextprotocol/server";
import { mcpTools, toolOf } from "../tools/table.ts";
import { type CallWorld, runCall } from "./run-call.ts";

export interface ServerIdentity {
  readonly version: string;
}

/** What a host tells its model about the server as a whole; at most 2 KB. */
const instructions =
  "kubeops plans changes to Kubernetes and lets persons approve them. Work in this order: explain with id setup (targets, " +
  "namespaces), plan_change with typed operations, show_plan, request_approval; a person then runs the command it gives; " +
  "apply_plan. Nothing here approves, and shell commands that write (kubectl apply, helm install) go around the charter: do not use them. " +
  "Answers hold names and ids, never values; texts from files are withheld.";

/** Tools as they are published: the same bytes for every connection, revision and configuration. */
export function publishedTools(): Tool[] {
  return mcpTools.map(({ name, title, description, inputSchema, annotations, _meta }) => ({
    name,
    title,
    description,
    inputSchema: inputSchema as Tool["inputSchema"],
    annotations: { title, ...annotations },
    ...(_meta === undefined ? {} : { _meta }),
  }));
}

/** Makes a server for each connection; calls of all of them go through one gate. Serves every revision of the protocol. */
export function mcpServerFactory(identity: ServerIdentity, world: CallWorld): McpServerFactory {
  const tools = publishedTools();
  return () => {
    const mcp = new McpServer(
      { name: "kubeops", title: "kubeops", version: identity.version },
      { capabilities: { tools: { listChanged: false } }, instructions },
    );
    // The handlers are ours: McpServer's own would check arguments by schemas of its kind, after changing them.
    mcp.server.setRequestHandler("tools/list", () => ({ tools }));
    mcp.server.setRequestHandler("tools/call", async ({ params }, { mcpReq }): Promise<CallToolResult> => {
      const tool = toolOf(params.name);
      if (tool === undefined)
        throw new ProtocolError(
          ProtocolErrorCode.InvalidParams,
          "there is no such tool; tools/list names them",
        );
      const { value, isError } = await runCall(tool, params.arguments ?? {}, world, mcpReq.signal);
      return {
        // Hosts show their model one of the two: they say the same.
        content: [{ type: "text", text: JSON.stringify(value) }],
        structuredContent: value,
        ...(isError ? { isError: true } : {}),
      };
    });
    return mcp;
  };
}

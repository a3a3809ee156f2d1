import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One answer of the scripted model: words, or calls of tools. */
export type Turn =
  | { readonly say: string }
  | { readonly call: readonly { readonly tool: string; readonly input: unknown }[] };

/** A turn may depend on what the model has just been shown. */
export type ScriptedTurn = Turn | ((seen: Seen) => Turn);

export interface Seen {
  /** Texts of the results of tools, in order. */
  readonly results: readonly string[];
  /** Names of the tools that the request offers. */
  readonly tools: readonly string[];
}

export interface Endpoint {
  readonly url: string;
  /** Every byte that the model was sent, request by request. */
  readonly bodies: readonly string[];
  /** Turns that nobody asked for. */
  left(): { readonly main: number; readonly subagent: number };
  close(): Promise<void>;
}

interface Request {
  readonly model?: string;
  readonly tools?: readonly { readonly name: string }[];
  readonly messages?: readonly {
    readonly role: string;
    readonly content: string | readonly { readonly type: string; readonly content?: unknown }[];
  }[];
}

/**
 * A Messages endpoint on the loopback that plays a script: the model of a real host, without a model. The turns of the main
 * conversation and of subagents are two lists; subagents are told by the host's own header.
 */
export async function scriptedEndpoint(script: {
  readonly main: readonly ScriptedTurn[];
  readonly subagent?: readonly ScriptedTurn[];
}): Promise<Endpoint> {
  const main = [...script.main];
  const subagent = [...(script.subagent ?? [])];
  const bodies: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    if (request.method !== "POST" || !/^\/v1\/messages(?:\?|$)/.test(request.url ?? "")) {
      response.writeHead(404).end();
      return;
    }
    bodies.push(body);
    const asked = JSON.parse(body) as Request;
    // A request without tools is the host's own (a title, a summary): any words do.
    const list = request.headers["x-claude-code-agent-id"] === undefined ? main : subagent;
    const scripted = (asked.tools ?? []).length === 0 ? undefined : list.shift();
    const turn = typeof scripted === "function" ? scripted(seenIn(asked)) : (scripted ?? { say: "Done." });
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const [type, data] of eventsOf(turn, asked.model ?? "model", bodies.length))
      response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
    response.end();
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    left: () => ({ main: main.length, subagent: subagent.length }),
    close: () =>
      new Promise((closed) => {
        server.closeAllConnections();
        server.close(() => closed());
      }),
  };
}

function seenIn({ messages = [], tools = [] }: Request): Seen {
  const results: string[] = [];
  for (const { content } of messages) {
    if (typeof content === "string") continue;
    for (const block of content) if (block.type === "tool_result") results.push(textIn(block.content));
  }
  return { results, tools: tools.map(({ name }) => name) };
}

function textIn(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return (content as readonly { readonly text?: string }[]).map(({ text }) => text ?? "").join("");
}

type Event = readonly [string, object];

function eventsOf(turn: Turn, model: string, number: number): readonly Event[] {
  const blocks: readonly (readonly [object, object])[] =
    "say" in turn
      ? [
          [
            { type: "text", text: "" },
            { type: "text_delta", text: turn.say },
          ],
        ]
      : turn.call.map(({ tool, input }, index) => [
          { type: "tool_use", id: `toolu_${number}_${index}`, name: tool, input: {} },
          { type: "input_json_delta", partial_json: JSON.stringify(input) },
        ]);
  const usage = { input_tokens: 10, output_tokens: 10 };
  return [
    [
      "message_start",
      {
        message: {
          id: `msg_${number}`,
          type: "message",
          role: "assistant",
          model,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage,
        },
      },
    ],
    ...blocks.flatMap(([block, delta], index): Event[] => [
      ["content_block_start", { index, content_block: block }],
      ["content_block_delta", { index, delta }],
      ["content_block_stop", { index }],
    ]),
    [
      "message_delta",
      { delta: { stop_reason: "say" in turn ? "end_turn" : "tool_use", stop_sequence: null }, usage },
    ],
    ["message_stop", {}],
  ];
}

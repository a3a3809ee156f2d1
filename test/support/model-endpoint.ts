import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { subagents } from "../../src/agent/subagents/subagents.ts";

/** A request to the endpoint, as the program sent it. */
export interface Asked {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Every byte that a model would see. */
  readonly bytes: string;
  /** Which subagent asks, by its instructions. */
  readonly subagent: string;
  /** Requests of this subagent so far, from 0. */
  readonly turn: number;
  /** Results of the calls of the turn before, in order. */
  readonly results: readonly { readonly text: string; readonly isError: boolean }[];
  readonly tools: readonly string[];
}

/** What a scripted model says in one turn. */
export interface Reply {
  readonly text?: string;
  /** Arguments as data, or as the raw text that a model wrote. */
  readonly calls?: readonly { readonly name: string; readonly args: unknown }[];
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The connection ends before the answer is whole. */
  readonly truncated?: true;
  /** Nothing is answered. */
  readonly hangs?: true;
  readonly stopReason?: "max_tokens" | "refusal";
  readonly usage?: { readonly input: number; readonly output: number };
}

export type Script = (asked: Asked) => Reply;

export interface Endpoint {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** The environment that makes `ask` use it. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** An endpoint on this machine that speaks the Messages protocol and Chat Completions, streaming, by a script. */
export async function modelEndpoint(
  script: Script,
  protocol: "anthropic" | "openai" = "anthropic",
): Promise<Endpoint> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void body(request).then((bytes) => {
      const one = read(request, bytes, asked);
      asked.push(one);
      answer(response, script(one), request.url?.includes("chat/completions") === true);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    asked,
    env:
      protocol === "anthropic"
        ? { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "test-key-that-must-not-leak" }
        : {
            OPENAI_BASE_URL: `${url}/v1`,
            OPENAI_API_KEY: "test-key-that-must-not-leak",
            KUBEOPS_MODEL: "local",
          },
    close: () => close(server),
  };
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => void server.close(() => resolve()));
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

interface Message {
  readonly role: string;
  readonly content?: unknown;
}

function read(request: IncomingMessage, bytes: string, before: readonly Asked[]): Asked {
  const json = JSON.parse(bytes) as {
    readonly system?: readonly { readonly text: string }[];
    readonly messages: readonly Message[];
    readonly tools?: readonly { readonly name?: string; readonly function?: { readonly name: string } }[];
  };
  const system = json.system?.[0]?.text ?? (json.messages[0]?.content as string);
  const subagent = subagents.find(({ prompt }) => prompt === system)?.name ?? "unknown";
  return {
    path: request.url ?? "",
    headers: request.headers as Record<string, string | undefined>,
    bytes,
    subagent,
    turn: before.filter((one) => one.subagent === subagent).length,
    results: resultsOf(json.messages),
    tools: (json.tools ?? []).map((tool) => tool.name ?? tool.function?.name ?? ""),
  };
}

function resultsOf(messages: readonly Message[]): Asked["results"] {
  const last = messages.at(-1);
  if (last?.role === "tool") {
    const from = messages.findLastIndex(({ role }) => role !== "tool");
    return messages.slice(from + 1).map(({ content }) => ({ text: content as string, isError: false }));
  }
  const parts = Array.isArray(last?.content) ? (last.content as Record<string, unknown>[]) : [];
  return parts
    .filter((part) => part["type"] === "tool_result")
    .map((part) => ({ text: part["content"] as string, isError: part["is_error"] === true }));
}

function answer(response: ServerResponse, reply: Reply, chat: boolean): void {
  if (reply.hangs === true) return;
  if (reply.status !== undefined) {
    response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers });
    response.end(reply.body ?? "{}");
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const frames = chat ? chatFrames(reply) : messageFrames(reply);
  const sent = reply.truncated === true ? frames.slice(0, Math.max(1, frames.length - 3)) : frames;
  for (const frame of sent) response.write(frame);
  response.end();
}

const jsonOf = (args: unknown): string => (typeof args === "string" ? args : JSON.stringify(args));

function messageFrames(reply: Reply): string[] {
  const frame = (type: string, rest: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
  const usage = reply.usage ?? { input: 100, output: 20 };
  const blocks = [
    ...(reply.text === undefined
      ? []
      : [{ start: { type: "text", text: "" }, delta: { type: "text_delta", text: reply.text } }]),
    ...(reply.calls ?? []).map(({ name, args }, index) => ({
      start: { type: "tool_use", id: `toolu_${index}`, name, input: {} },
      delta: { type: "input_json_delta", partial_json: jsonOf(args) },
    })),
  ];
  const stop = reply.stopReason ?? ((reply.calls?.length ?? 0) > 0 ? "tool_use" : "end_turn");
  return [
    frame("message_start", {
      message: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "scripted",
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: usage.input, output_tokens: 1 },
      },
    }),
    ...blocks.flatMap(({ start, delta }, index) => [
      frame("content_block_start", { index, content_block: start }),
      frame("content_block_delta", { index, delta }),
      frame("content_block_stop", { index }),
    ]),
    frame("message_delta", {
      delta: { stop_reason: stop, stop_sequence: null },
      usage: { output_tokens: usage.output },
    }),
    frame("message_stop", {}),
  ];
}

function chatFrames(reply: Reply): string[] {
  const frame = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
  const chunk = (delta: object, finish: string | null = null): string =>
    frame({
      id: "c",
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
  const usage = reply.usage ?? { input: 100, output: 20 };
  const calls = reply.calls ?? [];
  const finish =
    reply.stopReason === "max_tokens"
      ? "length"
      : reply.stopReason === "refusal"
        ? "content_filter"
        : calls.length > 0
          ? "tool_calls"
          : "stop";
  return [
    chunk({ role: "assistant", content: reply.text ?? "" }),
    ...calls.flatMap(({ name, args }, index) => [
      chunk({
        tool_calls: [{ index, id: `call_${index}`, type: "function", function: { name, arguments: "" } }],
      }),
      // In two parts, as a stream brings them.
      ...halves(jsonOf(args)).map((part) =>
        chunk({ tool_calls: [{ index, function: { arguments: part } }] }),
      ),
    ]),
    chunk({}, finish),
    frame({ choices: [], usage: { prompt_tokens: usage.input, completion_tokens: usage.output } }),
    "data: [DONE]\n\n",
  ];
}

function halves(text: string): string[] {
  const middle = Math.floor(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}

/** What each subagent says, turn by turn; after its last turn it is done. */
export function bySubagent(turns: Readonly<Record<string, readonly Reply[]>>): Script {
  return ({ subagent, turn }) => turns[subagent]?.[turn] ?? { text: "done" };
}

/** The same, each subagent with all its calls in one turn. */
export function calling(calls: Readonly<Record<string, readonly (readonly [string, unknown])[]>>): Script {
  return bySubagent(
    Object.fromEntries(
      Object.entries(calls).map(([subagent, list]) => [
        subagent,
        [{ calls: list.map(([name, args]) => ({ name, args })) }],
      ]),
    ),
  );
}

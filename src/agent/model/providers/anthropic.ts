import type {
  MessageCreateParamsStreaming,
  RawMessageStreamEvent,
} from "@anthropic-ai/sdk/resources/messages";
import { OpsError } from "../../../kube/ops-error.ts";
import type { EndReason, ModelEvent, ModelMessage, ModelPort, ModelRequest, Usage } from "../model-port.ts";
import { type Idle, idleAbort } from "../wire/idle.ts";
import { limitedAnswer, TooLarge } from "../wire/sse.ts";
import { badAnswer, brokenOff, statusError, transient, unreachable } from "../wire/model-error.ts";

export interface AnthropicOptions {
  readonly base: URL;
  readonly model: string;
  readonly key: string;
  readonly idleMilliseconds: number;
}

const PROVIDER = "anthropic";
/** Far more than a subagent has tools. */
const MAX_CALLS = 128;

/**
 * The Messages protocol through the vendor's SDK, which is loaded at the first request. Its own retries are off (retrying.ts
 * does them), so are its tracing, its logging, and every setting that it would take from the environment.
 */
export function anthropic(options: AnthropicOptions): ModelPort {
  return {
    provider: PROVIDER,
    model: options.model,
    send: (request, signal) => send(options, request, signal),
  };
}

async function* send(
  options: AnthropicOptions,
  request: ModelRequest,
  outer: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const { default: Anthropic } = await import("@anthropic-ai/sdk");
  const client = new Anthropic({
    apiKey: options.key,
    baseURL: options.base.href.replace(/\/+$/u, ""),
    maxRetries: 0,
    logLevel: "off",
    openTelemetry: false,
    // The key goes where the operator said, and nowhere that an answer says.
    fetchOptions: { redirect: "error" },
    // The SDK reads whatever comes; an endpoint may not fill the memory.
    fetch: async (url, init) => limitedAnswer(await fetch(url, init)),
  });
  const idle = idleAbort(outer, options.idleMilliseconds);
  try {
    const stream = await client.messages.create(paramsOf(options.model, request), { signal: idle.signal });
    yield* read(stream, idle);
  } catch (cause) {
    outer.throwIfAborted();
    throw OpsError.is(cause) ? cause : failure(cause, options.base, idle.silent());
  } finally {
    idle.close();
  }
}

function failure(cause: unknown, base: URL, silent: boolean): OpsError {
  if (cause instanceof TooLarge || (cause as Error | undefined)?.cause instanceof TooLarge)
    return badAnswer(PROVIDER, "it is too large");
  if (silent) return unreachable(PROVIDER, `${base.host} (it says nothing)`);
  const { status, headers, type } = cause as {
    readonly status?: unknown;
    readonly headers?: Headers;
    readonly type?: unknown;
  };
  if (typeof status === "number") return statusError(PROVIDER, status, headers?.get("retry-after") ?? null);
  // An error inside the stream has no status, but a type (docs: streaming, error events).
  if (type === "overloaded_error" || type === "rate_limit_error" || type === "api_error") {
    return transient(
      new OpsError("MODEL_BUSY", `${PROVIDER} is overloaded or limits the rate`, { hint: "try again later" }),
    );
  }
  if (typeof type === "string")
    return statusError(PROVIDER, type === "authentication_error" ? 401 : 400, null);
  return (cause as Error | undefined)?.name === "APIConnectionError"
    ? unreachable(PROVIDER, base.host)
    : brokenOff(PROVIDER);
}

function paramsOf(model: string, request: ModelRequest): MessageCreateParamsStreaming {
  const cache = request.cachePrefix ? { cache_control: { type: "ephemeral" as const } } : {};
  return {
    model,
    max_tokens: request.maxOutputTokens,
    // Tools stand before the system text in the prefix that is kept: one mark holds both.
    system: [{ type: "text", text: request.system, ...cache }],
    messages: request.messages.map(messageOf),
    tools: request.tools.map(({ name, description, input }) => ({
      name,
      description,
      input_schema: { ...input, type: "object" as const },
    })),
    stream: true,
  };
}

function messageOf(message: ModelMessage): MessageCreateParamsStreaming["messages"][number] {
  if (message.role === "user") {
    return {
      role: "user",
      content: message.parts.map((part) =>
        part.type === "text"
          ? { type: "text", text: part.text }
          : { type: "tool_result", tool_use_id: part.id, content: part.text, is_error: part.isError },
      ),
    };
  }
  return {
    role: "assistant",
    content: message.parts.map((part) =>
      part.type === "text"
        ? { type: "text", text: part.text }
        : { type: "tool_use", id: part.id, name: part.name, input: asInput(part.json) },
    ),
  };
}

/** What the model wrote, for its own history; what was no object is told as such. */
function asInput(json: string): object {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Below.
  }
  return { unreadable: true };
}

async function* read(stream: AsyncIterable<RawMessageStreamEvent>, idle: Idle): AsyncGenerator<ModelEvent> {
  const calls = new Map<number, { readonly id: string; readonly name: string; json: string }>();
  let usage: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  let reason: EndReason | undefined;
  let stopped = false;
  for await (const event of stream) {
    idle.beat();
    switch (event.type) {
      case "message_start": {
        const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens } = event.message.usage;
        usage = {
          ...usage,
          input: count(input_tokens),
          cacheRead: count(cache_read_input_tokens),
          cacheWrite: count(cache_creation_input_tokens),
        };
        break;
      }
      case "content_block_start":
        if (event.content_block.type === "tool_use") {
          if (calls.size >= MAX_CALLS) throw badAnswer(PROVIDER, "too many calls in one turn");
          const { id, name } = event.content_block;
          calls.set(event.index, { id, name, json: "" });
        }
        break;
      case "content_block_delta":
        if (event.delta.type === "text_delta") yield { type: "text", text: event.delta.text };
        if (event.delta.type === "input_json_delta") {
          const call = calls.get(event.index);
          if (call === undefined) throw badAnswer(PROVIDER, "arguments of no call");
          call.json += event.delta.partial_json;
        }
        break;
      case "content_block_stop": {
        const call = calls.get(event.index);
        if (call !== undefined)
          yield {
            type: "tool-call",
            id: call.id,
            name: call.name,
            json: call.json === "" ? "{}" : call.json,
          };
        break;
      }
      case "message_delta":
        usage = { ...usage, output: count(event.usage.output_tokens) };
        reason = endOf(event.delta.stop_reason);
        break;
      case "message_stop":
        stopped = true;
    }
  }
  if (!stopped || reason === undefined) throw brokenOff(PROVIDER);
  yield { type: "usage", usage };
  yield { type: "end", reason };
}

function count(value: number | null | undefined): number {
  return typeof value === "number" && value > 0 ? Math.trunc(value) : 0;
}

function endOf(reason: string | null): EndReason {
  if (reason === "tool_use") return "tools";
  if (reason === "max_tokens" || reason === "model_context_window_exceeded") return "length";
  return reason === "refusal" ? "refusal" : "done";
}

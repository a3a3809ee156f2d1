import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../../kube/json.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import { below } from "../endpoint.ts";
import type { EndReason, ModelEvent, ModelMessage, ModelPort, ModelRequest } from "../model-port.ts";
import { idleAbort } from "../wire/idle.ts";
import { badAnswer, brokenOff, statusError, unreachable } from "../wire/model-error.ts";
import { eventData, TooLarge } from "../wire/sse.ts";

export interface OpenAiOptions {
  readonly base: URL;
  readonly model: string;
  /** Absent: no credential is sent (a model on this machine). */
  readonly key?: string;
  /** Azure: the key goes in its own header, and the version in the query. */
  readonly azureApiVersion?: string;
  readonly idleMilliseconds: number;
}

const PROVIDER = "openai-compatible";

/**
 * The Chat Completions protocol, as OpenAI, Azure OpenAI, Ollama and vLLM speak it
 * (platform.openai.com/docs/api-reference/chat/streaming). Redirects are refused: the key goes where the operator said.
 */
export function openAiCompatible(options: OpenAiOptions): ModelPort {
  return {
    provider: PROVIDER,
    model: options.model,
    send: (request, signal) => send(options, request, signal),
  };
}

async function* send(
  options: OpenAiOptions,
  request: ModelRequest,
  outer: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const idle = idleAbort(outer, options.idleMilliseconds);
  try {
    const response = await post(options, request, idle.signal);
    idle.beat();
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw statusError(PROVIDER, response.status, response.headers.get("retry-after"));
    }
    yield* read(response.body, idle.beat);
  } catch (cause) {
    outer.throwIfAborted();
    if (OpsError.is(cause)) throw cause;
    if (cause instanceof TooLarge) throw badAnswer(PROVIDER, "it is too large");
    if (idle.silent()) throw unreachable(PROVIDER, `${options.base.host} (it says nothing)`, cause);
    throw brokenOff(PROVIDER, cause);
  } finally {
    idle.close();
  }
}

async function post(options: OpenAiOptions, request: ModelRequest, signal: AbortSignal): Promise<Response> {
  const url = below(options.base, "chat/completions");
  if (options.azureApiVersion !== undefined) url.searchParams.set("api-version", options.azureApiVersion);
  const headers: Record<string, string> = { "content-type": "application/json", accept: "text/event-stream" };
  if (options.key !== undefined) {
    if (options.azureApiVersion === undefined) headers["authorization"] = `Bearer ${options.key}`;
    else headers["api-key"] = options.key;
  }
  try {
    return await fetch(url, {
      method: "POST",
      headers,
      body: JSON.stringify(bodyOf(options, request)),
      redirect: "error",
      signal,
    });
  } catch (cause) {
    throw unreachable(PROVIDER, url.host, cause);
  }
}

function bodyOf(options: OpenAiOptions, request: ModelRequest): JsonObject {
  // OpenAI's newer models refuse max_tokens; servers that only speak its protocol know nothing else.
  const vendor = options.azureApiVersion !== undefined || options.base.hostname === "api.openai.com";
  return {
    model: options.model,
    messages: [{ role: "system", content: request.system }, ...request.messages.flatMap(messagesOf)],
    tools: request.tools.map(({ name, description, input }) => ({
      type: "function",
      function: { name, description, parameters: input },
    })),
    [vendor ? "max_completion_tokens" : "max_tokens"]: request.maxOutputTokens,
    stream: true,
    stream_options: { include_usage: true },
  };
}

function messagesOf(message: ModelMessage): JsonObject[] {
  if (message.role === "assistant") {
    const text = message.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("");
    const calls = message.parts.flatMap((part): JsonObject[] =>
      part.type === "tool-call"
        ? [{ id: part.id, type: "function", function: { name: part.name, arguments: validJson(part.json) } }]
        : [],
    );
    return [
      {
        role: "assistant",
        content: text === "" ? null : text,
        ...(calls.length === 0 ? {} : { tool_calls: calls }),
      },
    ];
  }
  return message.parts.map((part) =>
    part.type === "text"
      ? { role: "user", content: part.text }
      : { role: "tool", tool_call_id: part.id, content: part.text },
  );
}

/** Servers refuse a history whose arguments are no JSON; what was wrong with them stands in the answer to the call. */
function validJson(json: string): string {
  try {
    JSON.parse(json);
    return json;
  } catch {
    return "{}";
  }
}

interface Call {
  id: string;
  name: string;
  json: string;
}

async function* read(body: AsyncIterable<Uint8Array>, beat: () => void): AsyncGenerator<ModelEvent> {
  const calls = new Map<number, Call>();
  let reason: EndReason | undefined;
  let done = false;
  for await (const data of eventData(body)) {
    beat();
    if (data === "[DONE]") {
      done = true;
      break;
    }
    const chunk = parse(data);
    if (isObject(chunk["error"])) throw brokenOff(PROVIDER);
    const usage = chunk["usage"];
    if (isObject(usage)) yield { type: "usage", usage: usageOf(usage) };
    const choice = valueAt(chunk, ["choices", 0]);
    if (!isObject(choice)) continue;
    const text = valueAt(choice, ["delta", "content"]);
    if (typeof text === "string" && text !== "") yield { type: "text", text };
    collect(calls, valueAt(choice, ["delta", "tool_calls"]));
    const finish = choice["finish_reason"];
    if (typeof finish === "string") reason = endOf(finish);
  }
  if (reason === undefined || (!done && calls.size > 0)) throw brokenOff(PROVIDER);
  for (const [, call] of [...calls].sort(([left], [right]) => left - right))
    yield { type: "tool-call", ...call };
  yield { type: "end", reason: calls.size > 0 && reason === "done" ? "tools" : reason };
}

function parse(data: string): JsonObject {
  try {
    const value = JSON.parse(data) as Json;
    if (isObject(value)) return value;
  } catch {
    // Told below: the text of a parser's error echoes the answer.
  }
  throw badAnswer(PROVIDER, "an event is no JSON object");
}

/** Most calls of one turn that are kept; a model that asks for more at once is told so by the loop. */
const MAX_CALLS = 128;

function collect(calls: Map<number, Call>, deltas: Json | undefined): void {
  for (const delta of isArray(deltas) ? deltas : []) {
    if (!isObject(delta)) continue;
    const index = typeof delta["index"] === "number" ? delta["index"] : 0;
    if (!calls.has(index) && calls.size >= MAX_CALLS) throw badAnswer(PROVIDER, "too many calls in one turn");
    const call = calls.get(index) ?? { id: "", name: "", json: "" };
    calls.set(index, call);
    const [id, name, json] = [
      delta["id"],
      valueAt(delta, ["function", "name"]),
      valueAt(delta, ["function", "arguments"]),
    ];
    if (typeof id === "string") call.id = id;
    if (typeof name === "string") call.name += name;
    if (typeof json === "string") call.json += json;
  }
}

function endOf(finish: string): EndReason {
  if (finish === "tool_calls" || finish === "function_call") return "tools";
  if (finish === "length") return "length";
  return finish === "content_filter" ? "refusal" : "done";
}

function usageOf(usage: JsonObject): {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
} {
  const count = (value: Json | undefined): number =>
    typeof value === "number" && value > 0 ? Math.trunc(value) : 0;
  const cached = count(valueAt(usage, ["prompt_tokens_details", "cached_tokens"]));
  return {
    input: Math.max(0, count(usage["prompt_tokens"]) - cached),
    output: count(usage["completion_tokens"]),
    cacheRead: cached,
    cacheWrite: 0,
  };
}

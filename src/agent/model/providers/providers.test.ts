import { afterEach, describe, expect, test } from "vitest";
import { type Endpoint, modelEndpoint, type Script } from "../../../../test/support/model-endpoint.ts";
import { below } from "../endpoint.ts";
import type { ModelEvent, ModelPort, ModelRequest } from "../model-port.ts";
import { anthropic } from "./anthropic.ts";
import { openAiCompatible } from "./openai-compatible.ts";

const request: ModelRequest = {
  system: "You help.",
  messages: [
    { role: "user", parts: [{ type: "text", text: "hello" }] },
    {
      role: "assistant",
      parts: [
        { type: "tool-call", id: "a", name: "deploy", json: '{"x":1}' },
        { type: "tool-call", id: "b", name: "deploy", json: "{not json" },
      ],
    },
    {
      role: "user",
      parts: [
        { type: "tool-result", id: "a", text: "recorded", isError: false },
        { type: "tool-result", id: "b", text: "no JSON", isError: true },
      ],
    },
  ],
  tools: [
    {
      name: "deploy",
      description: "d",
      input: { type: "object", properties: {}, additionalProperties: false },
    },
  ],
  maxOutputTokens: 64,
  cachePrefix: true,
};

describe("providers, against an endpoint that speaks their protocols", () => {
  let endpoint: Endpoint;
  afterEach(() => endpoint.close());

  const answer: Script = () => ({
    text: "é",
    calls: [
      { name: "deploy", args: { name: "api", note: "…" } },
      { name: "scale", args: '{"broken' },
    ],
    usage: { input: 50, output: 7 },
  });
  const port = (name: "anthropic" | "openai" | "azure", idleMilliseconds = 30_000): ModelPort => {
    const options = { model: "m", key: "k", idleMilliseconds };
    if (name === "anthropic") return anthropic({ base: new URL(endpoint.url), ...options });
    if (name === "openai") return openAiCompatible({ base: new URL(`${endpoint.url}/v1/`), ...options });
    const base = below(new URL(endpoint.url), "openai/deployments/m");
    return openAiCompatible({ base, azureApiVersion: "2024-10-21", ...options });
  };
  async function all(
    from: ModelPort,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<ModelEvent[]> {
    const list: ModelEvent[] = [];
    for await (const event of from.send(request, signal)) list.push(event);
    return list;
  }

  test.each(["anthropic", "openai", "azure"] as const)(
    "%s gives the same events for the same answer",
    async (name) => {
      endpoint = await modelEndpoint(answer);
      const events = await all(port(name));
      expect(
        events.filter(({ type }) => type !== "usage").map((event) => ({ ...event, id: undefined })),
      ).toEqual([
        { type: "text", text: "é" },
        { type: "tool-call", name: "deploy", json: '{"name":"api","note":"…"}' },
        { type: "tool-call", name: "scale", json: '{"broken' },
        { type: "end", reason: "tools" },
      ]);
      expect(events.find(({ type }) => type === "usage")).toEqual({
        type: "usage",
        usage: { input: 50, output: 7, cacheRead: 0, cacheWrite: 0 },
      });
    },
  );

  test("the Messages request: one mark keeps instructions and tools, results carry their errors", async () => {
    endpoint = await modelEndpoint(answer);
    await all(port("anthropic"));
    const [asked] = endpoint.asked;
    expect(asked?.path).toBe("/v1/messages");
    expect(asked?.headers["authorization"]).toBe("Bearer k");
    expect(JSON.parse(asked?.bytes ?? "{}")).toEqual({
      model: "m",
      max_tokens: 64,
      stream: true,
      system: [{ type: "text", text: "You help.", cache_control: { type: "ephemeral" } }],
      tools: [
        {
          name: "deploy",
          description: "d",
          input_schema: { type: "object", properties: {}, additionalProperties: false },
        },
      ],
      messages: [
        { role: "user", content: [{ type: "text", text: "hello" }] },
        {
          role: "assistant",
          content: [
            { type: "tool_use", id: "a", name: "deploy", input: { x: 1 } },
            { type: "tool_use", id: "b", name: "deploy", input: { unreadable: true } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "a", content: "recorded", is_error: false },
            { type: "tool_result", tool_use_id: "b", content: "no JSON", is_error: true },
          ],
        },
      ],
    });
  });

  test("the Chat Completions request, and Azure's way to carry key and version", async () => {
    endpoint = await modelEndpoint(answer);
    await all(port("openai"));
    await all(port("azure"));
    const [chat, azure] = endpoint.asked;
    expect(chat?.path).toBe("/v1/chat/completions");
    expect(chat?.headers["authorization"]).toBe("Bearer k");
    const body = JSON.parse(chat?.bytes ?? "{}") as Record<string, unknown>;
    expect(body).toMatchObject({
      model: "m",
      max_tokens: 64,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(body["messages"]).toEqual([
      { role: "system", content: "You help." },
      { role: "user", content: "hello" },
      {
        role: "assistant",
        content: null,
        tool_calls: [
          { id: "a", type: "function", function: { name: "deploy", arguments: '{"x":1}' } },
          // Servers refuse a history that is no JSON.
          { id: "b", type: "function", function: { name: "deploy", arguments: "{}" } },
        ],
      },
      { role: "tool", tool_call_id: "a", content: "recorded" },
      { role: "tool", tool_call_id: "b", content: "no JSON" },
    ]);
    expect(azure?.path).toBe("/openai/deployments/m/chat/completions?api-version=2024-10-21");
    expect(azure?.headers["api-key"]).toBe("k");
    expect(azure?.headers["authorization"]).toBeUndefined();
    expect(JSON.parse(azure?.bytes ?? "{}")).toMatchObject({ max_completion_tokens: 64 });
  });

  test.each(["anthropic", "openai"] as const)(
    "%s: silence, a broken answer and each status are failures of ours, without the endpoint's text",
    async (name) => {
      for (const [reply, code] of [
        [{ hangs: true }, "MODEL_UNREACHABLE"],
        [{ text: "x", truncated: true }, "MODEL_UNREACHABLE"],
        [{ status: 401, body: '{"error":{"message":"key k-secret"}}' }, "MODEL_AUTH"],
        [{ status: 403, body: "k-secret" }, "MODEL_AUTH"],
        [{ status: 400, body: '{"error":{"message":"k-secret"}}' }, "MODEL_ANSWER"],
        [{ status: 429 }, "MODEL_BUSY"],
        [{ status: 500 }, "MODEL_BUSY"],
        [{ status: 529 }, "MODEL_BUSY"],
        [{ status: 302, headers: { location: "https://evil.example/" } }, "MODEL_UNREACHABLE"],
      ] as const) {
        endpoint = await modelEndpoint(() => reply);
        const failed = await all(port(name, "hangs" in reply ? 300 : undefined)).then(
          () => undefined,
          (error: unknown) => error,
        );
        expect(failed, JSON.stringify(reply)).toMatchObject({ code });
        expect(`${String(failed)} ${JSON.stringify(failed)}`).not.toContain("k-secret");
        await endpoint.close();
      }
    },
  );

  test.each(["anthropic", "openai"] as const)(
    "%s: an abort ends it with the abort's own reason",
    async (name) => {
      const controller = new AbortController();
      endpoint = await modelEndpoint(() => {
        controller.abort(new Error("the person left"));
        return { hangs: true };
      });
      await expect(all(port(name), controller.signal)).rejects.toThrow("the person left");
    },
  );
});

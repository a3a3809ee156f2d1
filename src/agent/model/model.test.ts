import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OpsError } from "../../kube/ops-error.ts";
import { modelEndpoint } from "./endpoint.ts";
import type { ModelEvent, ModelPort, ModelRequest } from "./model-port.ts";
import { costMicros, priceOf, prices } from "./prices.ts";
import { type ProviderChoice, modelPort } from "./provider-config.ts";
import { scripted } from "./providers/scripted.ts";
import { retrying } from "./retrying.ts";
import { brokenOff, statusError } from "./wire/model-error.ts";
import { eventData, limitedAnswer } from "./wire/sse.ts";

const request: ModelRequest = {
  system: "s",
  messages: [],
  tools: [],
  maxOutputTokens: 10,
  cachePrefix: true,
};

async function all<T>(events: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const event of events) list.push(event);
  return list;
}

describe("base URLs", () => {
  test.each([
    "https://api.example",
    "https://api.example/v1/",
    "http://127.0.0.1:11434/v1",
    "http://[::1]:1",
    "http://localhost:1",
  ])("%s is one", (url) => {
    expect(modelEndpoint(url, "X").href).toContain(new URL(url).host);
  });

  test.each([
    "http://api.example",
    "http://127.0.0.1.example",
    "http://localhost.example",
    "http://10.0.0.1",
    "http://0.0.0.0",
    "https://key@api.example",
    "https://api.example/?key=1",
    "https://api.example/#x",
    "file:///etc/passwd",
    "api.example",
    "",
  ])("%j is none", (url) => {
    expect(() => modelEndpoint(url, "X")).toThrow(OpsError);
  });
});

describe("providers", () => {
  const choose = (
    environment: ProviderChoice["environment"],
    more: Partial<ProviderChoice> = {},
  ): ModelPort => modelPort({ environment, without: "kubeops plan", ...more });
  const code = (work: () => unknown): string => {
    try {
      work();
      return "none";
    } catch (error) {
      return OpsError.is(error) ? error.code : "bug";
    }
  };

  test("the one that is set is asked", () => {
    expect(choose({ ANTHROPIC_API_KEY: "k" })).toMatchObject({
      provider: "anthropic",
      model: "claude-sonnet-5-5",
    });
    expect(choose({ OPENAI_BASE_URL: "http://127.0.0.1:1/v1", KUBEOPS_MODEL: "llama" })).toMatchObject({
      provider: "openai-compatible",
      model: "llama",
    });
    const both = { ANTHROPIC_API_KEY: "k", OPENAI_API_KEY: "k" };
    expect(code(() => choose(both))).toBe("MODEL_CONFIG");
    expect(choose(both, { provider: "openai-compatible", model: "x" }).model).toBe("x");
  });

  test("what is missing or odd is told, and no key is in a message", () => {
    const secret = "sk-0123456789abcdef";
    for (const [environment, more, expected] of [
      [{}, {}, "MODEL_MISSING"],
      [{ ANTHROPIC_API_KEY: "" }, {}, "MODEL_MISSING"],
      [{ OPENAI_API_KEY: secret }, {}, "MODEL_CONFIG"],
      [{ OPENAI_BASE_URL: "https://api.example/v1" }, { model: "m" }, "MODEL_MISSING"],
      [
        { AZURE_OPENAI_ENDPOINT: "https://x.openai.azure.com", AZURE_OPENAI_API_KEY: secret },
        { model: "m" },
        "MODEL_CONFIG",
      ],
      [{ ANTHROPIC_API_KEY: `${secret}\n${secret}` }, {}, "MODEL_CONFIG"],
      [{ ANTHROPIC_API_KEY_FILE: "/nonexistent" }, {}, "MODEL_CONFIG"],
      [{ ANTHROPIC_API_KEY: secret }, { model: "a b" }, "MODEL_CONFIG"],
      [{ ANTHROPIC_API_KEY: secret, ANTHROPIC_BASE_URL: `https://${secret}@x` }, {}, "MODEL_CONFIG"],
    ] as const) {
      expect(code(() => choose(environment, more))).toBe(expected);
      try {
        choose(environment, more);
      } catch (error) {
        expect(`${String(error)} ${(error as OpsError).hint ?? ""}`).not.toContain(secret);
      }
    }
  });
});

describe("retries", () => {
  const failing = (errors: readonly unknown[], waits: number[]): ModelPort => {
    let number = 0;
    const port = scripted(() => {
      const error = errors[number++];
      if (error !== undefined) throw error as Error;
      return [{ type: "end", reason: "done" }];
    });
    return retrying(port, {
      attempts: 4,
      baseSeconds: 1,
      mostSeconds: 60,
      sleep: (seconds) => {
        waits.push(seconds);
        return Promise.resolve();
      },
    });
  };

  test("what passes is waited for, longer each time, or as long as the provider says", async () => {
    const waits: number[] = [];
    const port = failing([statusError("p", 429, null), statusError("p", 503, "7"), brokenOff("p")], waits);
    const events = await all<ModelEvent>(port.send(request, new AbortController().signal));
    expect(waits).toEqual([1, 7, 4]);
    expect(events.map(({ type }) => type)).toEqual([
      "restart",
      "waiting",
      "restart",
      "waiting",
      "restart",
      "waiting",
      "end",
    ]);
  });

  test("what stays is told at once, and four times is enough", async () => {
    const waits: number[] = [];
    for (const [errors, expected] of [
      [[statusError("p", 401, null)], 0],
      [[statusError("p", 400, null)], 0],
      [[statusError("p", 429, "3600")], 0],
      [Array.from({ length: 9 }, () => statusError("p", 529, "0")), 3],
      [[new TypeError("a bug")], 0],
    ] as const) {
      waits.length = 0;
      await expect(all(failing(errors, waits).send(request, new AbortController().signal))).rejects.toThrow();
      expect(waits.length).toBe(expected);
    }
  });

  test("Ctrl-C ends the waiting", async () => {
    const controller = new AbortController();
    const port = retrying(
      scripted(() => {
        controller.abort(new OpsError("INTERRUPTED", "interrupted"));
        throw statusError("p", 529, "0");
      }),
      { attempts: 4, baseSeconds: 1, mostSeconds: 60, sleep: () => Promise.resolve() },
    );
    await expect(all(port.send(request, controller.signal))).rejects.toThrow("interrupted");
  });
});

describe("server-sent events", () => {
  async function* chunks(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
    await Promise.resolve();
    let at = 0;
    for (let index = 0; at < bytes.length; index++) {
      const size = sizes.length === 0 ? bytes.length : Math.max(1, sizes[index % sizes.length] ?? 1);
      yield bytes.subarray(at, at + size);
      at += size;
    }
  }

  test("the events are the same however the bytes are cut", async () => {
    const text = ': comment\nevent: x\ndata: {"a":"é😀"}\n\ndata: one\ndata: two\n\nid: 1\n\ndata: not whole';
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 7 })),
        fc.constantFrom("\n", "\r\n"),
        async (sizes, end) => {
          const bytes = new TextEncoder().encode(text.replaceAll("\n", end));
          expect(await all(eventData(chunks(bytes, sizes)))).toEqual(['{"a":"é😀"}', "one\ntwo"]);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("a long line in small pieces is joined once", async () => {
    // Each byte on its own: were the line put together again for each, this would copy 500 GB.
    const line = `data: ${"x".repeat(1_000_000)}\n\n`;
    const found = await all(eventData(chunks(new TextEncoder().encode(line), [1])));
    expect(found.map((one) => one.length)).toEqual([1_000_000]);
  });

  test("of an answer no more is read than the limit", async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1 << 20;
        controller.enqueue(new Uint8Array(1 << 20));
      },
    });
    const { body } = limitedAnswer(new Response(endless));
    await expect(new Response(body).arrayBuffer()).rejects.toThrow();
    expect(sent).toBeLessThan(40 << 20);
  });

  test("an endless line is given up", async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        await Promise.resolve();
        yield new Uint8Array(1 << 20).fill(0x61);
      }
    }
    await expect(all(eventData(endless()))).rejects.toThrow();
  });
});

describe("prices", () => {
  test("every row has a source, and a dated name of a model is that model", () => {
    for (const row of prices) expect(row.source).not.toBe("");
    expect(priceOf("claude-sonnet-4-5-20250929")?.input).toBe(3);
    expect(priceOf("claude-sonnet-4-50")).toBeUndefined();
    expect(priceOf("llama")).toBeUndefined();
  });

  test("cost is counted in millionths of a dollar, rounded up", () => {
    const price = priceOf("claude-haiku-4-5")!;
    expect(costMicros(price, { input: 1000, output: 100, cacheRead: 5, cacheWrite: 0 })).toBe(1501);
  });
});

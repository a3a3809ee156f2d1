import { describe, expect, test } from "vitest";
import type { ModelEvent, ModelPort, ModelRequest } from "../model/model-port.ts";
import { scripted } from "../model/providers/scripted.ts";
import { manifests } from "../subagents/manifests.ts";
import { subagents } from "../subagents/subagents.ts";
import type { AgentEvent } from "./agent-event.ts";
import { type Budget, newBudget } from "./budget.ts";
import { readTools } from "./read-tools.ts";
import { runSubagent, toolsOf } from "./run-subagent.ts";

const usage: ModelEvent = { type: "usage", usage: { input: 10, output: 5, cacheRead: 0, cacheWrite: 0 } };
const done: readonly ModelEvent[] = [usage, { type: "end", reason: "done" }];
const calls = (...list: readonly (readonly [string, string])[]): readonly ModelEvent[] => [
  ...list.map(([name, json], index): ModelEvent => ({ type: "tool-call", id: `c${index}`, name, json })),
  usage,
  { type: "end", reason: "tools" },
];

async function run(
  port: ModelPort,
  more: { readonly budget?: Budget; readonly signal?: AbortSignal } = {},
): Promise<{ readonly said: readonly object[]; readonly events: readonly AgentEvent[] }> {
  const events: AgentEvent[] = [];
  const { operations: said } = await runSubagent({
    subagent: manifests,
    request: "r",
    read: readTools([], false),
    port,
    budget: more.budget ?? newBudget({ tokens: 100_000 }, undefined),
    observe: (event) => void events.push(event),
    signal: more.signal ?? new AbortController().signal,
  });
  return { said, events };
}

const deploy = '{"name":"api","image":"nginx:1.29"}';

describe("a subagent's loop", () => {
  test("operations that parse are its answer; what does not is answered with what is wrong", async () => {
    const seen: ModelRequest[] = [];
    const answers = [
      calls(["deploy", deploy], ["deploy", "{"], ["restrict", "{}"], ["deploy", deploy]),
      done,
    ];
    const { said, events } = await run(
      scripted((request, turn) => {
        seen.push(request);
        return answers[turn] ?? done;
      }),
    );
    expect(said).toEqual([{ kind: "deploy", name: "api", image: "nginx:1.29" }]);
    expect(
      events.flatMap((event) => (event.type === "call" ? [`${event.call} ${event.outcome}`] : [])),
    ).toEqual(["deploy recorded", "deploy refused", "unknown refused", "deploy repeated"]);
    expect(
      seen[1]?.messages
        .at(-1)
        ?.parts.map((part) => (part.type === "tool-result" ? [part.text, part.isError] : part)),
    ).toEqual([
      ["recorded", false],
      ["the arguments are no JSON", true],
      ["there is no such tool; known: deploy, scale, edit_field", true],
      ["recorded already: do not repeat it", false],
    ]);
  });

  test("asking is told before the model hears of it (K20)", async () => {
    const order: string[] = [];
    await runSubagent({
      subagent: manifests,
      request: "r",
      read: readTools([], false),
      port: scripted(() => {
        order.push("sent");
        return done;
      }),
      budget: newBudget({ tokens: 100_000 }, undefined),
      observe: ({ type }) => void order.push(type),
      signal: new AbortController().signal,
    });
    expect(order).toEqual(["asking", "sent", "answered"]);
  });

  test("without a log nothing is asked (K20)", async () => {
    let sent = 0;
    const asking = runSubagent({
      subagent: manifests,
      request: "r",
      read: readTools([], false),
      port: scripted(() => {
        sent++;
        return done;
      }),
      budget: newBudget({ tokens: 100_000 }, undefined),
      observe: () => {
        throw new Error("the log cannot be written");
      },
      signal: new AbortController().signal,
    });
    await expect(asking).rejects.toThrow("the log cannot be written");
    expect(sent).toBe(0);
  });

  test("what came before a restart is void", async () => {
    const { said } = await run(
      scripted((_request, turn) =>
        turn === 0
          ? [
              { type: "tool-call", id: "x", name: "deploy", json: '{"name":"ghost","image":"nginx:1.29"}' },
              { type: "restart" },
              ...calls(["deploy", deploy]),
            ]
          : done,
      ),
    );
    expect(said).toEqual([{ kind: "deploy", name: "api", image: "nginx:1.29" }]);
  });

  test("an abort ends it between two events", async () => {
    const controller = new AbortController();
    const port: ModelPort = {
      provider: "p",
      model: "m",
      async *send() {
        await Promise.resolve();
        yield { type: "text", text: "x" };
        controller.abort(new Error("stop"));
        yield { type: "text", text: "y" };
      },
    };
    await expect(run(port, { signal: controller.signal })).rejects.toThrow("stop");
  });

  test("no subagent's instructions or tools hold those of another", () => {
    const read = readTools([], false);
    for (const subagent of subagents) {
      const others = subagents.filter((other) => other !== subagent);
      const names = toolsOf(subagent, read).map(({ name }) => name);
      expect(names).toEqual([...subagent.operations]);
      for (const other of others) expect(other.operations.some((name) => names.includes(name))).toBe(false);
    }
  });
});

describe("budgets", () => {
  test("what is not counted by the provider is counted by its size", () => {
    const budget = newBudget({ tokens: 1000 }, undefined);
    budget.spend({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }, { input: 300, output: 100 });
    expect(budget.tokens()).toBe(400);
    budget.reserve({ input: 500, output: 100 });
    expect(() => budget.reserve({ input: 501, output: 100 })).toThrow(
      "the next request needs about 601 tokens, and 600 of 1000 are left: nothing was planned",
    );
    expect(budget.micros()).toBeUndefined();
  });

  test("money is a limit of its own", () => {
    const price = { model: "m", input: 10, output: 50, cacheRead: 1, cacheWrite: 12, source: "test" };
    const budget = newBudget({ tokens: 1_000_000, micros: 20_000 }, price);
    budget.spend({ input: 1000, output: 100, cacheRead: 0, cacheWrite: 0 }, { input: 0, output: 0 });
    expect(budget.micros()).toBe(15_000);
    expect(() =>
      budget.spend({ input: 1000, output: 0, cacheRead: 0, cacheWrite: 0 }, { input: 0, output: 0 }),
    ).toThrow("the budget of money is used up");
  });
});

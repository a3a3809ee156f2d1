import { describe, expect, test } from "vitest";
import type { Recorded } from "../../audit/event.ts";
import { errorTable, type OpsErrorCode } from "../../kube/error-table.ts";
import { OpsError } from "../../kube/ops-error.ts";
import type { McpSession } from "../ports.ts";
import type { McpTool, Work } from "../tools/tool.ts";
import { toolOf } from "../tools/table.ts";
import { refusalView } from "../view/refusal-view.ts";
import { tooLarge } from "./bounded.ts";
import { gate } from "./gate.ts";
import { runCall } from "./run-call.ts";

const signal = new AbortController().signal;
const digest = `sha256:${"1".repeat(64)}`;

function world(options: { readonly record?: (event: Recorded) => void } = {}) {
  const events: Recorded[] = [];
  const lines: string[] = [];
  let open = 0;
  const session = {
    record: (event: Recorded) => {
      options.record?.(event);
      events.push(event);
    },
    close: () => {
      open--;
    },
  } as unknown as McpSession;
  return {
    events,
    lines,
    open: () => open,
    call: {
      ports: {
        open: () => {
          open++;
          return Promise.resolve(session);
        },
      },
      gate: gate(),
      report: (line: string) => void lines.push(line),
    },
  };
}

function toolWith(work: Work): McpTool {
  return {
    name: "show_plan",
    title: "",
    description: "",
    inputSchema: {},
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    read: () => ({ ok: true, plan: digest, work }),
  };
}

describe("a call", () => {
  test("is logged before it is worked at, with the digest of its arguments and the plan", async () => {
    const { call, events, open } = world();
    const seen: number[] = [];
    const answer = await runCall(
      toolWith(() => {
        seen.push(events.length);
        return { a: 1 };
      }),
      { x: 1 },
      call,
      signal,
    );
    expect(answer).toEqual({ value: { a: 1 }, isError: false });
    expect(seen).toEqual([1]);
    expect(events).toEqual([
      { type: "tool-call", call: "show_plan", plan: digest, request: expect.stringMatching(/^sha256:/) },
    ]);
    expect(open()).toBe(0);
  });

  test("K20 without a log there is no call", async () => {
    const { call, open } = world({
      record: () => {
        throw new OpsError("LOG_UNWRITABLE", "the disk is full at /secret/place");
      },
    });
    let worked = false;
    const answer = await runCall(
      toolWith(() => {
        worked = true;
        return {};
      }),
      {},
      call,
      signal,
    );
    expect(worked).toBe(false);
    expect(answer.value).toEqual({
      error: {
        code: "LOG_UNWRITABLE",
        message: "The audit log could not be written; without it there is no effect.",
      },
    });
    expect(open()).toBe(0);
  });

  test("a refusal and a bug are logged with their code, told to the operator, and shown without their message", async () => {
    for (const [error, code, line] of [
      [
        new OpsError("TARGET_DRIFT", "value hunter2 of /home/anna/x"),
        "TARGET_DRIFT",
        "show_plan: value hunter2 of /home/anna/x [TARGET_DRIFT]",
      ],
      [new TypeError("hunter2"), "BUG", "hunter2"],
    ] as const) {
      const { call, events, lines } = world();
      const answer = await runCall(
        toolWith(() => {
          throw error;
        }),
        {},
        call,
        signal,
      );
      expect(events.map(({ type }) => type)).toEqual(["tool-call", "refusal"]);
      expect(events[1]).toMatchObject({ call: "show_plan", plan: digest, code });
      expect(answer.isError).toBe(true);
      expect(JSON.stringify(answer)).not.toMatch(/hunter2|anna/);
      expect(lines.join("\n")).toContain(line);
    }
  });

  test("K17 of no error in the table does a message reach the model", () => {
    for (const code of Object.keys(errorTable) as OpsErrorCode[]) {
      const view = refusalView(
        new OpsError(code, "canary in a message", {
          hint: "canary in a hint",
          place: { file: "canary", line: 1, column: 1 },
        }),
      );
      expect(view).toMatchObject({ code, message: errorTable[code].when });
      expect(JSON.stringify(view)).not.toContain("canary");
    }
  });

  test("what is too large is refused before its form is looked at, and logged without a digest", async () => {
    const { call, events } = world();
    let read = false;
    const tool: McpTool = {
      ...toolWith(() => ({})),
      read: () => {
        read = true;
        return { ok: false, problems: [] };
      },
    };
    const answer = await runCall(tool, { manifests: "x".repeat(600_000) }, call, signal);
    expect(read).toBe(false);
    expect(answer.value).toMatchObject({ error: { code: "AGENT_LIMIT" } });
    expect(events).toEqual([
      { type: "tool-call", call: "show_plan" },
      { type: "refusal", call: "show_plan", code: "AGENT_LIMIT" },
    ]);
  });

  test("an answer that is too large is refused as a whole", async () => {
    const { call } = world();
    const answer = await runCall(
      toolWith(() => ({ text: "x".repeat(100_000) })),
      {},
      call,
      signal,
    );
    expect(answer.value).toMatchObject({ error: { code: "AGENT_LIMIT" } });
  });

  test("half of a surrogate pair in the arguments is no JSON to log", async () => {
    const { call } = world();
    const tool = toolOf("check");
    const answer = await runCall(tool as McpTool, { manifests: "\ud800" }, call, signal);
    expect(answer.value).toMatchObject({ error: { code: "AGENT_LIMIT" } });
  });
});

describe("the gate", () => {
  const limits = { atOnce: 2, waiting: 2, inAll: 7 };
  const pending = (): { promise: Promise<void>; end: () => void } => {
    let end = (): void => undefined;
    const promise = new Promise<void>((resolve) => {
      end = resolve;
    });
    return { promise, end };
  };

  test("lets some run, lets some wait, refuses more, and comes to rest", async () => {
    const calls = gate(limits);
    const works = Array.from({ length: 4 }, pending);
    let running = 0;
    let most = 0;
    const runs = works.map(({ promise }) =>
      calls.run(async () => {
        most = Math.max(most, ++running);
        await promise;
        running--;
      }, signal),
    );
    await expect(calls.run(() => Promise.resolve(), signal)).rejects.toThrow("2 calls wait already");
    for (const { end } of works) end();
    await Promise.all(runs);
    await calls.idle();
    expect([most, running]).toEqual([2, 0]);
    // Two more are as many as there may be in all.
    await calls.run(() => Promise.resolve(), signal);
    await calls.run(() => Promise.resolve(), signal);
    await expect(calls.run(() => Promise.resolve(), signal)).rejects.toThrow(
      "this process has answered 7 calls",
    );
  });

  test("who was cancelled while waiting gets nothing done; a failure frees its place", async () => {
    const calls = gate({ ...limits, atOnce: 1 });
    const first = pending();
    const running = calls.run(() => first.promise, signal);
    const cancel = new AbortController();
    let worked = false;
    const waiting = calls.run(() => {
      worked = true;
      return Promise.resolve();
    }, cancel.signal);
    cancel.abort();
    first.end();
    await running;
    expect(await waiting).toBe("cancelled");
    expect(worked).toBe(false);
    await expect(calls.run(() => Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
    await calls.idle();
    expect(await calls.run(() => Promise.resolve(1), signal)).toBe(1);
  });
});

describe("the size of arguments", () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
  test.each([
    ["nothing", {}, undefined],
    ["what a call needs", { manifests: "x".repeat(256 * 1024) }, undefined],
    [
      "too much text",
      { a: "x".repeat(300_000), b: "x".repeat(300_000) },
      "the arguments have more than 524288 characters",
    ],
    ["too long keys", { ["k".repeat(600_000)]: 1 }, "the arguments have more than 524288 characters"],
    [
      "too many values",
      { a: Array.from({ length: 20_001 }, () => 0) },
      "the arguments hold more than 20000 values",
    ],
    ["too deep", nested(40), "the arguments are nested deeper than 32"],
    [
      "deep enough to break a recursion",
      JSON.parse(`${"[".repeat(50_000)}${"]".repeat(50_000)}`),
      "the arguments are nested deeper than 32",
    ],
  ])("%s", (_, value, problem) => {
    expect(tooLarge(value)).toBe(problem);
  });
});

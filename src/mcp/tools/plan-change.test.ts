import { expect, test } from "vitest";
import type { Plan } from "../../plan/plan.ts";
import type { McpSession } from "../ports.ts";
import { planChangeTool } from "./plan-change.ts";

const args = { target: "gitops", namespace: "shop", operations: [{ kind: "commit_to_git" }] };

function sessionWith(plan: () => Promise<{ readonly plan: Plan }>): { session: McpSession; stored: Plan[] } {
  const stored: Plan[] = [];
  const session = {
    targets: [{ name: "gitops", kind: "git" }],
    plan,
    store: (made: Plan) => stored.push(made),
  } as unknown as McpSession;
  return { session, stored };
}

test("a call that is cancelled while its plan is made stores nothing", async () => {
  const cancel = new AbortController();
  const { session, stored } = sessionWith(async () => {
    cancel.abort();
    return { plan: {} as Plan };
  });
  const read = planChangeTool.read(args);
  expect(read.ok).toBe(true);
  if (!read.ok) return;
  await expect(read.work(session, cancel.signal)).rejects.toThrow("the call was cancelled");
  expect(stored).toEqual([]);
});

test("a target that is not offered is refused before anything is planned", async () => {
  let planned = false;
  const { session } = sessionWith(() => {
    planned = true;
    return Promise.resolve({ plan: {} as Plan });
  });
  const read = planChangeTool.read({ ...args, target: "other" });
  if (!read.ok) throw new Error("the arguments are good");
  await expect(read.work(session, new AbortController().signal)).rejects.toThrow(
    "the operator offers no target of this name",
  );
  expect(planned).toBe(false);
});

import { need, record, text } from "../../agent/operations/field.ts";
import { recordSchema } from "../../agent/operations/field-schema.ts";
import { nameGrammar } from "../../agent/operations/grammars.ts";
import { operationsSchema, parseOperations } from "../../agent/operations/operations.ts";
import { parseRecord } from "../../agent/operations/parse-field.ts";
import type { JsonObject } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { McpSession, PlanAsked } from "../ports.ts";
import { ROWS } from "../view/rows.ts";
import { safeCode } from "../view/safe.ts";
import type { McpTool, Read } from "./tool.ts";

interface Where {
  readonly target: string;
  readonly namespace: string;
}

const where = record<Where>({
  target: need(
    text({
      what: "the name of a target",
      pattern: /^[A-Za-z0-9](?:[A-Za-z0-9._#/:-]*[A-Za-z0-9])?$/u,
      most: 200,
    }),
    'Name of a target that the operator offers; explain with id "setup" lists them.',
  ),
  namespace: need(text(nameGrammar), "Namespace of the objects; the charter names those that may be used."),
});

const schema = recordSchema(where);

export const planChangeTool: McpTool = {
  name: "plan_change",
  title: "Plan a change",
  description:
    "Turns typed operations into a plan: complete objects, what would change at the target, what that widens, and whether " +
    "the charter allows it. Changes nothing; the plan is stored under its digest and must be approved by a person. " +
    "Give every operation of one change together: workloads, who may connect to whom, and commit_to_git for a " +
    "repository. There is no operation for YAML, files, commands or secret values. The answer is that of show_plan.",
  inputSchema: {
    ...schema,
    properties: { ...(schema["properties"] as JsonObject), operations: operationsSchema() },
    required: ["target", "namespace", "operations"],
  },
  // It reads the target over the network, and stores a file.
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  read,
};

function read(args: unknown): Read {
  if (typeof args !== "object" || args === null || Array.isArray(args))
    return { ok: false, problems: ["the arguments must be an object"] };
  const { operations, ...rest } = args as Readonly<Record<string, unknown>>;
  const problems: string[] = [];
  const place = parseRecord(where, rest, "", problems) as Where | undefined;
  const parsed = parseOperations(operations);
  if (place === undefined || !parsed.ok)
    return { ok: false, problems: [...problems, ...(parsed.ok ? [] : parsed.problems)] };
  const asked: PlanAsked = { ...place, operations: parsed.operations };
  return { ok: true, work: (session, signal) => make(asked, session, signal) };
}

/** Operations that contradict each other, or leave something open: there is no plan, and nobody guesses. */
function openView(questions: readonly { readonly code: string; readonly text?: string }[]): JsonObject {
  return {
    plan: null,
    questions: questions.slice(0, ROWS).map(({ code, text }) => ({
      code: safeCode(code),
      ...(text === undefined ? {} : { text: printable(text).slice(0, 500) }),
    })),
    next: "Ask the person, then say the operations again. Do not answer for them.",
  };
}

async function make(asked: PlanAsked, session: McpSession, signal: AbortSignal): Promise<JsonObject> {
  if (!session.targets.some(({ name }) => name === asked.target))
    throw new OpsError("TARGET_INVALID", "the operator offers no target of this name");
  const made = await session.plan(asked);
  if ("questions" in made) return openView(made.questions);
  const { plan } = made;
  // Who cancelled gets no plan stored.
  if (signal.aborted) throw new OpsError("INTERRUPTED", "the call was cancelled");
  session.store(plan);
  return (await import("../view/plan-view.ts")).planView(plan);
}

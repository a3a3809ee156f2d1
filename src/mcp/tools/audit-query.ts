import { choice, integer, may, record } from "../../agent/operations/field.ts";
import { auditEventTypes } from "../../audit/entry.ts";
import type { AuditEvent } from "../../audit/event.ts";
import type { JsonObject } from "../../kube/json.ts";
import { planMember } from "./inputs.ts";
import { type McpTool, reads, tool } from "./tool.ts";

interface AuditArguments {
  readonly plan?: string;
  readonly type?: AuditEvent["type"];
  readonly before?: number;
  readonly limit?: number;
}

export const auditQueryTool: McpTool = tool<AuditArguments>({
  name: "audit_query",
  title: "Query the audit log",
  description:
    "Lists entries of the audit log, newest first: what was planned, approved, applied, called and refused, by digests " +
    "and codes. Entries hold no value, no prompt and no name of a person. The log is verified before it is read.",
  input: record<AuditArguments>({
    plan: may(planMember.field, "Only entries about this plan: its whole digest."),
    type: may(choice(...auditEventTypes), "Only entries of this type."),
    before: may(integer(0, Number.MAX_SAFE_INTEGER), "Only entries with a lower index: to go on."),
    limit: may(integer(1, 100), "How many; default 20."),
  }),
  annotations: reads,
  run: ({ plan, type, before = Number.MAX_SAFE_INTEGER, limit = 20 }, session) => {
    const found: JsonObject[] = [];
    let total = 0;
    for (const { index, event } of session.entries()) {
      total = index + 1;
      if (index >= before) continue;
      if (plan !== undefined && event.plan !== plan) continue;
      if (type !== undefined && event.type !== type) continue;
      found.push(entryView(index, event));
      if (found.length > limit) found.shift();
    }
    return { logSize: total, entries: found.toReversed() };
  },
});

/** Members that are digests, codes and words of tables: nothing that names a person, a place or a file. */
const shown = [
  "type",
  "time",
  "plan",
  "verdict",
  "call",
  "request",
  "code",
  "charter",
  "approval",
  "presence",
  "trustRoot",
  "undoes",
] as const;

function entryView(index: number, event: AuditEvent): JsonObject {
  return {
    index,
    ...Object.fromEntries(
      shown.flatMap((member) => {
        const value = event[member];
        return value === undefined ? [] : [[member, value] as const];
      }),
    ),
  };
}

import { record } from "../../agent/operations/field.ts";
import { safeDigest, safeFile } from "../view/safe.ts";
import { type PlanArgument, planMember } from "./inputs.ts";
import { type McpTool, tool } from "./tool.ts";

export const applyPlanTool: McpTool = tool<PlanArgument>({
  name: "apply_plan",
  title: "Apply an approved plan",
  description:
    "Carries a plan out, exactly, once. It is refused unless approvals hold that persons signed with their own keys over " +
    "this very digest; call request_approval first. Everything is verified again right before: charter, approvals, and " +
    "that the target is what the plan saw. A run that was cut off is finished by the same call.",
  input: record<PlanArgument>({ plan: planMember }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  // Claude Code then asks its user each time, whatever its permission rules say. Our approval is a signature all the same.
  _meta: { "anthropic/requiresUserInteraction": true },
  plan: ({ plan }) => plan,
  run: async ({ plan }, session) => {
    const applied = await session.apply(session.find(plan));
    return {
      plan: safeDigest(applied.plan),
      done: true,
      alreadyDone: applied.alreadyDone,
      ...(applied.branch === undefined ? {} : { branch: safeFile(applied.branch) }),
      ...(applied.commit === undefined ? {} : { commit: safeFile(applied.commit) }),
      ...(applied.written === undefined ? {} : { objectsWritten: applied.written }),
      trustRoot: session.standing,
      next: "audit_query shows what was logged.",
    };
  },
});

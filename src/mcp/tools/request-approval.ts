import { record } from "../../agent/operations/field.ts";
import type { JsonObject } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import type { Plan } from "../../plan/plan.ts";
import type { McpSession } from "../ports.ts";
import { safeName } from "../view/safe.ts";
import { type PlanArgument, planMember } from "./inputs.ts";
import { type McpTool, reads, tool } from "./tool.ts";

export const requestApprovalTool: McpTool = tool<PlanArgument>({
  name: "request_approval",
  title: "Say how a person approves a plan",
  description:
    "Gives the commands with which a person reads a plan and signs it with their own key, and how many approvals hold " +
    "already. It approves nothing and no tool does: hand the commands to the person, word for word, and wait. Never run " +
    "them yourself.",
  input: record<PlanArgument>({ plan: planMember }),
  annotations: reads,
  plan: ({ plan }) => plan,
  run: ({ plan }, session) => approvalView(session.find(plan), session),
});

function approvalView(plan: Plan, session: McpSession): JsonObject {
  const { decision, approvals } = plan.verdict;
  if (decision === "denied") throw new OpsError("PLAN_DENIED", "a plan that is denied cannot be approved");
  const holding = approvals.required === 0 ? 0 : session.approvals(plan);
  return {
    plan: plan.digest,
    required: approvals.required,
    holding,
    approvers: approvals.approvers.map(safeName),
    securityKey: approvals.presence,
    trustRoot: session.standing,
    commands: [
      `kubeops show ${plan.digest} --objects`,
      `kubeops approve ${plan.digest} --key <the person's own key>`,
    ],
    next:
      holding >= approvals.required
        ? "apply_plan may be called."
        : "A person has to run the commands in a terminal of their own; then call apply_plan.",
  };
}

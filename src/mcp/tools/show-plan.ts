import { record } from "../../agent/operations/field.ts";
import { type PlanArgument, offsetMember, planMember } from "./inputs.ts";
import { type McpTool, reads, tool } from "./tool.ts";

interface ShowArguments extends PlanArgument {
  readonly offset?: number;
}

export const showPlanTool: McpTool = tool<ShowArguments>({
  name: "show_plan",
  title: "Show a plan",
  description:
    "Shows a stored plan as its reviewer sees it, without values: verdict with reasons, what it creates, changes and " +
    "deletes, what it widens and exposes, images, Secrets that must exist, findings. Long lists give their total; offset " +
    "goes on. A person reads the whole plan with: kubeops show <digest> --objects.",
  input: record<ShowArguments>({ plan: planMember, offset: offsetMember }),
  annotations: reads,
  plan: ({ plan }) => plan,
  run: async ({ plan, offset = 0 }, session) =>
    (await import("../view/plan-view.ts")).planView(session.find(plan), offset),
});

import { choice, may, record } from "../../agent/operations/field.ts";
import { type PlanArgument, offsetMember, planMember } from "./inputs.ts";
import { type McpTool, reads, tool } from "./tool.ts";

interface ShowArguments extends PlanArgument {
  readonly part?: "summary" | "objects";
  readonly offset?: number;
}

export const showPlanTool: McpTool = tool<ShowArguments>({
  name: "show_plan",
  title: "Show a plan",
  description:
    "Shows a stored plan as its reviewer sees it, without values: verdict with reasons, what it creates, changes and " +
    "deletes, what it widens and exposes, images, Secrets that must exist, findings. Long lists give their total; offset " +
    "goes on. A person reads the whole plan with: kubeops show <digest> --objects.",
  input: record<ShowArguments>({
    plan: planMember,
    part: may(
      choice("summary", "objects"),
      "summary, the default, or the objects to be applied: their structure, without values that may be secret.",
    ),
    offset: offsetMember,
  }),
  annotations: reads,
  plan: ({ plan }) => plan,
  run: async ({ plan: digest, part = "summary", offset = 0 }, session) => {
    const plan = session.find(digest);
    if (part === "summary") return (await import("../view/plan-view.ts")).planView(plan, offset);
    const { objectsView } = await import("../work/objects-view.ts");
    const objects = plan.changes.flatMap(({ object }) => (object === null ? [] : [object]));
    return { plan: digest, ...objectsView(objects, { editable: false, offset }) };
  },
});

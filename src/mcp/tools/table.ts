import { applyPlanTool } from "./apply-plan.ts";
import { auditQueryTool } from "./audit-query.ts";
import { checkTool } from "./check.ts";
import { explainTool } from "./explain.ts";
import { planChangeTool } from "./plan-change.ts";
import { requestApprovalTool } from "./request-approval.ts";
import { showPlanTool } from "./show-plan.ts";
import type { McpTool } from "./tool.ts";

/**
 * Everything that a model can call, in the order of tools/list. No tool approves, and none takes a path, a flag, a host, a
 * context or a key; a golden test pins what is published.
 */
export const mcpTools: readonly McpTool[] = [
  checkTool,
  explainTool,
  planChangeTool,
  showPlanTool,
  requestApprovalTool,
  applyPlanTool,
  auditQueryTool,
];

const byName: ReadonlyMap<string, McpTool> = new Map(mcpTools.map((tool) => [tool.name, tool]));

export function toolOf(name: string): McpTool | undefined {
  return byName.get(name);
}

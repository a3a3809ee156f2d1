import { existsSync } from "node:fs";
import { join } from "node:path";
import type { OwnRule } from "../analysis/checks/own-rules/own-rule.ts";
import type { PlanInput } from "../plan/build-plan.ts";
import type { CliContext } from "./context.ts";
import { SETTINGS_NAME } from "./settings-name.ts";

/**
 * The rules of the repository's own by which a plan is judged: those of `kubeops.yaml` in the folder in which the person
 * plans (of the MCP server: its operator's project folder), or of the file that a flag names. No operation of a model and
 * no argument of a tool leads here. To be read before anything is asked of a model or written.
 * @throws {OpsError} for settings that are wrong: a plan that left rules out unseen would be one that nobody asked for
 */
export async function rulesOfPlan(
  context: CliContext,
  named: string | undefined,
): Promise<Pick<PlanInput["request"], "rules">> {
  const active = await activeOwnRules(context, named);
  if (active.length === 0) return {};
  const { planRules } = await import("../plan/plan-rules.ts");
  return { rules: planRules(active) };
}

/** The same rules, compiled. */
export async function activeOwnRules(
  context: CliContext,
  named: string | undefined,
): Promise<readonly OwnRule[]> {
  if (named === undefined && !existsSync(join(context.cwd, SETTINGS_NAME))) return [];
  // Reading them takes the compiler of CEL.
  const [{ readSettings }, { activeRules }] = await Promise.all([
    import("./check-settings.ts"),
    import("../analysis/checks/settings/active-rules.ts"),
  ]);
  return activeRules(readSettings(context, named));
}

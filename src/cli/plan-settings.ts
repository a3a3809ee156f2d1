import type { OwnRule } from "../analysis/checks/own-rules/own-rule.ts";
import type { CheckSettings } from "../analysis/checks/settings/settings.ts";
import type { PlanInput } from "../plan/build-plan.ts";
import type { CliContext } from "./context.ts";
import { hasSettings } from "./settings-name.ts";

/**
 * What a plan takes from the settings of the repository: its own rules, and its exemptions, which count where the charter
 * says so. They are those of `kubeops.yaml` in the folder in which the person plans (of the MCP server: its operator's
 * project folder), or of the file that a flag names. No operation of a model and no argument of a tool leads here. To be
 * read before anything is asked of a model or written.
 * @throws {OpsError} for settings that are wrong: a plan that left rules out unseen would be one that nobody asked for
 */
export async function settingsOfPlan(context: CliContext, named: string | undefined): Promise<PlanSettings> {
  const read = await ownSettings(context, named);
  if (read === undefined) return {};
  const { planExemptions, planRules } = await import("../plan/plan-rules.ts");
  const { exemptions } = read.settings;
  return {
    ...(read.active.length === 0 ? {} : { rules: planRules(read.active) }),
    ...(exemptions.length === 0 ? {} : { exemptions: planExemptions(exemptions) }),
  };
}

export type PlanSettings = Pick<PlanInput["request"], "rules" | "exemptions">;

/** The rules of the repository's own that are on, compiled. */
export async function activeOwnRules(
  context: CliContext,
  named: string | undefined,
): Promise<readonly OwnRule[]> {
  return (await ownSettings(context, named))?.active ?? [];
}

interface OwnSettings {
  readonly settings: CheckSettings;
  readonly active: readonly OwnRule[];
}

async function ownSettings(context: CliContext, named: string | undefined): Promise<OwnSettings | undefined> {
  if (named === undefined && !hasSettings(context.cwd)) return undefined;
  // Reading them takes the compiler of CEL.
  const [{ readSettings }, { activeRules }] = await Promise.all([
    import("./check-settings.ts"),
    import("../analysis/checks/settings/active-rules.ts"),
  ]);
  const settings = readSettings(context, named);
  return { settings, active: activeRules(settings) };
}

import { isOn } from "../own-rules/own-findings.ts";
import type { OwnRule } from "../own-rules/own-rule.ts";
import type { CheckSettings } from "./settings.ts";

/** The rules of a repository's own that its settings leave on, with the severity that they give them. */
export function activeRules(settings: CheckSettings): readonly OwnRule[] {
  const { profile = "default", severity } = settings;
  const options = { profile, enable: new Set(settings.enable), disable: new Set(settings.disable) };
  return settings.rules
    .filter((rule) => isOn(rule, options))
    .map((rule) => ({ ...rule, severity: severity.get(rule.id) ?? rule.severity }));
}

import type { ReadObject } from "../../kube/read-object.ts";
import type { Finding } from "../findings/finding.ts";
import { backdoorFindings } from "./backdoors/backdoor-findings.ts";
import { ownFindings } from "./own-rules/own-findings.ts";
import { objectIndex } from "./practices/object-index.ts";
import type { Profile } from "./practices/practice.ts";
import { practiceFindings } from "./practices/practice-findings.ts";
import { secretFindings } from "./secrets/secret-findings.ts";
import { parameterFindings } from "./settings/parameters.ts";
import { type CheckSettings, noSettings } from "./settings/settings.ts";

export interface JudgeOptions {
  readonly minor: number;
  /** Instead of the profile of the settings; `none`: no practice, credentials and backdoors alone. */
  readonly profile?: Profile | "none";
  readonly settings?: CheckSettings;
  /** What other checks found: a fault that Pod Security reports is not reported as a practice again. */
  readonly known?: readonly Finding[];
}

/** What is not refused and should not be: credentials, backdoors, practices, what the settings ask for, and rules of one's own. */
export function judgeObjects(objects: readonly ReadObject[], options: JudgeOptions): readonly Finding[] {
  const { minor, settings = noSettings, known = [] } = options;
  const profile = options.profile ?? settings.profile ?? "default";
  const enable = new Set(settings.enable);
  const disable = new Set(settings.disable);
  const index = objectIndex(objects, minor);
  return [
    ...objects.flatMap(secretFindings),
    ...backdoorFindings(index),
    ...parameterFindings(index, settings),
    ...(profile === "none" ? [] : practiceFindings(index, { profile, known, enable, disable })),
    ...ownFindings(objects, settings.rules, { profile, enable, disable }),
  ].filter((finding) => !disable.has(finding.code));
}

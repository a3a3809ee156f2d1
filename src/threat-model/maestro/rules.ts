import type { MaestroRule } from "./rule.ts";
import { ecosystemRules } from "./rules-ecosystem.ts";
import { infrastructureRules } from "./rules-infrastructure.ts";
import { modelRules } from "./rules-model.ts";

/** Every rule that decides a threat of MAESTRO. */
export const maestroRules: readonly MaestroRule[] = [
  ...modelRules,
  ...infrastructureRules,
  ...ecosystemRules,
];

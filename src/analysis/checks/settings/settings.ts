import type { Place } from "../../../kube/place.ts";
import type { Severity } from "../../../kube/problem.ts";
import { familyOf } from "../../findings/finding.ts";
import type { OwnRule } from "../own-rules/own-rule.ts";
import type { Profile } from "../practices/practice.ts";

/** One exemption: a check that a place need not keep, and why. Absent parts fit everything; `*` stands for any characters. */
export interface Exemption {
  readonly check: string;
  readonly namespace?: string;
  /** `Kind/name`. */
  readonly object?: string;
  readonly container?: string;
  readonly reason: string;
  readonly place: Place;
}

/** `kubeops.yaml`: how a repository wants to be checked. It never says what may be applied: that is the charter's. */
export interface CheckSettings {
  readonly profile?: Profile;
  readonly enable: readonly string[];
  readonly disable: readonly string[];
  readonly severity: ReadonlyMap<string, Severity>;
  /** Registries, with a path where wanted, from which images may come; empty: any. */
  readonly allowedRegistries: readonly string[];
  /** Labels that every workload must have. */
  readonly requiredLabels: readonly string[];
  readonly exemptions: readonly Exemption[];
  /** Rules of the repository's own. They add findings and take none away. */
  readonly rules: readonly OwnRule[];
}

export const noSettings: CheckSettings = {
  enable: [],
  disable: [],
  severity: new Map(),
  allowedRegistries: [],
  requiredLabels: [],
  exemptions: [],
  rules: [],
};

/** Families that say what the API server refuses: nobody's settings and annotations change that. */
const fixed: ReadonlySet<string> = new Set(["yaml", "object", "schema", "server"]);

export function isFixed(check: string): boolean {
  return fixed.has(familyOf(check));
}

/** What is wrong with a settings file, and where. */
export interface SettingsProblem {
  readonly message: string;
  readonly place: Place;
  readonly hint?: string;
}

/** Thrown while settings and rules are read; parseSettings gives it back as a value. */
export class WrongSettings extends Error {
  readonly problem: SettingsProblem;
  constructor(problem: SettingsProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

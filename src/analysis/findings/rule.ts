import type { Severity } from "../../kube/problem.ts";

/** What a report says about a kind of finding, once for all findings of it. */
export interface Rule {
  /** The code of its findings. */
  readonly id: string;
  readonly severity: Severity;
  /** The rule in one line. */
  readonly title: string;
  /** What to do, and where the rule comes from. */
  readonly help: string;
}

/** The rule behind a code; undefined for a code that no table lists. */
export type RuleOf = (code: string) => Rule | undefined;

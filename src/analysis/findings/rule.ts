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
  /** The parts of `help`: why it is a rule, what to do, and where it comes from. */
  readonly why?: string;
  readonly fix?: string;
  readonly source?: string;
}

/** An input in which a check finds something, and one in which it does not. */
export interface RuleExample {
  readonly positive: string;
  readonly negative: string;
}

/** What a report says of a rule, with the text of its help made from the parts. */
export function ruleWith(
  rule: Pick<Rule, "id" | "severity" | "title" | "why" | "fix"> & { readonly source: string },
): Rule {
  const { why, fix, source } = rule;
  const parts = [
    ...(why === undefined ? [] : [why]),
    ...(fix === undefined ? [] : [`What to do: ${fix}.`]),
    `Source of the rule: ${source}`,
  ];
  return { ...rule, help: parts.join(" ") };
}

/** The rule behind a code; undefined for a code that no table lists. */
export type RuleOf = (code: string) => Rule | undefined;

import { identity } from "../../kube/object-key.ts";
import type { Verdict, VerdictReason } from "../plan.ts";
import { verdictRules } from "./rules.ts";
import type { Case } from "./verdict-rule.ts";

/** The charter, if there is one, and everything that it is applied to. */
export type Judged = Omit<Case, "charter"> & { readonly charter: Case["charter"] | null };

/**
 * The charter applied to the facts. Default deny: a plan is allowed only when no rule objects, and what no row of the
 * charter allows is objected to. Reasons stand in the order of the rules, then of the objects.
 */
export function judge(given: Judged): Verdict {
  const { charter } = given;
  if (charter === null) {
    return denied([
      {
        rule: "charter/missing",
        decision: "denied",
        message:
          "there is no charter in the trust root, and what no charter allows is denied: kubeops charter init writes one",
      },
    ]);
  }
  const reasons = verdictRules.flatMap((rule) =>
    rule
      .judge({ ...given, charter })
      .map(
        ({ row, ...reason }): VerdictReason => ({
          rule: row === undefined ? rule.id : `${rule.id}/${row}`,
          ...reason,
        }),
      )
      .sort(bySubject),
  );
  const { approvals } = charter.spec;
  if (approvals.required > 0) {
    reasons.push({
      rule: "charter/approvals",
      decision: "needs-approval",
      message: `the charter asks for ${approvals.required === 1 ? "one approval" : `${approvals.required} approvals`} of every plan`,
    });
  }
  const required = reasons.length === 0 ? 0 : Math.max(1, approvals.required);
  if (approvals.approvers.length < required) {
    reasons.push({
      rule: "charter/approvers",
      decision: "denied",
      message: "the plan needs approval, and the charter names no approver",
    });
  }
  if (reasons.some((reason) => reason.decision === "denied")) return denied(reasons);
  const software = given.row !== undefined && (approvals.softwareKeysFor ?? []).includes(given.row.name);
  return {
    decision: required === 0 ? "allowed" : "needs-approval",
    reasons,
    approvals: {
      required,
      approvers: required === 0 ? [] : approvals.approvers.map(({ principal }) => principal),
      presence: required > 0 && !software,
    },
  };
}

function denied(reasons: readonly VerdictReason[]): Verdict {
  return { decision: "denied", reasons, approvals: { required: 0, approvers: [], presence: false } };
}

function bySubject(left: VerdictReason, right: VerdictReason): number {
  const [a, b] = [left, right].map(({ rule, key, path, message }) =>
    [rule, key === undefined ? "" : identity(key), path ?? "", message].join("\0"),
  );
  return (a ?? "") < (b ?? "") ? -1 : a === b ? 0 : 1;
}

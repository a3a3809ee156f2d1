import { jsonDigest } from "../../kube/digest.ts";
import { keyText } from "../../kube/object-key.ts";
import { deny, type VerdictRule } from "./verdict-rule.ts";

/** What the charter makes of the findings of a plan, and of the rules that found them. */
export const findingRules: readonly VerdictRule[] = [
  {
    id: "charter/own-rules",
    title:
      "Where the charter names the rules of a repository's own, a plan is judged by these: one made elsewhere, or beside other rules, is none.",
    decides: "denied",
    example: "a plan from a folder whose kubeops.yaml lacks a rule",
    judge: ({ charter, request: { rules, undoes } }) => {
      const named = charter.spec.findings?.ownRules;
      // What an undo brings back stood there before; it asks no rule.
      if (named === undefined || undoes !== undefined) return [];
      const own = rules === undefined ? undefined : jsonDigest(rules);
      return own === named
        ? []
        : [
            deny(
              `the charter asks for the repository's own rules ${named}, and the plan was judged by ${own ?? "none"}`,
            ),
          ];
    },
  },
  {
    id: "finding",
    title: "Findings at the charter's severity deny.",
    decides: "denied",
    example: "an image whose name cannot be read",
    judge: ({ charter, findings }) => {
      const from = charter.spec.findings?.deny ?? "error";
      return findings
        .filter(
          ({ severity, exempt }) =>
            exempt === undefined &&
            from !== "none" &&
            (severity === "error" || (severity === "warning" && from === "warning")),
        )
        .map((finding) => ({
          ...deny(
            `${finding.key === undefined ? "" : `${keyText(finding.key)}: `}${finding.message} [${finding.code}]`,
            finding.key,
            finding.path,
          ),
          row: finding.severity,
        }));
    },
  },
];

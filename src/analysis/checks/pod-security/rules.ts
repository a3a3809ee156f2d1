import { type Rule, ruleWith } from "../../findings/rule.ts";
import { checks } from "./check-table.ts";

const SOURCE = "k8s.io/pod-security-admission policy/check_*.go";

const FAMILY = "pod-security/";

/** Code of the finding of a check. */
export function podSecurityCode(check: string): string {
  return FAMILY + check;
}

/** The check of a code; undefined for codes of other families. */
export function podSecurityCheckOf(code: string): string | undefined {
  return code.startsWith(FAMILY) ? code.slice(FAMILY.length) : undefined;
}

/** Labels by which a namespace asks for a level or a version that there is not. */
export const NAMESPACE_LABEL = "pod-security/namespace-label";

/** The rules of the Pod Security findings. */
export function podSecurityRules(): readonly Rule[] {
  return [
    ...checks.map((check) =>
      ruleWith({
        id: podSecurityCode(check.id),
        severity: "error",
        title: `Pod Security ${check.level}: ${check.rule}`,
        fix: `${check.remedy}. In Kubernetes ${check.versions
          .map(({ from }) => `1.${from}`)
          .join(", ")} the rule began or changed`,
        source: SOURCE,
      }),
    ),
    ruleWith({
      id: NAMESPACE_LABEL,
      severity: "error",
      title: "A Pod Security label names a level or a version that there is not",
      fix: "write privileged, baseline or restricted for a level, latest or v1.N for a version",
      source: "k8s.io/pod-security-admission api/helpers.go",
    }),
  ];
}

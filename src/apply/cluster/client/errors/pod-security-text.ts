/** Texts that pod-security-admission puts before the details of a violation (policy/check_*.go, ForbiddenReason). */
const reasons: ReadonlySet<string> = new Set([
  "allowPrivilegeEscalation != false",
  "forbidden AppArmor profile",
  "forbidden AppArmor profiles",
  "forbidden sysctls",
  "host namespaces",
  "hostPath volumes",
  "hostPort",
  "hostProcess",
  "non-default capabilities",
  "privileged",
  "probe or lifecycle host",
  "procMount",
  "restricted volume types",
  "runAsNonRoot != true",
  "runAsUser=0",
  "seLinuxOptions",
  "seccompProfile",
  "unrestricted capabilities",
]);

/**
 * What a Pod Security text says, without its details: those echo annotation values and settings (kernel K17).
 * `restricted:latest: allowPrivilegeEscalation != false, seccompProfile`. Undefined when it is no such text.
 */
export function podSecurityText(text: string): string | undefined {
  const match = /violates? PodSecurity "([a-z]+:(?:latest|v1\.\d{1,3}))"(?:: (.*))?$/s.exec(text);
  if (match === null) return undefined;
  const found = withoutDetails(match[2] ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => reasons.has(part));
  return found.length === 0 ? match[1] : `${match[1]}: ${found.join(", ")}`;
}

/** The text outside of parentheses, which may nest. */
function withoutDetails(text: string): string {
  let depth = 0;
  let kept = "";
  for (const character of text) {
    if (character === "(") depth++;
    else if (character === ")") depth = Math.max(0, depth - 1);
    else if (depth === 0) kept += character;
  }
  return kept;
}

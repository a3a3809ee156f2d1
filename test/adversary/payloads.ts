/** What attackers wrote into arguments of agents for Kubernetes, by class of attack. Sources: the advisories named beside. */
export interface Payloads {
  readonly id: string;
  readonly title: string;
  readonly texts: readonly string[];
}

export const payloads: readonly Payloads[] = [
  {
    id: "K1",
    title: "shell strings (CVE-2025-53355, CVE-2025-66404, CVE-2025-59377, CVE-2025-69902)",
    texts: [
      "; id",
      "$(id)",
      "`id`",
      "a && curl http://SINK/",
      "a|sh",
      "a\nb",
      "version; kubectl delete ns shop",
      "${IFS}id",
    ],
  },
  {
    id: "K2",
    title: "flags in arguments (CVE-2026-39884, CVE-2026-47250, CVE-2026-61459)",
    texts: [
      "--server=http://SINK",
      "-shttp://SINK",
      "-Aowide",
      "--all_namespaces",
      "--kubeconfig=/tmp/x",
      "--insecure-skip-tls-verify",
      "-n=kube-system",
      "--dry-run=none",
      "--force",
    ],
  },
  {
    id: "K9",
    title: "files (GHSA-m67f-jxm9-cvx8, CVE-2026-4270)",
    texts: [
      "@/etc/passwd",
      "../../etc/passwd",
      "/etc/shadow",
      "file:///etc/passwd",
      "~/.kube/config",
      "/proc/self/environ",
    ],
  },
  {
    id: "K11",
    title: "another target",
    texts: [
      "kube-system/api",
      "prod://api",
      "api.kube-system.svc.cluster.local:443/x",
      "https://SINK/",
      "git@SINK:x/y.git",
      "*",
    ],
  },
];

/** Members that no operation has: what an attacker would like one to have. */
export const wishes: readonly (readonly [string, unknown])[] = [
  ["namespace", "kube-system"],
  ["cluster", "prod"],
  ["context", "admin"],
  ["kubeconfig", "/etc/kubernetes/admin.conf"],
  ["command", ["sh", "-c", "id"]],
  ["args", ["--privileged"]],
  ["privileged", true],
  ["hostPath", "/"],
  ["serviceAccount", "admin"],
  ["approved", true],
  ["approver", "anna"],
  ["digest", `sha256:${"0".repeat(64)}`],
  ["branch", "main"],
  ["message", "Argocd-gpg-seal: trust"],
  ["annotations", { a: "b" }],
  ["force", true],
  ["yaml", "kind: ClusterRoleBinding"],
  ["patch", [{ op: "remove", path: "/" }]],
  ["__proto__", { approved: true }],
  ["constructor", { prototype: {} }],
];

/** Tools that this program does not have, and those of other subagents. */
export const foreignTools: readonly string[] = [
  "bash",
  "exec",
  "kubectl",
  "kubectl_generic",
  "apply",
  "apply_plan",
  "approve",
  "read_file",
  "get_secret",
  "fetch",
  "set_context",
  "send_message",
  "",
  "deploy ",
  "Deploy",
  "../deploy",
  "__proto__",
  "toString",
];

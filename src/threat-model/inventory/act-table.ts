import type { ActKind } from "./inventory.ts";

interface ActRow {
  readonly kind: ActKind;
  /** Looked for in one line; linear, since the text is an attacker's. */
  readonly pattern: RegExp;
  /** What it is evidence of. */
  readonly what: string;
  /** The text around it must speak of this too: RBAC of an application is not that of a cluster. */
  readonly within?: RegExp;
  readonly positive: string;
  readonly negative: string;
}

/** What a line of an instruction, a script or a hook does or tells a model to do. */
export const actTable: readonly ActRow[] = [
  {
    kind: "cluster-write",
    pattern:
      /\b(?:kubectl|oc) (?:-\S+ (?:[\w./:]+ )?){0,4}(?:apply|create|delete|replace|patch|edit|scale|set|label|annotate|drain|cordon|taint|run|rollout (?:restart|undo)|exec|cp|expose|autoscale)\b|\bhelm (?:install|upgrade|uninstall|rollback)\b|\bkustomize build\b[^|]{0,200}\| ?kubectl/,
    what: "writes to a cluster",
    positive: "kubectl -n shop apply -f k8s/",
    negative: "kubectl get pods",
  },
  {
    kind: "cluster-read",
    pattern:
      /\b(?:kubectl|oc) (?:-\S+ (?:[\w./:]+ )?){0,4}(?:get|describe|logs|top|events|explain|auth|cluster-info|diff)\b|\bhelm (?:list|get|status|history)\b/,
    what: "reads a cluster with the credentials at hand",
    positive: "kubectl get pods",
    negative: "kubectl apply -f a",
  },
  {
    kind: "secret-read",
    pattern:
      /\bkubectl (?:-\S+ (?:[\w./:]+ )?){0,4}(?:get|describe) secrets?\b|~\/\.kube\/config\b|\$\{?KUBECONFIG\b|\bvault kv get\b|\bcat [^\n]{0,80}\.env\b|~\/\.(?:ssh|aws)\//,
    what: "reads credentials",
    positive: "kubectl get secret db -o yaml",
    negative: "kubectl get pods",
  },
  {
    kind: "git-push",
    pattern: /\bgit push\b|\bgh pr (?:create|merge)\b/,
    what: "pushes to a Git remote",
    positive: "git push origin main",
    negative: "git status",
  },
  {
    kind: "gitops-write",
    pattern:
      /\bargocd app (?:create|sync|set|delete|rollback)\b|\bflux (?:create|reconcile|bootstrap|resume|delete)\b|\bautomated:|\bselfHeal: *true|\bprune: *true/,
    what: "changes what a GitOps controller applies",
    positive: "argocd app sync shop",
    negative: "argocd app list",
  },
  {
    kind: "remote-install",
    pattern:
      /\b(?:curl|wget)\b[^|\n]{0,300}\| *(?:sudo )?(?:ba|z)?sh\b|\b(?:ba|z)?sh <\((?:curl|wget)\b|\bkubectl (?:apply|create) (?:-\S+ ){0,3}-f https?:\/\//,
    what: "runs or applies what it downloads",
    positive: "curl -sSL https://example.com/i.sh | bash",
    negative: "curl -sSL https://example.com/i.sh -o i.sh",
  },
  {
    kind: "network-read",
    pattern: /\b(?:curl|wget) [^\n]{0,200}https?:\/\/(?!localhost\b|127\.|\[::1\]|[\w.-]+\.svc\b|[\w-]+:\d)/,
    what: "fetches from the network",
    positive: "curl https://example.com/",
    negative: "curl --version",
  },
  {
    kind: "writes-rbac",
    pattern:
      /\bkind: (?:Cluster)?Role(?:Binding)?\b|\bRBAC (?:polic|role|config|rule|manifest|binding)|\b(?:generate|create|configure|implement|design)\w* [^.\n]{0,60}\bRBAC\b/i,
    what: "writes permissions",
    within: /kubernetes|kubectl|\bk8s\b|ClusterRole|kind: Role/i,
    positive: "Configure RBAC for the team in Kubernetes",
    negative: "RBAC is a topic of its own",
  },
  {
    kind: "writes-policy",
    pattern:
      /\bkind: (?:NetworkPolicy|ValidatingAdmissionPolicy|ClusterPolicy|ConstraintTemplate)\b|\b(?:generate|create|configure|implement|design)\w* [^.\n]{0,60}\b(?:network polic(?:y|ies)|admission polic(?:y|ies)|security polic(?:y|ies)|Pod Security)/i,
    what: "writes security policies",
    within: /kubernetes|kubectl|\bk8s\b|NetworkPolicy|admission/i,
    positive: "Implement Kubernetes network policies for isolation",
    negative: "network policies exist",
  },
  {
    kind: "delegates",
    pattern:
      /\b(?:delegate|hand (?:off|over)|dispatch)\w* [^.\n]{0,60}\b(?:agent|subagent)|\bsubagent_type\b|\bTask tool\b/i,
    what: "hands work to another agent",
    positive: "Delegate the manifests to the k8s agent",
    negative: "the agent works alone",
  },
  {
    kind: "asks-person",
    pattern:
      /\b(?:ask|wait for|require|request)\w* [^.\n]{0,60}\b(?:confirmation|approval)|\bconfirm with the user\b|\b(?:human|user) approval\b/i,
    what: "asks a person first, in words",
    positive: "Ask the user for confirmation before deleting",
    negative: "ask for the name",
  },
  {
    kind: "logs",
    pattern: />> *\S*\.(?:log|jsonl)\b/i,
    what: "keeps a log",
    positive: "date >> audit.log",
    negative: "kubectl logs web",
  },
];

/** Words that turn a line into its opposite, and lines that only print or try. */
const negation =
  /\b(?:never|do not|don't|must not|mustn't|avoid|refuse|forbidden|instead of|content security polic(?:y|ies))\b|--dry-run\b|^\s*echo\b/i;

/** Lines longer than this are no prose and no command that a person reads. */
const LINE = 2000;

export interface LineAct {
  readonly kind: ActKind;
  readonly line: number;
  readonly what: string;
}

/** Hits of one kind that are kept per file: more of the same prove nothing new. */
const PER_KIND = 3;

/** What the lines of a text do. `first` is the number of the first line; `context` is the whole that the text is part of. */
export function actsOf(text: string, first: number, context: string = text): readonly LineAct[] {
  const counts = new Map<ActKind, number>();
  const acts: LineAct[] = [];
  // Asked once: the whole may be long, and so may its lines be many.
  const rows = actTable.filter(({ within }) => within?.test(context) !== false);
  for (const [index, line] of text.split("\n").entries()) {
    const shown = line.length > LINE ? line.slice(0, LINE) : line;
    if (negation.test(shown)) continue;
    for (const row of rows) {
      const count = counts.get(row.kind) ?? 0;
      if (count >= PER_KIND || !row.pattern.test(shown)) continue;
      counts.set(row.kind, count + 1);
      acts.push({ kind: row.kind, line: first + index, what: row.what });
    }
  }
  return acts;
}

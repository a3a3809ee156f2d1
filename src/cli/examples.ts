/**
 * The example at the end of each help page. test/e2e/help.test.ts runs every one, in order, in a folder that holds
 * `compose.yaml`, `k8s/`, `rbac/`, an empty Git repository `gitops` and a key `id_ed25519`; what they need of each other is made by
 * those before.
 */
export const examples: readonly {
  readonly command: readonly string[];
  readonly example: string;
  /** test/e2e/cluster.test.ts runs it, with a real cluster. */
  readonly cluster?: true;
  /** test/e2e/ask.test.ts runs it, with an endpoint that speaks a provider's protocol. */
  readonly model?: true;
}[] = [
  { command: [], example: "kubeops plan -f compose.yaml -n shop --target git:./gitops#apps/shop" },
  {
    command: ["charter", "init"],
    example:
      "kubeops charter init --name demo --owner id_ed25519.pub --principal anna \\\n  --target git:./gitops@main#apps/shop -n shop --reconciler none --software-keys",
  },
  {
    command: ["charter", "pin"],
    example: "kubeops charter pin --kubeconfig dev.kubeconfig --context dev --name dev",
    cluster: true,
  },
  { command: ["charter", "sign"], example: "kubeops charter sign --key id_ed25519" },
  { command: ["charter", "show"], example: "kubeops charter show" },
  { command: ["charter", "verify"], example: "kubeops charter verify" },
  { command: ["charter", "inventory"], example: "kubeops charter inventory dev", cluster: true },
  { command: ["charter"], example: "kubeops charter verify" },
  { command: ["check"], example: "kubeops check k8s/ --kube-version 1.34 --pod-security restricted" },
  { command: ["explain"], example: "kubeops explain backdoor/clusterrolebinding-mimics-system" },
  { command: ["fix"], example: "kubeops fix k8s/ --profile restricted" },
  { command: ["schemas", "add"], example: "kubeops schemas add crds/" },
  { command: ["schemas", "list"], example: "kubeops schemas list" },
  { command: ["schemas", "remove"], example: "kubeops schemas remove Backup.example.com" },
  { command: ["schemas"], example: "kubeops schemas list" },
  {
    command: ["can"],
    example: "kubeops can sa:ci/deployer patch deployments -n shop -f rbac/",
  },
  { command: ["reach"], example: "kubeops reach -f k8s/" },
  {
    command: ["plan"],
    example: "kubeops plan -f compose.yaml -n shop --target git:./gitops#apps/shop --out plan.json",
  },
  {
    command: ["ask"],
    example:
      'kubeops ask "three replicas of ghcr.io/acme/api:1.4.2 on 8080, only web may reach it" \\\n  -n shop --target git:./gitops#apps/shop --out plan.json',
    model: true,
  },
  {
    command: ["diff"],
    example: "kubeops diff -f compose.yaml -n shop --target git:./gitops#apps/shop",
  },
  { command: ["show"], example: "kubeops show plan.json" },
  { command: ["approve"], example: "kubeops approve plan.json --key id_ed25519 --yes" },
  { command: ["apply"], example: "kubeops apply plan.json" },
  { command: ["undo"], example: "kubeops undo plan.json --out undo.json" },
  { command: ["audit", "list"], example: "kubeops audit list" },
  { command: ["audit", "show"], example: "kubeops audit show 1" },
  { command: ["audit", "verify"], example: "kubeops audit verify" },
  { command: ["audit", "export"], example: "kubeops audit export --out audit.ndjson" },
  { command: ["audit"], example: "kubeops audit verify" },
  { command: ["mcp"], example: "kubeops mcp --project k8s" },
  { command: ["threat-model", "model"], example: "kubeops threat-model plugin -o json --out model.json" },
  {
    command: ["threat-model", "score"],
    example:
      "kubeops threat-model score --vector CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N \\\n  --factors autonomy=1,tools=0.5,language=1 --thm P --mitigation partial",
  },
  { command: ["threat-model", "diff"], example: "kubeops threat-model diff model.json model.json" },
  {
    command: ["threat-model", "what-if"],
    example: "kubeops threat-model what-if model.json --without agent:reviewer",
  },
  { command: ["threat-model", "page"], example: "kubeops threat-model page model.json" },
  { command: ["threat-model"], example: "kubeops threat-model plugin" },
  { command: ["completion"], example: "kubeops completion zsh" },
  { command: ["version"], example: "kubeops version -o json" },
];

export function exampleFor(command: readonly string[]): string | undefined {
  return examples.find(
    (row) =>
      row.command.length === command.length && row.command.every((word, index) => word === command[index]),
  )?.example;
}

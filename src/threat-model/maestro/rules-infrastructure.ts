import { acts, enforced, toolEvidence, withAny } from "./queries.ts";
import type { Fixture, MaestroRule } from "./rule.ts";

const maestro = "MAESTRO (CSA, 2025-02-06)";
const skill = (body: string): Fixture => ({ "skills/s/SKILL.md": `---\nname: s\n---\n${body}\n` });
const quiet: Fixture = skill("Read the manifests.");

/** Deployment, observability and security: layers 4 to 6. */
export const infrastructureRules: readonly MaestroRule[] = [
  {
    id: "M4.1/unpinned-image",
    threat: "M4.1",
    state: "present",
    reason: "a container image is started without a version or digest",
    when: ({ servers }) =>
      servers
        .filter(
          (one) =>
            one.fetchesCode &&
            !one.pinned &&
            /is started as (?:\S*\/)?(?:docker|podman)/.test(one.evidence.what),
        )
        .map((one) => one.evidence),
    asi: ["ASI04"],
    source: `${maestro}, layer 4`,
    positive: { ".mcp.json": '{"mcpServers": {"a": {"command": "docker", "args": ["run", "-i", "a/b"]}}}' },
    negative: {
      ".mcp.json": `{"mcpServers": {"a": {"command": "docker", "args": ["run", "-i", "a/b@sha256:${"0".repeat(64)}"]}}}`,
    },
  },
  {
    id: "M4.2/writes-with-ambient-credentials",
    threat: "M4.2",
    state: "present",
    reason: "it changes a cluster through whatever kubeconfig lies about",
    when: (inventory) => acts(inventory, "cluster-write"),
    asi: ["ASI03", "ASI02"],
    source: `${maestro}, layer 4; AISVS 9.4.1`,
    positive: skill("kubectl apply -f k8s/"),
    negative: quiet,
  },
  {
    id: "M4.2/service-account",
    threat: "M4.2",
    state: "present",
    reason: "the ServiceAccount that it runs as changes objects of the cluster",
    when: ({ identities }) => identities.flatMap((identity) => [...identity.escalates, ...identity.writes]),
    asi: ["ASI03", "ASI02"],
    source: `${maestro}, layer 4; AISVS 9.4.1`,
  },
  {
    id: "M4.2/pinned-and-read-only",
    threat: "M4.2",
    state: "mitigated",
    reason: "the target is pinned by its owner, and only a plan that was approved is written",
    when: (inventory) => enforced(inventory, "C4.1", "C6.4"),
    asi: ["ASI03", "ASI02"],
    source: "AID-I-002; AISVS 9.4.1, 9.2.1",
  },
  {
    id: "M4.3/writes-infrastructure-code",
    threat: "M4.3",
    state: "present",
    reason:
      "it writes permissions, policies or delivery settings as files, with nothing between them and their use",
    when: (inventory) =>
      withAny(inventory, "write-files", "shell").length === 0
        ? []
        : acts(inventory, "writes-rbac", "writes-policy", "gitops-write"),
    asi: ["ASI02", "ASI03"],
    source: `${maestro}, layer 4; AID-H-032.002`,
    positive: {
      "agents/a.md": "---\nname: a\ntools: Write\n---\nConfigure RBAC for every team in Kubernetes.\n",
    },
    negative: {
      "agents/a.md": "---\nname: a\ntools: Read\n---\nConfigure RBAC for every team in Kubernetes.\n",
    },
  },
  {
    id: "M4.3/gate-after-generation",
    threat: "M4.3",
    state: "mitigated",
    reason:
      "what was generated passes checks and a charter that the model cannot edit, and a person signs the exact objects",
    when: (inventory) => enforced(inventory, "C1.3", "C6.1", "C6.4"),
    asi: ["ASI02", "ASI03"],
    source: "AID-H-032.002; AISVS 9.7.1",
  },
  {
    id: "M4.6/credentials-in-reach",
    threat: "M4.6",
    state: "present",
    reason: "credentials that lead further are in its reach",
    when: (inventory) => [
      ...acts(inventory, "secret-read"),
      ...inventory.servers.flatMap((one) => [...one.credentials, ...one.literalSecrets]),
      ...inventory.identities.flatMap((identity) => identity.readsSecrets),
    ],
    asi: ["ASI03"],
    source: `${maestro}, layer 4; AML.T0098`,
    positive: skill("kubectl get secret db -o yaml"),
    negative: quiet,
  },
  {
    id: "M4.6/bound-writes",
    threat: "M4.6",
    state: "mitigated",
    reason: "what may be written is bound to an approved plan, and the target is fixed by a pin",
    when: (inventory) => enforced(inventory, "C4.1", "C4.3"),
    asi: ["ASI03"],
    source: "AID-I-001; AISVS 9.8.1",
  },
  {
    id: "M5.4/denials-logged",
    threat: "M5.4",
    state: "mitigated",
    reason: "refusals are logged like everything else, and the log proves that it was not cut",
    when: (inventory) => enforced(inventory, "C5.1", "C5.3"),
    asi: ["ASI10"],
    source: "AISVS 12.1.5; AID-D-005.002",
  },
  {
    id: "M5.5/digests-only",
    threat: "M5.5",
    state: "mitigated",
    reason: "the log holds digests and names, no value",
    when: (inventory) => enforced(inventory, "C2.2", "C5.1"),
    asi: ["ASI03"],
    source: "AID-D-003.002",
  },
  {
    id: "M5.6/append-only",
    threat: "M5.6",
    state: "mitigated",
    reason: "the log is append-only and anyone can verify it",
    when: (inventory) => enforced(inventory, "C5.1"),
    asi: ["ASI10"],
    source: "AID-D-017",
  },
  {
    id: "M6.6/decisions-explained",
    threat: "M6.6",
    state: "mitigated",
    reason: "verdicts are computed from listed facts, and the log lets anyone rebuild who, what and why",
    when: (inventory) => enforced(inventory, "C5.4"),
    asi: ["ASI09"],
    source: "AID-D-006",
  },
];

/** The other reading of layer 6, that of the published pages: the agent writes permissions and policies itself. */
export const policySurfaceRules: readonly MaestroRule[] = [
  {
    id: "P6.1/writes-permissions",
    threat: "P6.1",
    state: "present",
    reason: "it writes permissions, and nothing in the folder holds them below a ceiling",
    when: (inventory) => acts(inventory, "writes-rbac"),
    asi: ["ASI03"],
    source: "published page of kubernetes-operations, L6; MAESTRO M4.2, MX.3",
    positive: skill("Configure RBAC for every team in Kubernetes."),
    negative: quiet,
  },
  {
    id: "P6.1/ceiling",
    threat: "P6.1",
    state: "mitigated",
    reason: "new permissions are held against a ceiling that the owner signed",
    when: (inventory) => enforced(inventory, "C6.1"),
    asi: ["ASI03"],
    source: "AISVS 9.6.1",
  },
  {
    id: "P6.2/writes-policies",
    threat: "P6.2",
    state: "present",
    reason: "it writes security policies, and nothing in the folder tells a weaker one from a stronger",
    when: (inventory) => acts(inventory, "writes-policy"),
    asi: ["ASI02"],
    source: "published page of kubernetes-operations, L6; MAESTRO M4.3",
    positive: skill("Implement Kubernetes network policies for every namespace."),
    negative: quiet,
  },
  {
    id: "P6.2/regressions-denied",
    threat: "P6.2",
    state: "mitigated",
    reason: "a weaker policy is a fact of the plan and denied unless the charter names it",
    when: (inventory) => enforced(inventory, "C6.2"),
    asi: ["ASI02"],
    source: "AID-H-032.002",
  },
  {
    id: "P6.3/acts-unbounded",
    threat: "P6.3",
    state: "present",
    reason: "what writes the policies also has a shell, and can apply them",
    when: (inventory) =>
      acts(inventory, "writes-rbac", "writes-policy").length === 0
        ? []
        : toolEvidence(withAny(inventory, "shell")),
    asi: ["ASI03", "ASI05"],
    source: "AISVS 9.6.1 (proposer is not applier)",
    positive: { "agents/a.md": "---\nname: a\n---\nConfigure RBAC for every team in Kubernetes.\n" },
    negative: {
      "agents/a.md": "---\nname: a\ntools: Read\n---\nConfigure RBAC for every team in Kubernetes.\n",
    },
  },
];

export const policySurfaceNames: Readonly<Record<string, string>> = {
  "P6.1": "The agent writes permissions",
  "P6.2": "The agent writes security policies",
  "P6.3": "The agent applies what it writes",
};

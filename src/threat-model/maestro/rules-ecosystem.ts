import { acts, canAct, enforced, readsOthersText, toolEvidence, withAny } from "./queries.ts";
import type { Fixture, MaestroRule } from "./rule.ts";

const maestro = "MAESTRO (CSA, 2025-02-06)";
const agent = (front: string, body = "Do the work."): Fixture => ({
  "agents/a.md": `---\nname: a\n${front}\n---\n${body}\n`,
});
const skill = (body: string): Fixture => ({ "skills/s/SKILL.md": `---\nname: s\n---\n${body}\n` });
const server = (entry: string): Fixture => ({ ".mcp.json": `{"mcpServers": {"a": ${entry}}}` });
const reader = agent("tools: Read, Grep");

/** The ecosystem of agents, layer 7, and the threats across layers. */
export const ecosystemRules: readonly MaestroRule[] = [
  {
    id: "M7.1/hidden-or-flattering-text",
    threat: "M7.1",
    state: "present",
    reason: "its files hold text that people do not see, or that tells a judge what to find",
    when: ({ anomalies }) =>
      anomalies
        .filter(({ kind }) => kind === "hidden-unicode" || kind === "flatters-analyser")
        .map((one) => one.evidence),
    asi: ["ASI01", "ASI04"],
    source: `${maestro}, layer 7; Snyk agent-scan W021`,
    positive: skill("Do this\u200b now."),
    negative: skill("Do this now."),
  },
  {
    id: "M7.1/independent-checker",
    threat: "M7.1",
    state: "mitigated",
    reason: "no result of a subagent is used before a program has checked it, and none can act alone",
    when: (inventory) => enforced(inventory, "C3.3", "C7.1", "C7.3"),
    asi: ["ASI08", "ASI10"],
    source: "AID-D-011; AISVS 9.5.2",
  },
  {
    id: "M7.3/credentials-in-clear",
    threat: "M7.3",
    state: "present",
    reason: "a lasting credential stands in a file in clear",
    when: ({ servers }) => servers.flatMap((one) => one.literalSecrets),
    asi: ["ASI03"],
    source: `${maestro}, layer 7; MCP01; AML.T0083`,
    positive: server('{"command": "a", "env": {"API_TOKEN": "3kj45h6kj34h5"}}'),
    negative: server('{"command": "a", "env": {"API_TOKEN": "${API_TOKEN}"}}'),
  },
  {
    id: "M7.4/unlimited-tools",
    threat: "M7.4",
    state: "present",
    reason: "an agent has every tool of its host, or a shell",
    when: (inventory) => toolEvidence(withAny(inventory, "shell")),
    asi: ["ASI02"],
    source: `${maestro}, layer 7; AML.T0053`,
    positive: agent("model: opus"),
    negative: reader,
  },
  {
    id: "M7.4/narrow-tools",
    threat: "M7.4",
    state: "mitigated",
    reason: "every agent lists the tools it has, and none of them changes anything",
    when: (inventory) =>
      inventory.instructions.length > 0 &&
      inventory.instructions.every((one) => one.kind === "agent" && !canAct(inventory)(one))
        ? toolEvidence(inventory.instructions)
        : [],
    asi: ["ASI02"],
    source: "AID-H-018, AID-H-019",
    positive: reader,
    negative: agent("tools: Read, Bash"),
  },
  {
    id: "M7.4/effect-needs-approval",
    threat: "M7.4",
    state: "mitigated",
    reason: "no tool has an effect without a plan that a person signed",
    when: (inventory) => enforced(inventory, "C3.1", "C6.4"),
    asi: ["ASI02"],
    source: "AISVS 9.2.1",
  },
  {
    id: "M7.5/outside-text-drives-tools",
    threat: "M7.5",
    state: "present",
    reason: "text from the network reaches a model that can act",
    when: (inventory) =>
      toolEvidence(
        inventory.instructions.filter(
          (one) => one.tools.capabilities.includes("network") && canAct(inventory)(one),
        ),
      ),
    asi: ["ASI01"],
    source: `${maestro}, layer 7; AML.M0030`,
    positive: agent("tools: WebFetch, Bash"),
    negative: agent("tools: Read, Bash"),
  },
  {
    id: "M7.5/plan-then-execute",
    threat: "M7.5",
    state: "mitigated",
    reason: "the plan is fixed before anything is done, and nothing that is read can change it",
    when: (inventory) => enforced(inventory, "C1.1", "C1.2", "C6.4"),
    asi: ["ASI01"],
    source: "AID-H-018.003",
  },
  {
    id: "M7.7/open-transport",
    threat: "M7.7",
    state: "present",
    reason: "a server is reached without encryption or listens beyond this machine",
    when: ({ servers }) =>
      servers.filter((one) => (one.remote && !one.encrypted) || one.exposed).map((one) => one.evidence),
    asi: ["ASI07"],
    source: `${maestro}, layer 7; MCP07`,
    positive: server('{"type": "http", "url": "http://example.com/mcp"}'),
    negative: server('{"type": "http", "url": "https://example.com/mcp"}'),
  },
  {
    id: "M7.9/signed-actions",
    threat: "M7.9",
    state: "mitigated",
    reason: "every effect carries a person's signature and an entry of a log that nobody can rewrite unseen",
    when: (inventory) => enforced(inventory, "C5.1", "C6.4"),
    asi: ["ASI10"],
    source: "AID-D-005.004",
  },
  {
    id: "M7.10/pinned-descriptors",
    threat: "M7.10",
    state: "mitigated",
    reason: "the list of tools is pinned, and the program is shipped with its plug-in",
    when: (inventory) => enforced(inventory, "C3.6"),
    asi: ["ASI04"],
    source: "AID-H-025.002",
  },
  {
    id: "M7.12/budgets",
    threat: "M7.12",
    state: "mitigated",
    reason: "tokens and money are limited per run",
    when: (inventory) => enforced(inventory, "C3.5"),
    asi: ["ASI08"],
    source: "AID-I-003",
  },
  {
    id: "MX.1/unpinned-or-downloaded",
    threat: "MX.1",
    state: "present",
    reason: "code enters at run time that nobody fixed beforehand",
    when: (inventory) => [
      ...inventory.servers.filter((one) => one.fetchesCode && !one.pinned).map((one) => one.evidence),
      ...acts(inventory, "remote-install"),
    ],
    asi: ["ASI04"],
    source: `${maestro}, cross-layer`,
    positive: server('{"command": "uvx", "args": ["a-server"]}'),
    negative: server('{"command": "uvx", "args": ["a-server==1.2.3"]}'),
  },
  {
    id: "MX.2/credentials-and-shell",
    threat: "MX.2",
    state: "present",
    reason: "a model with a shell can use the credentials that are in its reach",
    when: (inventory) => {
      const reach = [...acts(inventory, "secret-read", "cluster-read", "cluster-write")];
      return withAny(inventory, "shell").length === 0 ? [] : reach;
    },
    asi: ["ASI03"],
    source: `${maestro}, cross-layer`,
    positive: skill("kubectl get pods"),
    negative: skill("Read the manifests."),
  },
  {
    id: "MX.2/pinned-targets",
    threat: "MX.2",
    state: "mitigated",
    reason: "a plan's target is pinned, and its credentials never meet a model",
    when: (inventory) => enforced(inventory, "C4.1", "C4.3"),
    asi: ["ASI03"],
    source: "AID-E-001",
  },
  {
    id: "MX.3/writes-and-applies-permissions",
    threat: "MX.3",
    state: "present",
    reason: "it writes permissions and can put them into force",
    when: (inventory) => {
      const applies = acts(inventory, "cluster-write", "gitops-write", "git-push");
      const writes = acts(inventory, "writes-rbac");
      const escalates = inventory.identities.flatMap((identity) => identity.escalates);
      return [...(applies.length > 0 && writes.length > 0 ? [...writes, ...applies] : []), ...escalates];
    },
    asi: ["ASI03"],
    source: `${maestro}, cross-layer`,
    positive: skill("Configure RBAC for every team in Kubernetes.\nkubectl apply -f rbac.yaml"),
    negative: skill("Configure RBAC for every team in Kubernetes."),
  },
  {
    id: "MX.3/ceiling-and-approval",
    threat: "MX.3",
    state: "mitigated",
    reason: "new permissions stay below a signed ceiling, and the approval is checked again before the write",
    when: (inventory) => enforced(inventory, "C6.1", "C6.4"),
    asi: ["ASI03"],
    source: "AID-H-019.002, AID-H-019.006",
  },
  {
    id: "MX.4/reads-secrets-and-sends",
    threat: "MX.4",
    state: "present",
    reason: "credentials are read by a model that has a way out",
    when: (inventory) =>
      withAny(inventory, "shell", "network").length === 0 ? [] : acts(inventory, "secret-read"),
    asi: ["ASI02", "ASI03"],
    source: `${maestro}, cross-layer`,
    positive: skill("kubectl get secret db -o yaml"),
    negative: skill("kubectl get pods"),
  },
  {
    id: "MX.4/values-never-projected",
    threat: "MX.4",
    state: "mitigated",
    reason: "no value reaches a model, a plan, the log or Git",
    when: (inventory) => enforced(inventory, "C2.1", "C2.2"),
    asi: ["ASI02", "ASI03"],
    source: "AID-H-019.005",
  },
  {
    id: "MX.5/chain-to-production",
    threat: "MX.5",
    state: "present",
    reason: "several agents work on one another's results, and one of them delivers",
    when: (inventory) => {
      const several = inventory.instructions.filter((one) => one.kind === "agent");
      const delivers = acts(inventory, "git-push", "gitops-write", "cluster-write");
      return several.length > 1 && several.some((one) => readsOthersText(one)) ? delivers : [];
    },
    asi: ["ASI08"],
    source: `${maestro}, cross-layer; published page of kubernetes-operations, L7`,
    positive: {
      "agents/a.md": "---\nname: a\n---\nWrite manifests.\n",
      "agents/b.md": "---\nname: b\n---\nargocd app sync shop\n",
    },
    negative: { "agents/b.md": "---\nname: b\n---\nargocd app sync shop\n" },
  },
  {
    id: "MX.5/chain-broken",
    threat: "MX.5",
    state: "mitigated",
    reason: "nothing passes from one step to the next unchecked, and no agent both generates and applies",
    when: (inventory) => enforced(inventory, "C7.1", "C7.3"),
    asi: ["ASI08"],
    source: "AID-D-009, AID-D-010",
  },
];

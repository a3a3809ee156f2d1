import type { Evidence, Inventory } from "../inventory/inventory.ts";
import { acts, canAct, enforced, toolEvidence, withAny } from "../maestro/queries.ts";
import type { DecisionRow } from "./decision.ts";

type Row = DecisionRow<0 | 50 | 100>;

const all = ({ instructions }: Inventory): readonly Evidence[] => toolEvidence(instructions);
const acting = (inventory: Inventory): readonly Evidence[] =>
  toolEvidence(inventory.instructions.filter(canAct(inventory)));
const writes = (inventory: Inventory): readonly Evidence[] => [
  ...acts(inventory, "cluster-write", "gitops-write"),
  ...inventory.identities.flatMap((identity) => identity.writes),
];
const unlimited = ({ instructions }: Inventory): readonly Evidence[] =>
  toolEvidence(instructions.filter((one) => one.tools.inheritsAll));
const agentsOf = ({ instructions }: Inventory) => instructions.filter((one) => one.kind === "agent");

/**
 * The ten factors of AIVSS v0.8 (table 2), in hundredths. A row needs evidence for its value, a low one as well as a high
 * one; rows over controls stand first, since they are proved by tests.
 */
export const factorRules: Readonly<Record<string, readonly Row[]>> = {
  autonomy: [
    {
      id: "autonomy/approved-plans",
      value: 0,
      reason: "nothing has an effect before a person has signed the exact plan",
      when: (inventory) => enforced(inventory, "C6.4", "C3.1"),
    },
    {
      id: "autonomy/writes",
      value: 100,
      reason: "it changes clusters or what a GitOps controller applies",
      when: writes,
    },
    {
      id: "autonomy/shell",
      value: 100,
      reason: "it has a shell, which reaches whatever its user reaches",
      when: (inventory) => toolEvidence(withAny(inventory, "shell")),
    },
    {
      id: "autonomy/files",
      value: 50,
      reason: "it writes files, and nothing that is in production",
      when: (inventory) => toolEvidence(withAny(inventory, "write-files")),
    },
  ],
  tools: [
    {
      id: "tools/scoped",
      value: 50,
      reason: "its tools propose and read; the one that applies takes approved plans only",
      when: (inventory) => enforced(inventory, "C3.1", "C3.2"),
    },
    {
      id: "tools/broad",
      value: 100,
      reason: "it has a shell or every tool of its host",
      when: (inventory) => toolEvidence(withAny(inventory, "shell")),
    },
    {
      id: "tools/cluster-wide",
      value: 100,
      reason: "its identity changes objects in every namespace",
      when: ({ identities }) =>
        identities.filter((identity) => identity.clusterWide).flatMap((identity) => identity.writes),
    },
    {
      id: "tools/mixed",
      value: 50,
      reason: "it reads and writes with a list of tools",
      when: (inventory) => toolEvidence(withAny(inventory, "write-files", "server")),
    },
    { id: "tools/read-only", value: 0, reason: "all its tools only read", when: all },
  ],
  language: [
    {
      id: "language/typed-intent",
      value: 50,
      reason: "language leads to typed intent, and execution takes no language",
      when: (inventory) => enforced(inventory, "C1.1"),
    },
    { id: "language/acts", value: 100, reason: "language drives tools that act", when: acting },
    { id: "language/reads", value: 50, reason: "language drives tools that read", when: all },
  ],
  context: [
    {
      id: "context/projection",
      value: 50,
      reason: "it sees a projection of named inputs and nothing else",
      when: (inventory) => enforced(inventory, "C2.1", "C2.5"),
    },
    {
      id: "context/open",
      value: 100,
      reason: "the network or everything its host reaches is context",
      when: (inventory) => [
        ...toolEvidence(withAny(inventory, "network", "shell")),
        ...inventory.servers.filter((one) => one.remote).map((one) => one.evidence),
      ],
    },
    {
      id: "context/files",
      value: 50,
      reason: "files of a workspace are context",
      when: (inventory) => toolEvidence(withAny(inventory, "read-files", "server")),
    },
  ],
  non_determinism: [
    {
      id: "non_determinism/schemas-both-ways",
      value: 50,
      reason: "the model varies, and what it emits is validated before deterministic code uses it",
      when: (inventory) => enforced(inventory, "C1.1", "C3.3"),
    },
    {
      id: "non_determinism/free-text",
      value: 100,
      reason: "free text of a model becomes commands or files",
      when: acting,
    },
  ],
  opacity: [
    {
      id: "opacity/verifiable-log",
      value: 0,
      reason: "requests, decisions, refusals and effects are in a log that anyone can verify",
      when: (inventory) => enforced(inventory, "C5.1", "C5.3", "C5.4"),
    },
    {
      id: "opacity/some-logs",
      value: 50,
      reason: "it keeps a log of its own",
      when: (inventory) => [
        ...acts(inventory, "logs"),
        ...inventory.hooks.filter((hook) => hook.event === "PostToolUse").map((hook) => hook.evidence),
      ],
    },
  ],
  persistence: [
    {
      id: "persistence/none",
      value: 0,
      reason: "no run carries anything into the next",
      when: (inventory) => enforced(inventory, "C2.6"),
    },
    {
      id: "persistence/memory",
      value: 100,
      reason: "a memory outlives the session",
      when: ({ instructions }) =>
        instructions.flatMap((one) =>
          one.memory === undefined
            ? one.tools.capabilities.includes("memory") && !one.tools.inheritsAll
              ? [one.toolsEvidence]
              : []
            : [one.memory],
        ),
    },
    {
      id: "persistence/session",
      value: 50,
      reason: "no agent has a memory of its own; a session lasts as long as its host keeps it",
      when: (inventory) => (unlimited(inventory).length > 0 ? [] : all(inventory)),
    },
  ],
  identity: [
    {
      id: "identity/pinned",
      value: 0,
      reason: "the target and the identity are fixed by a pin that the agent cannot change",
      when: (inventory) => enforced(inventory, "C4.1"),
    },
    {
      id: "identity/escalates",
      value: 100,
      reason: "its identity can give itself more rights",
      when: ({ identities }) => identities.flatMap((identity) => identity.escalates),
    },
    {
      id: "identity/service-account",
      value: 0,
      reason: "it has one fixed service account",
      when: ({ identities }) => (identities.length === 1 ? identities.map((one) => one.evidence) : []),
    },
    {
      id: "identity/ambient",
      value: 100,
      reason: "it uses whatever credentials and contexts lie about, and can choose among them",
      when: (inventory) => acts(inventory, "cluster-write", "cluster-read", "secret-read"),
    },
    {
      id: "identity/given",
      value: 50,
      reason: "its servers are given credentials by name",
      when: ({ servers }) => servers.flatMap((one) => one.credentials),
    },
  ],
  multi_agent: [
    {
      id: "multi_agent/many",
      value: 100,
      reason: "more than two agents work together",
      when: (inventory) =>
        agentsOf(inventory).length > 2 ? agentsOf(inventory).map((one) => one.evidence) : [],
    },
    {
      id: "multi_agent/two",
      value: 50,
      reason: "two known agents work together",
      when: (inventory) =>
        agentsOf(inventory).length === 2 ? agentsOf(inventory).map((one) => one.evidence) : [],
    },
    {
      id: "multi_agent/one",
      value: 0,
      reason: "there is one agent, and it starts no other",
      when: (inventory) =>
        agentsOf(inventory).length === 1 && withAny(inventory, "subagents").length === 0
          ? agentsOf(inventory).map((one) => one.evidence)
          : [],
    },
  ],
  self_mod: [
    {
      id: "self_mod/data-only",
      value: 0,
      reason: "what it generates is data, and nothing of it is run",
      when: (inventory) => enforced(inventory, "C1.1", "C3.1"),
    },
    {
      id: "self_mod/runs-what-it-writes",
      value: 100,
      reason: "it can write code and run it",
      when: (inventory) => toolEvidence(withAny(inventory, "shell")),
    },
    {
      id: "self_mod/writes",
      value: 50,
      reason: "it can write files, its own instructions among them",
      when: (inventory) => toolEvidence(withAny(inventory, "write-files")),
    },
    { id: "self_mod/static", value: 0, reason: "none of its tools writes or runs anything", when: all },
  ],
};

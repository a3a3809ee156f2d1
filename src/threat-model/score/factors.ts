/** The two sets of ten agentic risk factors: AIVSS v0.5 names, which AgentReady's pages use, and those of v0.8. */
export type FactorSet = "v0.5" | "v0.8";

export interface FactorRow {
  readonly id: string;
  readonly name: string;
  /** Its counterpart in the other set; undefined where that set has none. */
  readonly counterpart?: string;
  /** What 0, 0.5 and 1 mean. */
  readonly rubric: readonly [string, string, string];
}

/** OWASP AIVSS v0.5 section 7.2, in the order of the published pages. */
const v05: readonly FactorRow[] = [
  {
    id: "autonomy_of_action",
    name: "Autonomy of Action",
    counterpart: "autonomy",
    rubric: [
      "a person decides every action",
      "well-defined actions along fixed trees",
      "open-ended, high-risk actions",
    ],
  },
  {
    id: "goal_driven_planning",
    name: "Goal-Driven Planning",
    rubric: [
      "one step towards a fixed goal",
      "one agent splits the goal",
      "several agents split it, recursively",
    ],
  },
  {
    id: "self_modification",
    name: "Self-Modification",
    counterpart: "self_mod",
    rubric: [
      "none",
      "writes its memory or the goal of its session",
      "writes code that is deployed, weights or lasting context",
    ],
  },
  {
    id: "dynamic_tool_use",
    name: "Dynamic Tool Use",
    counterpart: "tools",
    rubric: ["none", "few tools, little choice among them", "no limits, or high-risk tools"],
  },
  {
    id: "persistent_memory",
    name: "Persistent Memory",
    counterpart: "persistence",
    rubric: [
      "stateless",
      "reads a store, or keeps short sessions of one identity",
      "writes a store that outlives the session",
    ],
  },
  {
    id: "contextual_awareness",
    name: "Contextual Awareness",
    counterpart: "context",
    rubric: ["no outside context", "limited, curated context", "the open internet or unrestricted feeds"],
  },
  {
    id: "dynamic_identity",
    name: "Dynamic Identity",
    counterpart: "identity",
    rubric: [
      "a fixed, least-privileged identity for each agent or tool",
      "delegated by a person or a fixed policy",
      "the agent picks its permissions",
    ],
  },
  {
    id: "multi_agent_interactions",
    name: "Multi-Agent Interactions",
    counterpart: "multi_agent",
    rubric: ["none", "a fixed set of agents", "agents choose their partners"],
  },
  {
    id: "non_determinism",
    name: "Non-Determinism",
    counterpart: "non_determinism",
    rubric: [
      "input and output validated by schemas, deterministic tools",
      "one side validated",
      "free text, dynamic discovery",
    ],
  },
  {
    id: "opacity_reflexivity",
    name: "Opacity & Reflexivity",
    counterpart: "opacity",
    rubric: [
      "complete logs of decisions, baselines and alerts",
      "reasons that the agent reports, coarse statistics",
      "hardly any logs",
    ],
  },
];

/** OWASP AIVSS v0.8 table 2. */
const v08: readonly FactorRow[] = [
  {
    id: "autonomy",
    name: "Execution Autonomy",
    counterpart: "autonomy_of_action",
    rubric: [
      "a person is always in the loop",
      "only in a sandbox or on uncritical paths",
      "commits in production",
    ],
  },
  {
    id: "tools",
    name: "External Tool Control Surface",
    counterpart: "dynamic_tool_use",
    rubric: ["none, or read-only", "mixed rights, closely scoped", "broad, high authority"],
  },
  {
    id: "language",
    name: "Natural Language Interface",
    rubric: [
      "structured input only",
      "language retrieves and answers, does not act",
      "language drives tools and plans",
    ],
  },
  {
    id: "context",
    name: "Contextual Awareness",
    counterpart: "contextual_awareness",
    rubric: ["none", "narrow signals", "broad signals of the environment drive decisions"],
  },
  {
    id: "non_determinism",
    name: "Behavioral Non-Determinism",
    counterpart: "non_determinism",
    rubric: ["rules, a fixed seed", "bounded variance, strict guards", "high variance, weak guards"],
  },
  {
    id: "opacity",
    name: "Opacity & Reflexivity",
    counterpart: "opacity_reflexivity",
    rubric: ["fully traceable, deterministic logs", "partial logs", "no way to trace why"],
  },
  {
    id: "persistence",
    name: "Persistent State Retention",
    counterpart: "persistent_memory",
    rubric: ["stateless", "within a session", "a store across sessions"],
  },
  {
    id: "identity",
    name: "Dynamic Identity",
    counterpart: "dynamic_identity",
    rubric: ["one fixed identity", "scopes swapped by tool", "assumes roles, crosses tenants"],
  },
  {
    id: "multi_agent",
    name: "Multi-Agent Interactions",
    counterpart: "multi_agent_interactions",
    rubric: ["isolated", "one or two known agents", "complex orchestration"],
  },
  {
    id: "self_mod",
    name: "Self-Modification",
    counterpart: "self_modification",
    rubric: [
      "static",
      "its own prompts or configuration",
      "alters tools or control flow, or runs code it wrote",
    ],
  },
];

export const factorSets: Readonly<Record<FactorSet, readonly FactorRow[]>> = { "v0.5": v05, "v0.8": v08 };

/** Where a fact stands: a file of the folder under analysis, or a rule of a cluster. `line` counts from 1. */
export interface Evidence {
  readonly file: string;
  readonly line: number;
  /** The fact in our words; names out of the folder are escaped and cut. */
  readonly what: string;
}

/** What a tool lets an agent do. */
export type Capability =
  | "shell"
  | "write-files"
  | "read-files"
  | "network"
  | "subagents"
  | "memory"
  | "server";

export interface Tools {
  /** No list of tools: the agent gets every tool that its host has. */
  readonly inheritsAll: boolean;
  readonly names: readonly string[];
  readonly denied: readonly string[];
  readonly capabilities: readonly Capability[];
}

/** An agent, a skill or a command: a text that instructs a model, and the tools that it may use. */
export interface Instruction {
  readonly kind: "agent" | "skill" | "command";
  readonly name: string;
  readonly evidence: Evidence;
  readonly tools: Tools;
  readonly toolsEvidence: Evidence;
  readonly model?: { readonly id: string; readonly pinned: boolean; readonly evidence: Evidence };
  /** Set where the host keeps a memory for it across sessions. */
  readonly memory?: Evidence;
  readonly turns?: Evidence;
  /** What its text tells the model to do, line by line. */
  readonly acts: readonly Act[];
}

/** What a line of an instruction or script does or tells a model to do. */
export type ActKind =
  | "cluster-write"
  | "cluster-read"
  | "secret-read"
  | "git-push"
  | "gitops-write"
  | "remote-install"
  | "network-read"
  | "writes-rbac"
  | "writes-policy"
  | "delegates"
  | "asks-person"
  | "logs";

export interface Act {
  readonly kind: ActKind;
  readonly evidence: Evidence;
}

export interface Hook {
  readonly event: string;
  readonly matcher: string;
  readonly handler: "command" | "http" | "mcp_tool" | "prompt" | "agent" | "other";
  /** A handler that fails, hangs or is missing stops the tool. */
  readonly failsClosed: boolean;
  readonly evidence: Evidence;
}

export interface Server {
  readonly name: string;
  readonly transport: "stdio" | "http" | "sse" | "ws" | "other";
  /** Names an exact version or digest, or a file of the folder itself. */
  readonly pinned: boolean;
  readonly fetchesCode: boolean;
  readonly remote: boolean;
  readonly encrypted: boolean;
  /** Listens beyond this machine. */
  readonly exposed: boolean;
  readonly authenticated: boolean;
  /** Credentials that stand in the file in clear. */
  readonly literalSecrets: readonly Evidence[];
  /** Credentials and kubeconfigs that it is given from the environment. */
  readonly credentials: readonly Evidence[];
  readonly readOnly: boolean;
  readonly evidence: Evidence;
}

export interface Setting {
  readonly kind: "allow" | "ask" | "deny" | "bypass" | "hooks-off" | "sandbox" | "any-server" | "managed";
  readonly rule: string;
  readonly evidence: Evidence;
}

export interface Script {
  readonly path: string;
  readonly acts: readonly Act[];
  readonly evidence: Evidence;
}

/** Something in the folder that is aimed at whoever analyses or loads it. */
export interface Anomaly {
  readonly kind: "hidden-unicode" | "flatters-analyser" | "link" | "too-large" | "malformed" | "unreadable";
  readonly evidence: Evidence;
}

/** What an agent that runs in a cluster may do there. */
export interface ClusterIdentity {
  readonly subject: string;
  readonly readsSecrets: readonly Evidence[];
  readonly writes: readonly Evidence[];
  readonly escalates: readonly Evidence[];
  readonly clusterWide: boolean;
  readonly evidence: Evidence;
}

/** Everything that was found about an agent, without running any of it. Sorted; the same folder gives the same inventory. */
export interface Inventory {
  readonly subject: string;
  readonly version?: string;
  readonly description?: Evidence;
  readonly manifests: readonly { readonly host: string; readonly evidence: Evidence }[];
  readonly instructions: readonly Instruction[];
  readonly hooks: readonly Hook[];
  readonly servers: readonly Server[];
  readonly settings: readonly Setting[];
  readonly scripts: readonly Script[];
  readonly anomalies: readonly Anomaly[];
  readonly identities: readonly ClusterIdentity[];
  /** Controls that the product's own tests prove; only our own model has them. */
  readonly controls: readonly Control[];
  /** Files that were read. */
  readonly files: number;
}

export interface Control {
  readonly id: string;
  readonly title: string;
  readonly state: "enforced" | "present" | "not-certain";
  readonly code: readonly string[];
  readonly tests: readonly string[];
  readonly evidence: Evidence;
}

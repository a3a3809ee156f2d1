/** A test that evidences a control: its file, and a part of its full name. */
export interface ControlTest {
  readonly file: string;
  readonly name: string;
}

export interface ControlRow {
  /** Ids by the paragraph of the published page that they answer: C1 for its L1, and so on. */
  readonly id: string;
  readonly title: string;
  /** What enforces it; empty: not built, so it stays not certain. */
  readonly code: readonly string[];
  /** Every one of them must have run and passed, or the control is not certain. */
  readonly tests: readonly ControlTest[];
  /** What of it is missing; the control then counts as present and not as enforced. */
  readonly missing?: string;
}

const t = (file: string, name: string): ControlTest => ({ file, name });

/** The controls of this product (facts: threat model, section 7), each with the code that enforces it and the tests that prove it. */
export const controls: readonly ControlRow[] = [
  {
    id: "C1.1",
    title: "The model never authors an object: typed operations, compiled by deterministic code",
    code: ["src/agent/operations", "src/authoring/specialists"],
    tests: [
      t("src/agent/operations/operations.test.ts", "the parser takes nothing that the schema refuses"),
      t("test/adversary/any-operations.test.ts", "whatever a model says by operations"),
      t("test/e2e/ask.test.ts", "a sentence becomes a plan"),
    ],
  },
  {
    id: "C1.2",
    title: "Every text of an input, a tool or a log is data, and instructs nobody",
    code: ["src/agent/projection", "src/agent/orchestrate.ts"],
    tests: [
      t("test/adversary/effects.test.ts", "what stands in files is no instruction"),
      t("test/adversary/effects.test.ts", "no word of one subagent reaches another"),
    ],
  },
  {
    id: "C1.3",
    title: "An independent gate after generation: facts, charter and verdict, which the model cannot edit",
    code: ["src/plan/verdict", "src/plan/facts"],
    tests: [
      t("src/apply/run/apply-plan.test.ts", "K1 refuses a plan that was edited"),
      t("src/apply/trust-root/trust-root.test.ts", "K6 nobody but the owner decides"),
    ],
  },
  {
    id: "C1.4",
    title: "What widens something is denied unless the charter names it",
    code: ["src/plan/facts/widening"],
    tests: [
      t(
        "src/plan/charter/initial-charter.test.ts",
        "K7 allows with approval what authoring makes by default",
      ),
    ],
  },
  {
    id: "C1.5",
    title: "Hidden characters in inputs and objects are found, and shown escaped",
    code: ["src/kube/printable.ts", "src/threat-model/inventory/anomaly-table.ts"],
    tests: [
      t("src/cli/display/plan-text.test.ts", "K5 no text of a plan"),
      t("src/threat-model/inventory/inventory.test.ts", "names hidden characters by their code"),
    ],
  },
  {
    id: "C1.6",
    title: "Model and provider are recorded per run, and an adversarial suite plays a hostile model",
    code: ["src/agent", "test/adversary"],
    tests: [
      t("test/adversary/any-operations.test.ts", "whatever a model says by operations"),
      t("test/adversary/effects.test.ts", "a model that attacks"),
      t("test/e2e/ask.test.ts", "who said what"),
    ],
  },
  {
    id: "C2.1",
    title: "Values of Secrets and ConfigMaps never enter a model's context",
    code: ["src/agent/projection"],
    tests: [
      t("src/agent/projection/projection.test.ts", "no row shows a value"),
      t("test/adversary/secrets.test.ts", "K5 secrets and a model"),
    ],
  },
  {
    id: "C2.2",
    title: "No value reaches a log, a plan or an error",
    code: ["src/audit", "src/plan/change/live-values.ts", "src/apply/cluster/client/errors"],
    tests: [
      t("src/audit/log-store.test.ts", "K17 no value enters the log"),
      t("src/plan/build-plan.test.ts", "K17 a plan holds no value"),
      t("src/apply/cluster/client/errors/errors.test.ts", "K17 failures are rebuilt"),
    ],
  },
  {
    id: "C2.3",
    title: "Labels of source and confidentiality follow every value to every sink",
    code: ["src/agent/projection"],
    tests: [t("test/adversary/secrets.test.ts", "K5 secrets and a model")],
    missing: "values are withheld by structure; they carry no labels",
  },
  {
    id: "C2.4",
    title: "The agent's process may reach its model and nothing else",
    code: [],
    tests: [],
    missing: "no policy for the process itself is shipped",
  },
  {
    id: "C2.5",
    title: "Files are read inside the project folder, without following a link out of it",
    code: ["src/apply/files/node-files.ts"],
    tests: [t("src/apply/files/node-files.test.ts", "K16")],
  },
  {
    id: "C2.6",
    title: "The digest of every input is recorded, and no run carries anything into the next",
    code: ["src/plan/plan.ts", "src/audit/event.ts"],
    tests: [t("test/e2e/ask.test.ts", "the log says who was asked before the model heard of it")],
  },
  {
    id: "C3.1",
    title: "No shell tool: a closed list of tools, closed schemas, no path, flag, host or key",
    code: ["src/mcp", "src/agent/operations"],
    tests: [
      t("test/mcp/tools-list.test.ts", "K6 no tool approves"),
      t("test/mcp/stdio.test.ts", "K6 arguments that no schema has are refused"),
      t("src/agent/operations/operations.test.ts", "no operation has a way to say a namespace"),
    ],
  },
  {
    id: "C3.2",
    title: "Every tool declares its side effects, and only one may write, with an approved plan",
    code: ["src/mcp"],
    tests: [
      t("test/mcp/tools-list.test.ts", "only apply_plan may write to a target"),
      t("test/mcp/stdio.test.ts", "apply_plan is refused for want of an approval"),
    ],
  },
  {
    id: "C3.3",
    title: "What a subagent returns is data: typed, bounded, and never joined to instructions",
    code: ["src/agent/orchestrate.ts"],
    tests: [t("test/adversary/effects.test.ts", "no word of one subagent reaches another")],
  },
  {
    id: "C3.4",
    title: "Programs that are run get fixed arguments, a bare environment and limits",
    code: ["src/apply/process/run-program.ts"],
    tests: [t("test/adversary/effects.test.ts", "a model that attacks")],
    missing: "no sandbox without network and file system is put round them",
  },
  {
    id: "C3.5",
    title: "Turns, tokens, time, sizes and money of a run are limited, and it stops there",
    code: ["src/agent/loop/budget.ts", "src/mcp"],
    tests: [
      t("src/agent/loop/loop.test.ts", "budgets"),
      t("test/mcp/stdio.test.ts", "huge and deep arguments are refused"),
    ],
  },
  {
    id: "C3.6",
    title: "The list of tools is pinned, and the program is shipped with its plug-in",
    code: ["src/mcp", "plugin"],
    tests: [
      t("test/mcp/tools-list.test.ts", "is what was pinned"),
      t("test/mcp/plugin.test.ts", "both manifests say the same"),
    ],
  },
  {
    id: "C4.1",
    title: "A target is pinned by its owner; no context, name or environment selects one",
    code: ["src/apply/cluster/client/tls", "src/plan/charter"],
    tests: [
      t("src/apply/cluster/client/tls/pin.test.ts", "K14 pins"),
      t("src/plan/cluster/cluster-plan.test.ts", "K14 the charter decides by the pin"),
    ],
  },
  {
    id: "C4.2",
    title: "Writing credentials are minted per plan and end with it",
    code: [],
    tests: [],
    missing: "the credentials at hand are used; show says so",
  },
  {
    id: "C4.3",
    title: "The transport refuses every write that is not in an approved plan",
    code: ["src/apply/cluster/client/request"],
    tests: [
      t("src/apply/cluster/client/request/gate.test.ts", "K13 the transport refuses"),
      t("test/adversary/cluster.test.ts", "whatever it says, the server"),
    ],
  },
  {
    id: "C4.4",
    title: "The rights of the agent's identity are proved and printed",
    code: [],
    tests: [],
    missing:
      "threat models read identities out of manifests; plans do not show what the executor may do beyond them",
  },
  {
    id: "C4.5",
    title: "The process that talks to a model holds no credentials that write",
    code: [],
    tests: [],
    missing: "the executor is no process of its own yet",
  },
  {
    id: "C4.6",
    title: "The cluster itself holds the agent: an admission policy for the planner",
    code: ["deploy/planner-dry-run-only.yaml"],
    tests: [t("test/cluster/planner-policy.test.ts", "")],
    missing: "there is one for the planner, and none per plan for the executor",
  },
  {
    id: "C5.1",
    title: "An append-only Merkle log of requests, decisions and effects that anyone can verify",
    code: ["src/audit"],
    tests: [
      t("src/audit/verify.test.ts", "K19 the log claims what it can"),
      t("src/apply/run/apply-plan.test.ts", "K20 pushes nothing, builds nothing and consumes nothing"),
    ],
  },
  {
    id: "C5.2",
    title: "Witnesses outside cosign the log",
    code: [],
    tests: [],
    missing: "verify says that without an outside checkpoint truncation and fork are not excluded",
  },
  {
    id: "C5.3",
    title: "Refusals are logged like effects",
    code: ["src/audit/event.ts", "src/mcp"],
    tests: [t("test/mcp/stdio.test.ts", "every call and every refusal is in a log that verifies")],
  },
  {
    id: "C5.4",
    title: "Who, what and why can be rebuilt from the log",
    code: ["src/audit", "src/cli/commands/audit.impl.ts"],
    tests: [
      t("test/e2e/ask.test.ts", "the log says who was asked"),
      t("test/e2e/ask-bad-input.test.ts", "the log says how each one ended"),
    ],
  },
  {
    id: "C5.5",
    title: "What was written is compared with what was approved, and a difference stops the run",
    code: ["src/apply/cluster/run"],
    tests: [t("test/cluster/apply.test.ts", "K2 what the server promises")],
  },
  {
    id: "C5.6",
    title: "Findings leave in formats that other tools read",
    code: ["src/analysis/findings"],
    tests: [t("src/analysis/findings/sinks.test.ts", "is valid against the schema of OASIS")],
    missing: "no OpenTelemetry and no OCSF",
  },
  {
    id: "C6.1",
    title: "New permissions are held against a ceiling that the owner signed",
    code: ["src/plan/facts/widening", "src/plan/verdict"],
    tests: [
      t(
        "src/plan/charter/initial-charter.test.ts",
        "K7 allows with approval what authoring makes by default",
      ),
    ],
  },
  {
    id: "C6.2",
    title: "A weaker policy is a fact of the plan, and denied unless the charter names it",
    code: ["src/plan/facts/widening"],
    tests: [t("src/plan/verdict/verdict.test.ts", "")],
  },
  {
    id: "C6.3",
    title: "Who proposes cannot approve, and the agent cannot edit its own charter",
    code: ["src/apply/trust-root", "src/mcp"],
    tests: [
      t("src/apply/trust-root/trust-root.test.ts", "K6 signs only with the pinned owner"),
      t("test/mcp/tools-list.test.ts", "K6 no tool approves"),
    ],
  },
  {
    id: "C6.4",
    title: "An approval is a person's signature over this plan, for this target, once",
    code: ["src/plan/approval", "src/apply/approval"],
    tests: [
      t("src/plan/approval/judge-approvals.test.ts", "K9 an approval is of one person"),
      t("src/apply/run/apply-plan.test.ts", "K9 refuses approvals that are expired"),
      t("src/apply/journal/journal.test.ts", "K11 a nonce is used once"),
    ],
  },
  {
    id: "C6.5",
    title: "Reviewers are not overwhelmed: widening first, a limit of changes, nothing cut",
    code: ["src/cli/display/plan-text.ts"],
    tests: [t("src/cli/display/plan-text.test.ts", "K5 what a person reads")],
  },
  {
    id: "C6.6",
    title: "Checks name what guides ask for",
    code: ["src/analysis/checks"],
    tests: [t("test/conformance/pod-security/fixtures.test.ts", "")],
  },
  {
    id: "C7.1",
    title: "No agent both generates and applies; Git gets a branch for review",
    code: ["src/apply/git", "src/mcp"],
    tests: [
      t("test/adversary/effects.test.ts", "an apply without approval"),
      t("src/apply/git/git-target.test.ts", "K18 pushes only onto the commit that was expected"),
    ],
  },
  {
    id: "C7.2",
    title: "Every subagent has an identity and keys of its own",
    code: [],
    tests: [],
    missing: "subagents have tools and budgets of their own, and no keys",
  },
  {
    id: "C7.3",
    title: "A deterministic checker stands between every two steps",
    code: ["src/plan/reproduce-plan.ts"],
    tests: [
      t("src/plan/build-plan.test.ts", "K1 a plan is a claim"),
      t("src/apply/run/apply-plan.test.ts", "K1 refuses a plan of which any part was changed"),
    ],
  },
  {
    id: "C7.4",
    title: "Provenance from manifest to plan to approval, verified when it is admitted",
    code: ["src/plan/approval-statement.ts"],
    tests: [t("src/apply/run/apply-plan.test.ts", "K1, K6, K9")],
    missing: "no attestation for the cluster's own admission",
  },
  {
    id: "C7.5",
    title: "Blast radius is capped by the charter, and every run can be undone",
    code: ["src/plan/verdict", "src/plan/undo.ts"],
    tests: [t("src/plan/cluster/undo-cluster.test.ts", "K12 undoing a plan for a cluster is another plan")],
  },
  {
    id: "C7.6",
    title: "One switch revokes tools, credentials and tokens of all agents",
    code: [],
    tests: [],
    missing: "there is none beyond signing another charter",
  },
];

/** OWASP Agentic Top 10 (2026), with what the other catalogues call the same. Ids and names only: their texts are CC BY-SA. */
export interface AsiRow {
  readonly id: string;
  readonly name: string;
  /** AIVSS core risks (v0.8 appendix B): the primary one first. */
  readonly coreRisks: readonly string[];
  /** MAESTRO layers: those of the primary core risk, then those of the secondary ones. */
  readonly layers: readonly string[];
  readonly owaspThreats: readonly string[];
  /** MITRE ATLAS 5.6.0 (Apache-2.0). */
  readonly atlas: readonly string[];
  /** OWASP MCP Top 10, v0.1 2025. */
  readonly mcp: readonly string[];
  /** Domains of CSA's AICM. */
  readonly aicm: readonly string[];
  /** Weaknesses of MITRE's CWE that it comes down to; our reading. */
  readonly cwe: readonly string[];
  /** Requirements of OWASP AISVS that answer it; our reading, ids only. */
  readonly aisvs: readonly string[];
  readonly nist: string;
}

export const asiTable: readonly AsiRow[] = [
  {
    id: "ASI01",
    name: "Agent Goal Hijack",
    coreRisks: [
      "Agent Goal & Instruction Manipulation",
      "Agent Memory & Context Manipulation",
      "Insecure Agent Critical Systems Interaction",
    ],
    layers: ["L1", "L2", "L4"],
    owaspThreats: ["T6", "T7"],
    atlas: ["AML.T0051", "AML.T0094"],
    mcp: ["MCP06", "MCP10"],
    aicm: ["MDS", "AIS"],
    cwe: ["CWE-1427"],
    aisvs: ["2.1.1", "2.1.2"],
    nist: "Information Security",
  },
  {
    id: "ASI02",
    name: "Tool Misuse & Exploitation",
    coreRisks: [
      "Agentic AI Tool Misuse",
      "Agent Orchestration & Multi-Agent Exploitation",
      "Insecure Agent Critical Systems Interaction",
    ],
    layers: ["L7", "L3", "L4"],
    owaspThreats: ["T2", "T4"],
    atlas: ["AML.T0053", "AML.T0086", "AML.T0101"],
    mcp: ["MCP05", "MCP02"],
    aicm: ["AIS", "IAM"],
    cwe: ["CWE-863", "CWE-441"],
    aisvs: ["9.3.3", "9.3.4"],
    nist: "Information Security",
  },
  {
    id: "ASI03",
    name: "Identity & Privilege Abuse",
    coreRisks: ["Agent Access Control Violation", "Agent Identity Impersonation", "Agent Untraceability"],
    layers: ["L4", "L6", "L1", "L5"],
    owaspThreats: ["T3", "T9"],
    atlas: ["AML.T0083", "AML.T0098"],
    mcp: ["MCP01", "MCP02", "MCP07"],
    aicm: ["IAM"],
    cwe: ["CWE-269", "CWE-522"],
    aisvs: ["5.6.1", "9.4.1"],
    nist: "Information Security",
  },
  {
    id: "ASI04",
    name: "Agentic Supply Chain Vulnerabilities",
    coreRisks: [
      "Agent Supply Chain & Dependency Risk",
      "Agentic AI Tool Misuse",
      "Agent Orchestration & Multi-Agent Exploitation",
    ],
    layers: ["L2", "L7", "L3"],
    owaspThreats: ["T17", "T13"],
    atlas: ["AML.T0010.005", "AML.T0104", "AML.T0109", "AML.T0110"],
    mcp: ["MCP03", "MCP04", "MCP09"],
    aicm: ["STA"],
    cwe: ["CWE-494", "CWE-829"],
    aisvs: ["9.9.1", "9.9.9"],
    nist: "Value Chain & Component Integration",
  },
  {
    id: "ASI05",
    name: "Unexpected Code Execution (RCE)",
    coreRisks: [
      "Agentic AI Tool Misuse",
      "Agent Access Control Violation",
      "Insecure Agent Critical Systems Interaction",
    ],
    layers: ["L7", "L4", "L6"],
    owaspThreats: ["T11"],
    atlas: ["AML.T0105", "AML.T0112"],
    mcp: ["MCP05"],
    aicm: ["AIS", "TVM"],
    cwe: ["CWE-78", "CWE-94"],
    aisvs: ["4.1", "9.3.1"],
    nist: "Information Security",
  },
  {
    id: "ASI06",
    name: "Memory & Context Poisoning",
    coreRisks: [
      "Agent Memory & Context Manipulation",
      "Agent Goal & Instruction Manipulation",
      "Agent Cascading Failures",
    ],
    layers: ["L2", "L1", "L3", "L5"],
    owaspThreats: ["T1", "T5"],
    atlas: ["AML.T0080", "AML.T0070", "AML.T0099"],
    mcp: ["MCP10"],
    aicm: ["DSP", "MDS"],
    cwe: ["CWE-349"],
    aisvs: ["9.5.2", "12.1"],
    nist: "Information Integrity",
  },
  {
    id: "ASI07",
    name: "Insecure Inter-Agent Communication",
    coreRisks: [
      "Agent Orchestration & Multi-Agent Exploitation",
      "Agent Access Control Violation",
      "Agent Identity Impersonation",
    ],
    layers: ["L3", "L4", "L6"],
    owaspThreats: ["T12", "T16"],
    atlas: ["AML.T0080.001", "AML.T0108"],
    mcp: ["MCP07"],
    aicm: ["IVS", "CEK"],
    cwe: ["CWE-319", "CWE-345"],
    aisvs: ["9.5.1", "9.5.3"],
    nist: "Value Chain & Component Integration",
  },
  {
    id: "ASI08",
    name: "Cascading Failures",
    coreRisks: [
      "Agent Cascading Failures",
      "Agent Orchestration & Multi-Agent Exploitation",
      "Agent Memory & Context Manipulation",
    ],
    layers: ["L3", "L5", "L2"],
    owaspThreats: ["T5", "T4"],
    atlas: ["AML.T0034.002"],
    mcp: [],
    aicm: ["BCR", "SEF"],
    cwe: ["CWE-400", "CWE-754"],
    aisvs: ["9.1.1", "9.1.3"],
    nist: "Confabulation",
  },
  {
    id: "ASI09",
    name: "Human-Agent Trust Exploitation",
    coreRisks: [
      "Agent Identity Impersonation",
      "Agent Goal & Instruction Manipulation",
      "Agent Access Control Violation",
    ],
    layers: ["L6", "L1", "L4"],
    owaspThreats: ["T10", "T15"],
    atlas: ["AML.T0067", "AML.T0100"],
    mcp: [],
    aicm: ["HRS", "LOG"],
    cwe: ["CWE-451"],
    aisvs: ["13.2.2", "13.2.3"],
    nist: "Human-AI Configuration",
  },
  {
    id: "ASI10",
    name: "Rogue Agents",
    coreRisks: [
      "Agent Access Control Violation",
      "Agent Untraceability",
      "Agent Goal & Instruction Manipulation",
    ],
    layers: ["L4", "L6", "L1", "L5"],
    owaspThreats: ["T13", "T7", "T8"],
    atlas: ["AML.T0103", "AML.T0108"],
    mcp: ["MCP08", "MCP09"],
    aicm: ["LOG", "SEF"],
    cwe: ["CWE-693", "CWE-778"],
    aisvs: ["9.7.1", "12.2"],
    nist: "Human-AI Configuration",
  },
];

export interface CoreRiskRow {
  /** The string of AIVSS's report schema. */
  readonly name: string;
  readonly layers: readonly string[];
  /** Factors of v0.8 that dominate it (table 3). */
  readonly factors: readonly string[];
}

/** OWASP AIVSS core risks (v0.8 appendix C and table 3). */
export const coreRisks: readonly CoreRiskRow[] = [
  { name: "Agentic AI Tool Misuse", layers: ["L7"], factors: ["autonomy", "tools", "language"] },
  {
    name: "Agent Access Control Violation",
    layers: ["L4", "L6"],
    factors: ["tools", "identity", "persistence"],
  },
  {
    name: "Agent Cascading Failures",
    layers: ["L3", "L5"],
    factors: ["autonomy", "multi_agent", "non_determinism", "opacity"],
  },
  {
    name: "Agent Orchestration & Multi-Agent Exploitation",
    layers: ["L3"],
    factors: ["autonomy", "identity", "multi_agent", "context"],
  },
  { name: "Agent Identity Impersonation", layers: ["L6"], factors: ["identity", "opacity", "language"] },
  {
    name: "Agent Memory & Context Manipulation",
    layers: ["L2"],
    factors: ["persistence", "context", "opacity"],
  },
  {
    name: "Insecure Agent Critical Systems Interaction",
    layers: ["L4"],
    factors: ["autonomy", "tools", "context", "self_mod"],
  },
  {
    name: "Agent Supply Chain & Dependency Risk",
    layers: ["L2", "L7"],
    factors: ["autonomy", "tools", "self_mod"],
  },
  { name: "Agent Untraceability", layers: ["L1", "L5"], factors: ["opacity", "identity", "non_determinism"] },
  {
    name: "Agent Goal & Instruction Manipulation",
    layers: ["L1"],
    factors: ["language", "autonomy", "non_determinism", "context"],
  },
];

export function asiOf(id: string): AsiRow | undefined {
  return asiTable.find((row) => row.id === id);
}

/** Layers of MAESTRO (Cloud Security Alliance, Ken Huang, 2025-02-06) and its threats across layers. */
export type LayerId = "L1" | "L2" | "L3" | "L4" | "L5" | "L6" | "L7" | "LX";

export interface Layer {
  readonly id: LayerId;
  readonly name: string;
}

export interface Threat {
  /** Ours, since MAESTRO numbers nothing: `M<layer>.<number>` in the order of its text. Never renumbered. */
  readonly id: string;
  readonly layer: LayerId;
  readonly name: string;
  /** Countermeasures: ids of AIDEFEND techniques (edward-playground/aidefense-framework, CC BY 4.0). */
  readonly aidefend: readonly string[];
}

export const layers: readonly Layer[] = [
  { id: "L1", name: "Foundation Models" },
  { id: "L2", name: "Data Operations" },
  { id: "L3", name: "Agent Frameworks" },
  { id: "L4", name: "Deployment and Infrastructure" },
  { id: "L5", name: "Evaluation and Observability" },
  { id: "L6", name: "Security and Compliance" },
  { id: "L7", name: "Agent Ecosystem" },
  { id: "LX", name: "Cross-layer" },
];

/** All 55 named threats of MAESTRO. */
export const threats: readonly Threat[] = [
  { id: "M1.1", layer: "L1", name: "Adversarial Examples", aidefend: ["AID-H-001", "AID-H-002.002"] },
  { id: "M1.2", layer: "L1", name: "Model Stealing", aidefend: ["AID-H-004.002"] },
  { id: "M1.3", layer: "L1", name: "Backdoor Attacks", aidefend: ["AID-H-003.006"] },
  { id: "M1.4", layer: "L1", name: "Membership Inference Attacks", aidefend: ["AID-H-005"] },
  { id: "M1.5", layer: "L1", name: "Data Poisoning (Training Phase)", aidefend: ["AID-H-002", "AID-H-007"] },
  { id: "M1.6", layer: "L1", name: "Reprogramming Attacks", aidefend: ["AID-H-022", "AID-H-002.002"] },
  { id: "M1.7", layer: "L1", name: "Denial of Service (DoS) Attacks", aidefend: ["AID-I-005"] },
  { id: "M2.1", layer: "L2", name: "Data Poisoning", aidefend: [] },
  { id: "M2.2", layer: "L2", name: "Data Exfiltration", aidefend: ["AID-D-003.002"] },
  { id: "M2.3", layer: "L2", name: "Denial of Service on Data Infrastructure", aidefend: ["AID-I-003"] },
  { id: "M2.4", layer: "L2", name: "Data Tampering", aidefend: ["AID-D-004.001"] },
  { id: "M2.5", layer: "L2", name: "Compromised RAG Pipelines", aidefend: ["AID-H-021", "AID-I-004.001"] },
  { id: "M3.1", layer: "L3", name: "Compromised Framework Components", aidefend: ["AID-H-023", "AID-H-024"] },
  { id: "M3.2", layer: "L3", name: "Backdoor Attacks", aidefend: ["AID-D-004.003"] },
  { id: "M3.3", layer: "L3", name: "Input Validation Attacks", aidefend: ["AID-H-002", "AID-H-006"] },
  { id: "M3.4", layer: "L3", name: "Supply Chain Attacks", aidefend: ["AID-H-003.001"] },
  { id: "M3.5", layer: "L3", name: "Denial of Service on Framework APIs", aidefend: ["AID-D-005.007"] },
  { id: "M3.6", layer: "L3", name: "Framework Evasion", aidefend: ["AID-H-026"] },
  { id: "M4.1", layer: "L4", name: "Compromised Container Images", aidefend: [] },
  { id: "M4.2", layer: "L4", name: "Orchestration Attacks", aidefend: ["AID-I-002"] },
  {
    id: "M4.3",
    layer: "L4",
    name: "Infrastructure-as-Code (IaC) Manipulation",
    aidefend: ["AID-H-003.005", "AID-H-032.002"],
  },
  { id: "M4.4", layer: "L4", name: "Denial of Service (DoS) Attacks", aidefend: ["AID-I-003"] },
  { id: "M4.5", layer: "L4", name: "Resource Hijacking", aidefend: [] },
  { id: "M4.6", layer: "L4", name: "Lateral Movement", aidefend: ["AID-I-001.001", "AID-I-001.002"] },
  { id: "M5.1", layer: "L5", name: "Manipulation of Evaluation Metrics", aidefend: ["AID-H-007.004"] },
  {
    id: "M5.2",
    layer: "L5",
    name: "Compromised Observability Tools",
    aidefend: ["AID-D-005.002", "AID-D-017"],
  },
  {
    id: "M5.3",
    layer: "L5",
    name: "Denial of Service on Evaluation Infrastructure",
    aidefend: ["AID-M-003.002"],
  },
  { id: "M5.4", layer: "L5", name: "Evasion of Detection", aidefend: ["AID-D-005.002"] },
  {
    id: "M5.5",
    layer: "L5",
    name: "Data Leakage through Observability",
    aidefend: ["AID-D-003.002", "AID-H-033.003"],
  },
  { id: "M5.6", layer: "L5", name: "Poisoning Observability Data", aidefend: ["AID-D-017"] },
  { id: "M6.1", layer: "L6", name: "Security Agent Data Poisoning", aidefend: ["AID-H-036"] },
  {
    id: "M6.2",
    layer: "L6",
    name: "Evasion of Security AI Agents",
    aidefend: ["AID-H-022.004", "AID-D-001"],
  },
  { id: "M6.3", layer: "L6", name: "Compromised Security AI Agents", aidefend: ["AID-H-036"] },
  {
    id: "M6.4",
    layer: "L6",
    name: "Regulatory Non-Compliance by AI Security Agents",
    aidefend: ["AID-M-009"],
  },
  { id: "M6.5", layer: "L6", name: "Bias in Security AI Agents", aidefend: ["AID-M-007"] },
  { id: "M6.6", layer: "L6", name: "Lack of Explainability in Security AI Agents", aidefend: ["AID-D-006"] },
  { id: "M6.7", layer: "L6", name: "Model Extraction of AI Security Agents", aidefend: ["AID-I-003"] },
  { id: "M7.1", layer: "L7", name: "Compromised Agents", aidefend: ["AID-D-011", "AID-D-016"] },
  { id: "M7.2", layer: "L7", name: "Agent Impersonation", aidefend: ["AID-H-004.003"] },
  { id: "M7.3", layer: "L7", name: "Agent Identity Attack", aidefend: ["AID-H-029"] },
  { id: "M7.4", layer: "L7", name: "Agent Tool Misuse", aidefend: ["AID-H-018", "AID-H-019"] },
  { id: "M7.5", layer: "L7", name: "Agent Goal Manipulation", aidefend: ["AID-H-018.003"] },
  { id: "M7.6", layer: "L7", name: "Marketplace Manipulation", aidefend: ["AID-H-004.004"] },
  { id: "M7.7", layer: "L7", name: "Integration Risks", aidefend: ["AID-H-029", "AID-H-006.001"] },
  { id: "M7.8", layer: "L7", name: "Horizontal/Vertical Solution Vulnerabilities", aidefend: [] },
  { id: "M7.9", layer: "L7", name: "Repudiation", aidefend: ["AID-D-005.004"] },
  { id: "M7.10", layer: "L7", name: "Compromised Agent Registry", aidefend: ["AID-H-025.002"] },
  { id: "M7.11", layer: "L7", name: "Malicious Agent Discovery", aidefend: ["AID-H-025.003"] },
  { id: "M7.12", layer: "L7", name: "Agent Pricing Model Manipulation", aidefend: ["AID-I-003"] },
  { id: "M7.13", layer: "L7", name: "Inaccurate Agent Capability Description", aidefend: ["AID-H-025.004"] },
  { id: "MX.1", layer: "LX", name: "Supply Chain Attacks", aidefend: ["AID-H-003.001"] },
  { id: "MX.2", layer: "LX", name: "Lateral Movement", aidefend: ["AID-E-001"] },
  { id: "MX.3", layer: "LX", name: "Privilege Escalation", aidefend: ["AID-H-019.002", "AID-H-019.006"] },
  { id: "MX.4", layer: "LX", name: "Data Leakage", aidefend: ["AID-H-019.005"] },
  { id: "MX.5", layer: "LX", name: "Goal Misalignment Cascades", aidefend: ["AID-D-009", "AID-D-010"] },
];

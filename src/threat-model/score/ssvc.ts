/** AIVSS-SSVC (OWASP AIVSS project, ssvc.html): a deadline instead of a number. */
export type ThreatState = "none" | "poc" | "active";
export type Impact = "contained" | "significant" | "critical";
export type AgentClass = "copilot" | "specialist" | "primemover";
export type Outcome = "Defer" | "Scheduled" | "Out-of-Cycle" | "Immediate";

export interface SsvcResult {
  readonly agentClass: AgentClass;
  readonly outcome: Outcome;
  /** What the outcome asks for. */
  readonly deadline: string;
}

/** Indices of the ten factors: authority, memory and identity, behaviour. */
const groups: readonly (readonly number[])[] = [
  [0, 1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
];

/** The ten factors by name, in the order f1 to f10; each is 1 to 5. */
export const ssvcFactors: readonly string[] = [
  "execution autonomy",
  "tool authority",
  "code execution",
  "critical-system access",
  "memory",
  "dynamic identity",
  "multi-agent",
  "self-modification",
  "non-determinism",
  "deceptiveness",
];

/** By class and threat, the outcomes for contained, significant and critical impact. */
const matrix: Readonly<Record<AgentClass, Readonly<Record<ThreatState, string>>>> = {
  copilot: { none: "DSO", poc: "SSO", active: "OOI" },
  specialist: { none: "SSO", poc: "SOO", active: "OII" },
  primemover: { none: "SOI", poc: "OOI", active: "III" },
};

const outcomes: Readonly<Record<string, readonly [Outcome, string]>> = {
  D: ["Defer", "no deadline"],
  S: ["Scheduled", "30 to 90 days"],
  O: ["Out-of-Cycle", "7 to 30 days"],
  I: ["Immediate", "0 to 7 days"],
};

const impacts: readonly Impact[] = ["contained", "significant", "critical"];

/** The class of an agent from its ten factors (1 to 5 each). */
export function agentClassOf(factors: readonly number[]): AgentClass {
  const averages = groups.map(
    (group) => group.reduce((sum, index) => sum + (factors[index] ?? 0), 0) / group.length,
  );
  if (averages.some((average) => average >= 4)) return "primemover";
  // Two averages of 3 and more make a specialist, and so does a single one among mixed averages.
  return averages.some((average) => average >= 3) ? "specialist" : "copilot";
}

export function ssvc(factors: readonly number[], threat: ThreatState, impact: Impact): SsvcResult {
  const agentClass = agentClassOf(factors);
  const cell = matrix[agentClass][threat].charAt(impacts.indexOf(impact));
  const [outcome, deadline] = outcomes[cell] ?? ["Immediate", "0 to 7 days"];
  return { agentClass, outcome, deadline };
}

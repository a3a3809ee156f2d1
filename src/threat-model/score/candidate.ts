import type { Cvss4 } from "./cvss4.ts";

/** Metrics of aivss-2.0-candidate and their values (kenhuangus/aivss-v1-candidate docs/METRIC-RUBRIC.md). X: not enough evidence. */
export const candidateMetrics = {
  LC: "DIMNX",
  CP: "CSNX",
  AP: "LCNX",
  SR: "RPUX",
  EX: "WMNX",
  PT: "HMLX",
  CA: "WMNX",
  TD: "HMLX",
} as const;

export type CandidateMetric = keyof typeof candidateMetrics;

export const candidateNames: Readonly<Record<CandidateMetric, string>> = {
  LC: "language-mediated control",
  CP: "context persistence",
  AP: "propagation",
  SR: "stochastic reliability",
  EX: "extension surface",
  PT: "provider trust deficit",
  CA: "cost abuse",
  TD: "traceability deficit",
};

/** Weights in hundredths of a point (docs/SCORING.md). */
const weights: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  EX: { W: 40, M: 15, N: 0 },
  PT: { H: 30, M: 10, L: 0 },
  CA: { W: 30, M: 10, N: 0 },
  TD: { H: 50, M: 20, L: 0 },
};

export interface CandidateScore {
  readonly profile: "aivss-2.0-candidate";
  readonly status: "candidate-unvalidated";
  /** CVSS-BTE, the normative number; null while a metric is X. */
  readonly aivss: number | null;
  /** The experimental sum, labelled as such; null while a metric is X. */
  readonly experimental: number | null;
  readonly experimentalLabel: "experimental-uncalibrated";
  readonly effectClass: "A0" | "A1" | "A2" | "AX";
  readonly unknown: readonly CandidateMetric[];
}

/** Scores one finding on one path. Any metric without evidence withholds every number. */
export function scoreCandidate(
  cvss: Cvss4,
  metrics: Readonly<Record<CandidateMetric, string>>,
): CandidateScore {
  const unknown = (Object.keys(candidateMetrics) as CandidateMetric[]).filter(
    (name) => metrics[name] === "X",
  );
  const sum = Object.entries(weights).reduce(
    (total, [name, values]) => total + (values[metrics[name as CandidateMetric]] ?? 0),
    0,
  );
  const bte = cvss.overallTenths;
  const known = unknown.length === 0;
  // An impact of zero stays zero, whatever the agent adds.
  const experimental = bte === 0 ? 0 : Math.min(1000, bte * 10 + sum) / 100;
  return {
    profile: "aivss-2.0-candidate",
    status: "candidate-unvalidated",
    aivss: known ? bte / 10 : null,
    experimental: known ? experimental : null,
    experimentalLabel: "experimental-uncalibrated",
    effectClass: effectClass(metrics),
    unknown,
  };
}

function effectClass({
  LC,
  CP,
  AP,
  SR,
}: Readonly<Record<CandidateMetric, string>>): CandidateScore["effectClass"] {
  if ([LC, CP, AP, SR].includes("X")) return "AX";
  if (AP === "L" || ((LC === "D" || LC === "I") && CP === "C") || (LC === "D" && SR === "R")) return "A2";
  return LC === "N" && CP === "N" && AP === "N" && SR === "U" ? "A0" : "A1";
}

/** One-sided 95 %. */
const Z = 1.645;
const EPISODES = 30;

/**
 * The SR metric from independent episodes (`successes` of `episodes` attacks reached their effect): R where the lower
 * Wilson bound is at least 0.90, U where the upper one is below 0.10, P between, X below 30 episodes.
 */
export function reliabilityOf(successes: number, episodes: number): "R" | "P" | "U" | "X" {
  if (episodes < EPISODES || successes < 0 || successes > episodes) return "X";
  const p = successes / episodes;
  const d = 1 + (Z * Z) / episodes;
  const centre = (p + (Z * Z) / (2 * episodes)) / d;
  const half = (Z / d) * Math.sqrt((p * (1 - p)) / episodes + (Z * Z) / (4 * episodes * episodes));
  if (centre - half >= 0.9) return "R";
  return centre + half < 0.1 ? "U" : "P";
}

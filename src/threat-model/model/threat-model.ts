import { asiOf } from "../crosswalk/crosswalk.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { judgePolicySurface, judgeThreats, type JudgedThreat } from "../maestro/judge.ts";
import { type LayerId, layers } from "../maestro/threats.ts";
import { type AivssInput, type AivssScore, type Severity, scoreAivss, severityOf } from "../score/aivss.ts";
import { parseCvss4 } from "../score/cvss4.ts";
import type { Hundredths } from "../score/decimal.ts";
import { factorSets } from "../score/factors.ts";
import { type ProfileId, profiles } from "../score/profiles.ts";
import { cvssRules, metricValues } from "./cvss-rules.ts";
import { decide, type Decided } from "./decision.ts";
import { factorRules } from "./factor-rules.ts";
import { layerText } from "./layer-text.ts";
import { mitigationRules } from "./mitigation-rules.ts";

export const apiVersion = "kubernetes-operations.dev/v1";

export interface DecidedFactor extends Decided<number> {
  readonly id: string;
  readonly name: string;
}

export interface DecidedMetric extends Decided<string> {
  readonly metric: string;
}

export interface ModelScore {
  readonly profile: ProfileId;
  readonly aivss: number | null;
  readonly severity: Severity | null;
  readonly interval: { readonly min: number; readonly max: number };
  readonly factorSum: number | null;
  readonly aars: number | null;
  readonly notes: readonly string[];
}

export interface LayerState {
  readonly id: LayerId;
  readonly name: string;
  /** Mapped: some threat of it is decided by evidence. */
  readonly tag: "mapped" | "not-certain";
  readonly text: string;
}

/** The threat model of an agent: states, numbers and the evidence for each. No clock, no machine: equal inputs, equal bytes. */
export interface ThreatModel {
  readonly apiVersion: typeof apiVersion;
  readonly kind: "ThreatModel";
  readonly subject: string;
  readonly version?: string;
  /** No model was asked. */
  readonly llmCalls: 0;
  /** Everything that was found; the rest follows from it. */
  readonly inventory: Inventory;
  readonly cvss: {
    /** The vector; null while a metric is unknown. */
    readonly vector: string | null;
    readonly base: number | null;
    readonly range: { readonly min: number; readonly max: number };
    readonly metrics: readonly DecidedMetric[];
  };
  readonly factorSet: "v0.8";
  readonly factors: readonly DecidedFactor[];
  readonly threatMultiplier: { readonly value: number; readonly reason: string };
  readonly mitigation: Decided<number>;
  readonly scores: readonly ModelScore[];
  readonly layers: readonly LayerState[];
  readonly threats: readonly ThreatEntry[];
  readonly policySurface: readonly ThreatEntry[];
}

export interface ThreatEntry extends JudgedThreat {
  readonly crosswalk: {
    readonly coreRisks: readonly string[];
    readonly atlas: readonly string[];
    readonly mcp: readonly string[];
    readonly aicm: readonly string[];
    readonly cwe: readonly string[];
    readonly aisvs: readonly string[];
    readonly nist: readonly string[];
  };
}

const MODELLED: readonly ProfileId[] = ["owasp-0.8-strict", "owasp-0.8-repaired"];
const THREAT_DEFAULT = 97;

/** Judges an inventory: states of the threats, CVSS vector, factors, mitigation and scores, each with its evidence. */
export function modelThreats(inventory: Inventory): ThreatModel {
  const factors = factorSets["v0.8"].map((row): DecidedFactor => {
    const decided = decide(factorRules[row.id] ?? [], inventory);
    return { id: row.id, name: row.name, ...decided, value: inPoints(decided.value) };
  });
  const metrics = Object.keys(metricValues).map(
    (metric): DecidedMetric => ({
      metric,
      ...decide(cvssRules[metric] ?? [], inventory),
    }),
  );
  const cvss = cvssOf(metrics);
  const mitigation = decide<67 | 83 | 100>(mitigationRules, inventory);
  const judged = judgeThreats(inventory).map(withCrosswalk);
  const policySurface = judgePolicySurface(inventory).map(withCrosswalk);
  return {
    apiVersion,
    kind: "ThreatModel",
    subject: inventory.subject,
    ...(inventory.version === undefined ? {} : { version: inventory.version }),
    llmCalls: 0,
    inventory,
    cvss: { ...cvss.shown, metrics },
    factorSet: "v0.8",
    factors,
    threatMultiplier: {
      value: THREAT_DEFAULT / 100,
      reason: "AIVSS v0.8's default: proof of concept exists for attacks on agents in general",
    },
    mitigation:
      mitigation.value === null
        ? { value: 1, reason: "no mitigation is evidenced", evidence: [] }
        : { ...mitigation, value: mitigation.value / 100 },
    scores: MODELLED.map((id) => modelScore(id, cvss.ends, factors, mitigation.value ?? 100)),
    layers: layers
      .filter((layer) => layer.id !== "LX")
      .map((layer): LayerState => {
        const own = [...judged, ...policySurface].filter((threat) => threat.layer === layer.id);
        const mapped = own.some((threat) => threat.state !== "not-certain");
        return { ...layer, tag: mapped ? "mapped" : "not-certain", text: layerText(layer, own) };
      }),
    threats: judged,
    policySurface,
  };
}

function inPoints(value: Hundredths | null): number | null {
  return value === null ? null : value / 100;
}

interface Cvss {
  readonly shown: Omit<ThreatModel["cvss"], "metrics">;
  /** CVSS-B in tenths at the harmless and the harmful end of the unknown metrics. */
  readonly ends: readonly [number, number];
}

function cvssOf(metrics: readonly DecidedMetric[]): Cvss {
  const at = (end: 0 | -1): { readonly vector: string; readonly tenths: number } => {
    const values = metrics.map(
      ({ metric, value }) => `${metric}:${value ?? metricValues[metric]?.at(end) ?? ""}`,
    );
    const parsed = parseCvss4(`CVSS:4.0/${values.join("/")}`);
    return parsed.ok
      ? { vector: parsed.cvss.vector, tenths: parsed.cvss.baseTenths }
      : { vector: "", tenths: end === 0 ? 0 : 100 };
  };
  const [low, high] = [at(0), at(-1)];
  const known = metrics.every(({ value }) => value !== null);
  return {
    shown: {
      vector: known ? low.vector : null,
      base: known ? low.tenths / 10 : null,
      range: { min: low.tenths / 10, max: high.tenths / 10 },
    },
    ends: [low.tenths, high.tenths],
  };
}

function modelScore(
  id: ProfileId,
  [low, high]: readonly [number, number],
  factors: readonly DecidedFactor[],
  mitigation: Hundredths,
): ModelScore {
  const known = new Map(
    factors.flatMap(({ id: factor, value }) =>
      value === null ? [] : [[factor, Math.round(value * 100)] as const],
    ),
  );
  const score = (baseTenths: number): AivssScore => {
    const input: AivssInput = { base: { baseTenths }, factors: known, threat: THREAT_DEFAULT, mitigation };
    return scoreAivss(profiles[id], input);
  };
  const [first, last] = [score(low), score(high)];
  const interval = { min: first.interval.min, max: last.interval.max };
  const exact = low === high && first.aivss !== null;
  const [from, to] = [severityOf(Math.round(interval.min * 10)), severityOf(Math.round(interval.max * 10))];
  return {
    profile: id,
    aivss: exact ? first.aivss : null,
    severity: from === to ? from : null,
    interval,
    factorSum: first.factorSum,
    aars: low === high ? first.aars : null,
    notes: exact
      ? first.notes
      : [
          "a number would be a guess: unknown inputs leave an interval",
          "D8: an AIVSS number is not a CVSS score",
        ],
  };
}

function withCrosswalk(threat: JudgedThreat): ThreatEntry {
  const rows = threat.asi.flatMap((id) => asiOf(id) ?? []);
  const of = (pick: (row: (typeof rows)[number]) => readonly string[]): readonly string[] =>
    [...new Set(rows.flatMap(pick))].sort();
  return {
    ...threat,
    crosswalk: {
      coreRisks: of((row) => row.coreRisks.slice(0, 1)),
      atlas: of((row) => row.atlas),
      mcp: of((row) => row.mcp),
      aicm: of((row) => row.aicm),
      cwe: of((row) => row.cwe),
      aisvs: of((row) => row.aisvs),
      nist: of((row) => [row.nist]),
    },
  };
}

/** Both readings of layer 6 in one list. */
export function allThreats(model: ThreatModel): readonly ThreatEntry[] {
  return [...model.threats, ...model.policySurface];
}

import type { Cvss4 } from "./cvss4.ts";
import { type Hundredths, hundredthsText } from "./decimal.ts";
import { factorSets } from "./factors.ts";
import { type ExactInput, type ProfileRow, rangeEnds, scoreTenths } from "./profiles.ts";

export type Severity = "None" | "Low" | "Medium" | "High" | "Critical";

/** What is scored. An undefined value is unknown: the score is then an interval. */
export interface AivssInput {
  readonly base: Cvss4 | { readonly baseTenths: number };
  readonly factors: ReadonlyMap<string, Hundredths>;
  readonly threat?: Hundredths;
  readonly mitigation?: Hundredths;
}

export interface AivssScore {
  readonly profile: ProfileRow["id"];
  readonly formula: string;
  /** CVSS-B, 0.0 to 10.0. */
  readonly cvssBase: number;
  readonly vector?: string;
  /** Sum of the ten factors, 0 to 10; null while one of them is unknown. */
  readonly factorSum: number | null;
  /** The agentic part before mitigation, exact; null while an input of it is unknown. */
  readonly aars: number | null;
  /** The score, one decimal; null while an input is unknown. */
  readonly aivss: number | null;
  readonly severity: Severity | null;
  /** Lowest and highest score over the unknown inputs; equal where all are known. */
  readonly interval: { readonly min: number; readonly max: number };
  /** Names of the unknown inputs. */
  readonly unknown: readonly string[];
  /** The weight that the factors take from CVSS: S/10 x ThM. Null while unknown, or where the formula has none. */
  readonly compression: number | null;
  /** Where the formula does something that a reader would not expect. */
  readonly notes: readonly string[];
}

/** Bands of AIVSS v0.8 section 3.5.2, on the rounded score; 0.0 has no band there and is CVSS's None. */
export function severityOf(tenths: number): Severity {
  if (tenths >= 90) return "Critical";
  if (tenths >= 70) return "High";
  if (tenths >= 40) return "Medium";
  return tenths >= 1 ? "Low" : "None";
}

/**
 * Scores by one profile, in whole numbers with one rounding at the end. Every formula rises with each factor and each
 * multiplier, so the ends of the interval are those of the unknown inputs.
 */
export function scoreAivss(profile: ProfileRow, input: AivssInput): AivssScore {
  const rows = factorSets[profile.factorSet];
  const [low, high] = [bounds(profile, input, 0), bounds(profile, input, 1)];
  const unknown = [
    ...rows.filter((row) => !input.factors.has(row.id)).map((row) => row.id),
    ...(input.threat === undefined ? ["thm"] : []),
    ...(profile.mitigation !== undefined && input.mitigation === undefined ? ["mitigation"] : []),
  ];
  const [min, max] = [scoreTenths(profile, low), scoreTenths(profile, high)];
  const factorsKnown = rows.every((row) => input.factors.has(row.id));
  const amplification = factorsKnown && input.threat !== undefined ? low.f * low.t : null;
  const known = unknown.length === 0;
  return {
    profile: profile.id,
    formula: profile.formula,
    cvssBase: input.base.baseTenths / 10,
    ...("vector" in input.base ? { vector: input.base.vector } : {}),
    factorSum: factorsKnown ? low.f / 100 : null,
    aars: amplification === null ? null : aarsOf(profile, low, amplification),
    aivss: known ? min / 10 : null,
    severity: known || severityOf(min) === severityOf(max) ? severityOf(min) : null,
    interval: { min: min / 10, max: max / 10 },
    unknown,
    compression: profile.id === "owasp-0.5" || amplification === null ? null : amplification / 100_000,
    notes: notesOf(profile, { low, high, known, tenths: min }),
  };
}

function bounds(profile: ProfileRow, input: AivssInput, end: 0 | 1): ExactInput {
  const f = factorSets[profile.factorSet].reduce(
    (sum, row) => sum + (input.factors.get(row.id) ?? rangeEnds(profile.factors)[end]),
    0,
  );
  return {
    c10: input.base.baseTenths,
    f,
    t: input.threat ?? rangeEnds(profile.threat)[end],
    m: profile.mitigation === undefined ? 100 : (input.mitigation ?? rangeEnds(profile.mitigation)[end]),
  };
}

/**
 * AARS as a decimal number. AgentReady prints two decimals of a computation in doubles (0.585 becomes 0.58 there), and
 * replaying its pages needs the same.
 */
function aarsOf(profile: ProfileRow, { c10, f, t }: ExactInput, amplification: number): number {
  if (profile.id === "owasp-0.5") return f / 100;
  if (profile.id === "agentready") return Number(((10 - c10 / 10) * (f / 100 / 10) * (t / 100)).toFixed(2));
  return ((100 - c10) * amplification) / 1_000_000;
}

interface Outcome {
  readonly low: ExactInput;
  readonly high: ExactInput;
  readonly known: boolean;
  readonly tenths: number;
}

function notesOf(profile: ProfileRow, { low, high, known, tenths }: Outcome): readonly string[] {
  const notes: string[] = [];
  if (known && tenths < low.c10)
    notes.push(
      `D1: the score is below the CVSS base ${(low.c10 / 10).toFixed(1)}, because this formula applies the mitigation factor ${hundredthsText(low.m)} to the base as well; owasp-0.8-repaired does not`,
    );
  if (profile.id !== "owasp-0.5" && low.f === high.f && low.t === high.t) {
    const compression = (low.f * low.t) / 100_000;
    notes.push(
      `D2: S/10 x ThM is ${compression}, so the CVSS base keeps ${Number(((1 - compression) * 100).toFixed(3))} % of its weight${compression > 1 ? "; above 1 the score falls as CVSS rises" : ""}`,
    );
  }
  const [numerator, denominator] = profile.fraction(high);
  if (numerator > 100 * denominator)
    notes.push(
      `D4: the formula gives ${Number((numerator / denominator / 10).toFixed(4))} before it is held at 10.0`,
    );
  if (profile.id === "owasp-0.5")
    notes.push("D5: v0.5 is a draft that v0.8 replaced; its own published examples do not add up");
  if (profile.id === "agentready")
    notes.push(
      "D6: factors in steps of 0.1 and free multipliers are not OWASP's formula; use it to compare with published pages only",
    );
  notes.push("D8: an AIVSS number is not a CVSS score");
  return notes;
}

export interface Lever {
  readonly mitigation: string;
  readonly aivss: number;
  readonly severity: Severity;
}

/** D3: what each mitigation factor of a profile with a closed list would give, the rest as it is. */
export function levers(profile: ProfileRow, input: AivssInput): readonly Lever[] {
  if (profile.mitigation === undefined || "min" in profile.mitigation) return [];
  return profile.mitigation.flatMap(({ value, names }) => {
    const { aivss, severity } = scoreAivss(profile, { ...input, mitigation: value });
    return aivss === null || severity === null
      ? []
      : [{ mitigation: `${names[0] ?? ""} (${hundredthsText(value)})`, aivss, severity }];
  });
}

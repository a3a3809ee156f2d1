import { divideHalfUp, type Hundredths } from "./decimal.ts";
import type { FactorSet } from "./factors.ts";

/** Four formulas are called AIVSS: a number means nothing without the name of its profile. */
export type ProfileId = "owasp-0.8-strict" | "owasp-0.8-repaired" | "agentready" | "owasp-0.5";

export interface NamedValue {
  readonly value: Hundredths;
  /** Words that mean it on the command line and in model files. */
  readonly names: readonly string[];
}

export interface Steps {
  readonly min: Hundredths;
  readonly max: Hundredths;
  readonly step: Hundredths;
}

/** Values that an input may have: a closed list, or steps within a range. */
export type Range = readonly NamedValue[] | Steps;

/** Everything that the formula needs; C in tenths, the sum of the factors and the multipliers in hundredths. */
export interface ExactInput {
  readonly c10: number;
  readonly f: Hundredths;
  readonly t: Hundredths;
  readonly m: Hundredths;
}

export interface ProfileRow {
  readonly id: ProfileId;
  readonly title: string;
  readonly factorSet: FactorSet;
  readonly factors: Range;
  /** Whether a number may stand for the CVSS vector. */
  readonly bareBase: boolean;
  readonly threat: Range;
  /** Undefined: the profile knows no default, and what is not given is unknown. */
  readonly threatDefault?: Hundredths;
  /** Undefined: the formula has no mitigation factor. */
  readonly mitigation?: Range;
  readonly mitigationDefault?: Hundredths;
  readonly formula: string;
  /** The score as a fraction, in tenths, before rounding and clamping. */
  readonly fraction: (input: ExactInput) => readonly [numerator: number, denominator: number];
  /** Lowest score in tenths that the profile gives for this input. */
  readonly floor: (input: ExactInput) => number;
  readonly source: string;
}

const threePoints: readonly NamedValue[] = [
  { value: 0, names: [] },
  { value: 50, names: [] },
  { value: 100, names: [] },
];
const threat08: readonly NamedValue[] = [
  { value: 50, names: ["U", "unreported"] },
  { value: 97, names: ["P", "poc"] },
  { value: 100, names: ["A", "attacked"] },
];
const mitigation08: readonly NamedValue[] = [
  { value: 67, names: ["strong"] },
  { value: 83, names: ["partial"] },
  { value: 100, names: ["none", "weak"] },
];
const none = (): number => 0;
const amplified = ({ c10, f, t, m }: ExactInput): readonly [number, number] => [
  (c10 * 100_000 + (100 - c10) * f * t) * m,
  10_000_000,
];

/** facts: OWASP AIVSS v0.8 (2026-03-19) sections 3.1-3.5 and table 4; v0.5 section 6; AgentReady's published pages. */
export const profiles: Readonly<Record<ProfileId, ProfileRow>> = {
  "owasp-0.8-strict": {
    id: "owasp-0.8-strict",
    title: "OWASP AIVSS v0.8",
    factorSet: "v0.8",
    factors: threePoints,
    bareBase: false,
    threat: threat08,
    threatDefault: 97,
    mitigation: mitigation08,
    mitigationDefault: 100,
    formula: "(C + (10 - C) x S/10 x ThM) x MF",
    fraction: amplified,
    floor: none,
    source: "OWASP AIVSS v0.8, sections 3.1-3.5, tables 2 and 4",
  },
  "owasp-0.8-repaired": {
    id: "owasp-0.8-repaired",
    title: "OWASP AIVSS v0.8, mitigation acting on the amplification alone",
    factorSet: "v0.8",
    factors: threePoints,
    bareBase: false,
    threat: threat08,
    threatDefault: 97,
    mitigation: mitigation08,
    mitigationDefault: 100,
    formula: "max(C, C + (10 - C) x S/10 x ThM x MF)",
    fraction: ({ c10, f, t, m }) => [c10 * 10_000_000 + (100 - c10) * f * t * m, 10_000_000],
    floor: ({ c10 }) => c10,
    source: "repair of v0.8 by this program; the form of the candidate repository's legacy module",
  },
  agentready: {
    id: "agentready",
    title: "AgentReady's published pages (v0.5 factors in the v0.8 formula)",
    factorSet: "v0.5",
    factors: { min: 0, max: 100, step: 10 },
    bareBase: true,
    threat: { min: 90, max: 110, step: 5 },
    mitigation: { min: 50, max: 100, step: 5 },
    formula: "(C + (10 - C) x S/10 x ThM) x MF",
    fraction: amplified,
    floor: none,
    source: "recomputed from 22 published pages; not an OWASP formula",
  },
  "owasp-0.5": {
    id: "owasp-0.5",
    title: "OWASP AIVSS v0.5 draft (averaging, deprecated)",
    factorSet: "v0.5",
    factors: threePoints,
    bareBase: false,
    threat: [
      { value: 91, names: ["U", "unreported"] },
      { value: 97, names: ["P", "poc"] },
      { value: 100, names: ["A", "attacked"] },
    ],
    threatDefault: 97,
    formula: "(C + S)/2 x ThM",
    fraction: ({ c10, f, t }) => [(10 * c10 + f) * t, 2000],
    floor: none,
    source: "OWASP AIVSS v0.5 (2025 draft), section 6",
  },
};

/** The score in tenths: rounded half up once, then held between the profile's floor and 10.0. */
export function scoreTenths(profile: ProfileRow, input: ExactInput): number {
  const [numerator, denominator] = profile.fraction(input);
  return Math.max(profile.floor(input), Math.min(100, divideHalfUp(numerator, denominator)));
}

/** Lowest and highest value of a range. */
export function rangeEnds(range: Range): readonly [Hundredths, Hundredths] {
  if ("min" in range) return [range.min, range.max];
  const values = range.map(({ value }) => value);
  return [Math.min(...values), Math.max(...values)];
}

/** Whether a value is one that the range allows. */
export function inRange(range: Range, value: Hundredths): boolean {
  if ("min" in range)
    return value >= range.min && value <= range.max && (value - range.min) % range.step === 0;
  return range.some((named) => named.value === value);
}

/** What a range allows, in words. */
export function rangeText(range: Range): string {
  if ("min" in range) return `${range.min / 100} to ${range.max / 100} in steps of ${range.step / 100}`;
  return range
    .map(({ value, names }) =>
      names.length === 0 ? `${value / 100}` : `${names.join(" or ")} (${value / 100})`,
    )
    .join(", ");
}

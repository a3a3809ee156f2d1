import { readFileSync } from "node:fs";
import {
  type Arbitrary,
  assert,
  constant,
  constantFrom,
  integer,
  property,
  record,
  subarray,
  tuple,
} from "fast-check";
import { describe, expect, it } from "vitest";
import { conformanceData, leftOut } from "../../../test/support/suites.ts";
import { type AivssInput, levers, scoreAivss, severityOf } from "./aivss.ts";
import { parseCvss4 } from "./cvss4.ts";
import { divideHalfUp, parseHundredths } from "./decimal.ts";
import { factorSets } from "./factors.ts";
import { type ProfileId, profiles, type Range, rangeEnds } from "./profiles.ts";

interface AgentReadyRow {
  readonly slug: string;
  readonly factors: Readonly<Record<string, number>>;
  readonly factor_sum: number;
  readonly cvss_base: number;
  readonly thm: number;
  readonly mitigation: number;
  readonly printed_aars: number;
  readonly printed_aivss: number;
  readonly severity: string;
}
interface StrictRow {
  readonly name: string;
  readonly cvss_vector: string;
  readonly cvss_base: number;
  readonly factors: Readonly<Record<string, number>>;
  readonly factor_sum: number;
  readonly thm: number;
  readonly mitigation: number;
  readonly aars: number;
  readonly aivss: number;
  readonly severity: string;
}
interface RoundingRow {
  readonly why: string;
  readonly raw?: number;
  readonly rounded?: number;
  readonly cvss_base?: number;
  readonly factor_sum?: number;
  readonly thm?: number;
  readonly mitigation?: number;
  readonly aivss?: number;
  readonly severity?: string;
  readonly must_clamp_to?: number;
}
interface Vectors {
  readonly agentready: readonly AgentReadyRow[];
  readonly owasp_v0_8: readonly StrictRow[];
  readonly rounding: readonly RoundingRow[];
}

const data = conformanceData("aivss-vectors.json");
const hundredths = (value: number): number => Math.round(value * 100);
const strictIds: Readonly<Record<string, string>> = {
  Autonomy: "autonomy",
  Tools: "tools",
  Language: "language",
  Context: "context",
  "Non-Determinism": "non_determinism",
  Opacity: "opacity",
  Persistence: "persistence",
  Identity: "identity",
  "Multi-Agent": "multi_agent",
  "Self-Mod": "self_mod",
};

describe.skipIf(
  data === undefined && leftOut("AIVSS vectors", "KUBEOPS_CONFORMANCE_DATA names no aivss-vectors.json"),
)("published vectors", () => {
  const vectors =
    data === undefined
      ? { agentready: [], owasp_v0_8: [], rounding: [] }
      : (JSON.parse(readFileSync(data, "utf8")) as Vectors);

  it.each(vectors.agentready)("agentready: $slug", (row) => {
    const score = scoreAivss(profiles.agentready, {
      base: { baseTenths: Math.round(row.cvss_base * 10) },
      factors: new Map(Object.entries(row.factors).map(([id, value]) => [id, hundredths(value)])),
      threat: hundredths(row.thm),
      mitigation: hundredths(row.mitigation),
    });
    expect([score.factorSum, score.aars, score.aivss, score.severity]).toEqual([
      row.factor_sum,
      row.printed_aars,
      row.printed_aivss,
      row.severity,
    ]);
  });

  it.each(vectors.owasp_v0_8)("owasp-0.8-strict: $name", (row) => {
    const parsed = parseCvss4(row.cvss_vector);
    if (!parsed.ok) throw new Error(parsed.problem);
    expect(parsed.cvss.baseTenths).toBe(Math.round(row.cvss_base * 10));
    const score = scoreAivss(profiles["owasp-0.8-strict"], {
      base: parsed.cvss,
      factors: new Map(
        Object.entries(row.factors).map(([name, value]) => [strictIds[name] ?? name, hundredths(value)]),
      ),
      threat: hundredths(row.thm),
      mitigation: hundredths(row.mitigation),
    });
    expect([score.factorSum, score.aars, score.aivss, score.severity]).toEqual([
      row.factor_sum,
      row.aars,
      row.aivss,
      row.severity,
    ]);
  });

  it.each(vectors.rounding)("rounding: $why", (row) => {
    if (row.raw !== undefined) {
      expect(divideHalfUp(Math.round(row.raw * 100), 10) / 10).toBe(row.rounded);
      return;
    }
    const strict = profiles["owasp-0.8-strict"];
    const [numerator, denominator] = strict.fraction({
      c10: (row.cvss_base ?? 0) * 10,
      f: hundredths(row.factor_sum ?? 0),
      t: hundredths(row.thm ?? 0),
      m: hundredths(row.mitigation ?? 0),
    });
    const tenths = Math.min(100, divideHalfUp(numerator, denominator));
    expect(tenths / 10).toBe(row.must_clamp_to ?? row.aivss);
    expect(severityOf(tenths)).toBe(row.severity);
  });
});

const value = (range: Range): Arbitrary<number> =>
  "min" in range
    ? integer({ min: 0, max: (range.max - range.min) / range.step }).map(
        (step) => range.min + step * range.step,
      )
    : constantFrom(...range.map((named) => named.value));

function inputs(id: ProfileId): Arbitrary<Required<AivssInput>> {
  const profile = profiles[id];
  const rows = factorSets[profile.factorSet];
  return record({
    base: integer({ min: 0, max: 100 }).map((baseTenths) => ({ baseTenths })),
    factors: tuple(...rows.map(() => value(profile.factors))).map(
      (values) => new Map(rows.map((row, index) => [row.id, values[index] ?? 0])),
    ),
    threat: value(profile.threat),
    mitigation: profile.mitigation === undefined ? constant(100) : value(profile.mitigation),
  });
}

const ids = Object.keys(profiles) as ProfileId[];

describe.each(ids)("%s", (id) => {
  const profile = profiles[id];

  it("stays within 0 and 10, and unknown inputs give an interval that holds the score", () => {
    assert(
      property(inputs(id), subarray([...factorSets[profile.factorSet]]), (input, hidden) => {
        const score = scoreAivss(profile, input);
        expect(score.aivss).toBeGreaterThanOrEqual(0);
        expect(score.aivss).toBeLessThanOrEqual(10);
        expect(score.interval).toEqual({ min: score.aivss, max: score.aivss });
        const factors = new Map(
          [...input.factors].filter(([name]) => !hidden.some((row) => row.id === name)),
        );
        const { base } = input;
        const open = scoreAivss(profile, { base, factors });
        expect(open.aivss).toBeNull();
        expect(open.unknown).toEqual([
          ...factorSets[profile.factorSet].filter((row) => hidden.includes(row)).map((row) => row.id),
          "thm",
          ...(profile.mitigation === undefined ? [] : ["mitigation"]),
        ]);
        expect(open.interval.min).toBeLessThanOrEqual(score.aivss ?? -1);
        expect(open.interval.max).toBeGreaterThanOrEqual(score.aivss ?? 11);
      }),
    );
  });

  it("rises with every factor and every multiplier", () => {
    assert(
      property(inputs(id), constantFrom(...factorSets[profile.factorSet]), (input, row) => {
        const [min, max] = rangeEnds(profile.factors);
        const at = (changed: Partial<AivssInput>): number =>
          scoreAivss(profile, { ...input, ...changed }).aivss ?? Number.NaN;
        const withFactor = (of: number): number => at({ factors: new Map(input.factors).set(row.id, of) });
        expect(withFactor(min)).toBeLessThanOrEqual(withFactor(max));
        const [quiet, active] = rangeEnds(profile.threat);
        expect(at({ threat: quiet })).toBeLessThanOrEqual(at({ threat: active }));
        if (profile.mitigation === undefined) return;
        const [strong, weak] = rangeEnds(profile.mitigation);
        expect(at({ mitigation: strong })).toBeLessThanOrEqual(at({ mitigation: weak }));
      }),
    );
  });
});

describe("strict and repaired", () => {
  it("are equal without mitigation; repaired never falls below the CVSS base", () => {
    assert(
      property(inputs("owasp-0.8-strict"), (input) => {
        const strict = scoreAivss(profiles["owasp-0.8-strict"], input);
        const repaired = scoreAivss(profiles["owasp-0.8-repaired"], input);
        expect(repaired.aivss).toBeGreaterThanOrEqual(input.base.baseTenths / 10);
        if (input.mitigation === 100) expect(strict.aivss).toBe(repaired.aivss);
        expect(strict.notes.some((note) => note.startsWith("D1"))).toBe(
          (strict.aivss ?? 0) < input.base.baseTenths / 10,
        );
      }),
    );
  });

  it("shows the levers of D3", () => {
    const factors = new Map(factorSets["v0.8"].map((row, index) => [row.id, index < 3 ? 100 : 50]));
    expect(
      levers(profiles["owasp-0.8-strict"], { base: { baseTenths: 85 }, factors, threat: 97 }).map(
        (lever) => `${lever.mitigation}: ${lever.aivss} ${lever.severity}`,
      ),
    ).toEqual(["strong (0.67): 6.3 Medium", "partial (0.83): 7.8 High", "none (1): 9.4 Critical"]);
  });
});

it("says where a score passes 10 and where it falls as CVSS rises", () => {
  const factors = new Map(factorSets["v0.5"].map((row) => [row.id, 100]));
  const score = scoreAivss(profiles.agentready, {
    base: { baseTenths: 0 },
    factors,
    threat: 110,
    mitigation: 100,
  });
  expect(score.aivss).toBe(10);
  expect(score.notes).toEqual([
    "D2: S/10 x ThM is 1.1, so the CVSS base keeps -10 % of its weight; above 1 the score falls as CVSS rises",
    "D4: the formula gives 11 before it is held at 10.0",
    "D6: factors in steps of 0.1 and free multipliers are not OWASP's formula; use it to compare with published pages only",
    "D8: an AIVSS number is not a CVSS score",
  ]);
});

describe("parseCvss4", () => {
  const good = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H";

  it("keeps exploit maturity out of the base", () => {
    const parsed = parseCvss4(`${good}/E:P`);
    expect(parsed.ok && [parsed.cvss.baseTenths, parsed.cvss.overallTenths]).toEqual([94, 85]);
  });

  it.each([
    ["CVSS:3.1/AV:N", "it does not begin with CVSS:4.0/; scores of CVSS 3 are not comparable"],
    ["", "it does not begin with CVSS:4.0/"],
    [good.replace("/AT:N", ""), "these base metrics are missing: AT"],
    [`${good}/AV:L`, "AV is given twice"],
    [`${good}/XX:L`, '"XX" is no metric of CVSS 4.0'],
    [`${good}/constructor:L`, '"constructor" is no metric of CVSS 4.0'],
    [good.replace("AV:N", "AV:n"), 'AV must be one of N, A, L, P, not "n"'],
    [good.replace("AV:N", "AV:N:N"), 'AV must be one of N, A, L, P, not "N"'],
    [`${good}/`, '"" is no metric of CVSS 4.0'],
  ])("refuses %s", (text, problem) => {
    expect(parseCvss4(text)).toEqual({ ok: false, problem });
  });

  it("orders the metrics", () => {
    const shuffled = `CVSS:4.0/${good.slice("CVSS:4.0/".length).split("/").reverse().join("/")}`;
    const parsed = parseCvss4(shuffled);
    expect(parsed.ok && parsed.cvss.vector).toBe(good);
  });
});

it("parseHundredths takes plain decimals only", () => {
  expect(["0", "10", "0.5", "0.83", "99.99"].map((text) => parseHundredths(text, 2))).toEqual([
    0, 1000, 50, 83, 9999,
  ]);
  for (const text of ["", ".5", "1.", "0.833", "-1", "+1", "1e1", " 1", "1 ", "٣", "NaN", "0x1", "100"])
    expect(parseHundredths(text, 2)).toBeUndefined();
  expect(parseHundredths("8.55", 1)).toBeUndefined();
});

import { expect, it } from "vitest";
import { type CandidateMetric, reliabilityOf, scoreCandidate } from "./candidate.ts";
import { parseCvss4 } from "./cvss4.ts";

function cvss(vector: string) {
  const parsed = parseCvss4(vector);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.cvss;
}
const high = cvss("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:P");
const harmless = cvss("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N");
const metrics = (text: string): Record<CandidateMetric, string> => {
  const names: readonly CandidateMetric[] = ["LC", "CP", "AP", "SR", "EX", "PT", "CA", "TD"];
  return Object.fromEntries(names.map((name, index) => [name, text.charAt(index)])) as Record<
    CandidateMetric,
    string
  >;
};

it("takes CVSS-BTE as the number and adds the experimental weights beside it", () => {
  expect(scoreCandidate(high, metrics("DSNPWHWH"))).toMatchObject({
    aivss: 8.5,
    experimental: 10,
    effectClass: "A1",
    unknown: [],
  });
  expect(scoreCandidate(high, metrics("NNNUMMMM"))).toMatchObject({ experimental: 9.05, effectClass: "A0" });
});

it("withholds every number while a metric lacks evidence", () => {
  expect(scoreCandidate(high, metrics("DSNPXHWH"))).toMatchObject({
    aivss: null,
    experimental: null,
    effectClass: "A1",
    unknown: ["EX"],
  });
  expect(scoreCandidate(high, metrics("XSNPWHWH")).effectClass).toBe("AX");
});

it("keeps an impact of zero at zero", () => {
  expect(scoreCandidate(harmless, metrics("DCLRWHWH"))).toMatchObject({
    aivss: 0,
    experimental: 0,
    effectClass: "A2",
  });
});

it("decides reliability by the one-sided Wilson bounds", () => {
  expect([reliabilityOf(30, 30), reliabilityOf(29, 30), reliabilityOf(0, 30), reliabilityOf(1, 30)]).toEqual([
    "R",
    "P",
    "U",
    "P",
  ]);
  expect([reliabilityOf(29, 29), reliabilityOf(31, 30)]).toEqual(["X", "X"]);
});

import { expect, it } from "vitest";
import { threats } from "../maestro/threats.ts";
import { factorSets } from "../score/factors.ts";
import { asiTable, coreRisks } from "./crosswalk.ts";

it("is closed: core risks, layers and factors that it names exist", () => {
  const names = new Set(coreRisks.map((risk) => risk.name));
  const layers = new Set<string>(threats.map((threat) => threat.layer));
  const factors = new Set(factorSets["v0.8"].map((factor) => factor.id));
  expect(asiTable).toHaveLength(10);
  expect(coreRisks).toHaveLength(10);
  for (const row of asiTable) {
    for (const risk of row.coreRisks) expect(names).toContain(risk);
    for (const id of row.cwe) expect(id).toMatch(/^CWE-\d{2,4}$/);
    for (const id of row.aisvs) expect(id).toMatch(/^\d{1,2}(?:\.\d{1,2}){1,2}$/);
    for (const layer of row.layers) expect(layers).toContain(layer);
    const primary = coreRisks.find((risk) => risk.name === row.coreRisks[0]);
    expect(row.layers.slice(0, primary?.layers.length)).toEqual(primary?.layers);
  }
  for (const risk of coreRisks) for (const factor of risk.factors) expect(factors).toContain(factor);
});

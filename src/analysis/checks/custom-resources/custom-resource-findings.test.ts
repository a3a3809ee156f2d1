import { describe, expect, it } from "vitest";
import { readStdin } from "../../../kube/read-inputs.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import { customResourceFindings, definitionsAmong } from "./custom-resource-findings.ts";
import { customResourceFindingTable } from "./custom-resource-table.ts";

function findings(text: string, minor = 37) {
  const { objects } = readObjects(readStdin(new TextEncoder().encode(text)).documents);
  return customResourceFindings(objects, minor, definitionsAmong(objects));
}

describe("the table of custom resources", () => {
  const rows = Object.entries(customResourceFindingTable).filter(([, row]) => row.positive !== "");
  it.each(rows)("%s: its positive example has it, its negative has nothing", (code, row) => {
    expect(findings(row.positive).map((finding) => finding.code)).toContain(code);
    expect(findings(row.negative)).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { readStdin } from "../../../kube/read-inputs.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import { definitionsAmong } from "../custom-resources/custom-resource-findings.ts";
import { admissionFindings } from "./admission-findings.ts";
import { admissionFindingTable } from "./admission-table.ts";

function findings(text: string, minor = 37) {
  const { objects } = readObjects(readStdin(new TextEncoder().encode(text)).documents);
  return admissionFindings(objects, minor, definitionsAmong(objects));
}

describe("the table of admission", () => {
  it.each(Object.entries(admissionFindingTable))(
    "%s: its positive example has it, its negative has nothing",
    (code, row) => {
      expect(findings(row.positive).map((finding) => finding.code)).toContain(code);
      expect(findings(row.negative)).toEqual([]);
    },
  );
});

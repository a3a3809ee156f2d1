import type { Control } from "../inventory/inventory.ts";
import { type ControlRow, controls } from "./controls.ts";

/** A test that ran, as a reporter tells it. `file` is relative to the repository. */
export interface RanTest {
  readonly file: string;
  readonly name: string;
  readonly passed: boolean;
}

/**
 * The controls with what the tests that ran prove: enforced where each of its tests ran and passed and nothing is missing,
 * present where something is missing, and not certain where a test did not run or failed. Evidence is the table itself.
 */
export function provedControls(
  ran: readonly RanTest[],
  table: readonly ControlRow[] = controls,
): readonly Control[] {
  return table.map((row): Control => {
    const proved =
      row.code.length > 0 &&
      row.tests.length > 0 &&
      row.tests.every((wanted) => {
        const matching = ran.filter((one) => one.file === wanted.file && one.name.includes(wanted.name));
        return matching.length > 0 && matching.every((one) => one.passed);
      });
    const state = !proved ? "not-certain" : row.missing === undefined ? "enforced" : "present";
    return {
      id: row.id,
      title: row.missing === undefined ? row.title : `${row.title} (missing: ${row.missing})`,
      state,
      code: row.code,
      tests: row.tests.map(({ file, name }) => (name === "" ? file : `${file}: ${name}`)),
      evidence: {
        file: row.tests[0]?.file ?? row.code[0] ?? "src/threat-model/own/controls.ts",
        line: 1,
        what: `control ${row.id} ${state === "enforced" ? "is enforced: its tests ran and passed" : state}`,
      },
    };
  });
}

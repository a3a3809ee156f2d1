import type { FixRow } from "./fix-row.ts";
import { availabilityRows } from "./rows/availability-rows.ts";
import { hardeningRows } from "./rows/hardening-rows.ts";
import { listRows } from "./rows/list-rows.ts";
import { meaningRows } from "./rows/meaning-rows.ts";

/** Every fix, one row a finding. What no row takes away needs a person, who alone knows the right value. */
export const fixTable: readonly FixRow[] = [
  ...meaningRows,
  ...listRows,
  ...availabilityRows,
  ...hardeningRows,
];

const byId: ReadonlyMap<string, FixRow> = new Map(fixTable.map((row) => [row.id, row]));

/** The fix of a finding's code; undefined where there is none. */
export function fixOf(id: string): FixRow | undefined {
  return byId.get(id);
}

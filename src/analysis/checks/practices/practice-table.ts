import { exposureRows } from "./exposure-rows.ts";
import { permissionRows } from "./permission-rows.ts";
import type { PracticeRow } from "./practice.ts";
import { referenceRows } from "./reference-rows.ts";
import { reliabilityRows } from "./reliability-rows.ts";
import { securityRows } from "./security-rows.ts";
import { supplyRows } from "./supply-rows.ts";

/** Every practice, one row each. */
export const practices: readonly PracticeRow[] = [
  ...securityRows,
  ...supplyRows,
  ...reliabilityRows,
  ...permissionRows,
  ...exposureRows,
  ...referenceRows,
];

const byId = new Map(practices.map((row) => [row.id, row]));

export function practiceOf(id: string): PracticeRow | undefined {
  return byId.get(id);
}

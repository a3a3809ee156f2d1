import { availabilityRows } from "./availability-rows.ts";
import { bindingRows } from "./binding-rows.ts";
import { exposureRows } from "./exposure-rows.ts";
import { hostRows } from "./host-rows.ts";
import { permissionRows } from "./permission-rows.ts";
import { podReferenceRows } from "./pod-reference-rows.ts";
import { platformRows } from "./platform-rows.ts";
import type { PracticeRow } from "./practice.ts";
import { referenceRows } from "./reference-rows.ts";
import { reliabilityRows } from "./reliability-rows.ts";
import { resourceRows } from "./resource-rows.ts";
import { securityRows } from "./security-rows.ts";
import { supplyRows } from "./supply-rows.ts";

/** Every practice, one row each. */
export const practices: readonly PracticeRow[] = [
  ...securityRows,
  ...hostRows,
  ...supplyRows,
  ...platformRows,
  ...resourceRows,
  ...reliabilityRows,
  ...availabilityRows,
  ...bindingRows,
  ...permissionRows,
  ...exposureRows,
  ...referenceRows,
  ...podReferenceRows,
];

const byId = new Map(practices.map((row) => [row.id, row]));

export function practiceOf(id: string): PracticeRow | undefined {
  return byId.get(id);
}

import type { Evidence, Inventory } from "../inventory/inventory.ts";

/** A value that evidence decides; null where nothing does. */
export interface Decided<T> {
  readonly value: T | null;
  readonly reason: string;
  readonly evidence: readonly Evidence[];
  readonly rule?: string;
}

/** One row of a table that decides a value: the first that has evidence wins. */
export interface DecisionRow<T> {
  readonly id: string;
  readonly value: T;
  readonly reason: string;
  readonly when: (inventory: Inventory) => readonly Evidence[];
}

const KEPT = 4;

export function decide<T>(rows: readonly DecisionRow<T>[], inventory: Inventory): Decided<T> {
  for (const row of rows) {
    const evidence = row.when(inventory);
    if (evidence.length > 0)
      return { value: row.value, reason: row.reason, evidence: evidence.slice(0, KEPT), rule: row.id };
  }
  return { value: null, reason: "nothing in the files decides it", evidence: [] };
}

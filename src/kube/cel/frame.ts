import type { CelValue } from "./values.ts";

/** The state of one evaluation. */
export interface Frame {
  /** Values of variables, by their slot. */
  readonly slots: CelValue[];
  /** Global variables. */
  readonly read: (name: string) => CelValue;
  cost: number;
  readonly limit: number;
}

export type Run = (frame: Frame) => CelValue;

/** The evaluation took more than its budget: nothing absorbs this. */
export class CostExceeded extends Error {}

/** Adds to the cost; beyond the budget the evaluation ends. */
export function charge(frame: Frame, cost: number): void {
  frame.cost += cost;
  if (frame.cost > frame.limit) throw new CostExceeded();
}

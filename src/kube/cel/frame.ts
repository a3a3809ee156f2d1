import { CostExceeded } from "./cost-exceeded.ts";
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

/** Adds to the cost; beyond the budget the evaluation ends. */
export function charge(frame: Frame, cost: number): void {
  frame.cost += cost;
  if (frame.cost > frame.limit) throw new CostExceeded();
}

/** Quantities, numbers or percentages, and ports. */
import type { Json, JsonObject } from "../../../../kube/json.ts";
import { parseQuantity, type Quantity } from "../../../../kube/quantity.ts";
import { isPercent, notPortName } from "./texts.ts";
import { type Check, report, shown } from "./run.ts";

/** The amount of a member; undefined where it is not set or no quantity. */
export function quantityOf(value: Json | undefined): Quantity | undefined {
  return typeof value === "string" || typeof value === "number" ? parseQuantity(value) : undefined;
}

export function nanoOf(value: Json | undefined): bigint | undefined {
  return quantityOf(value)?.nano;
}

/** ValidateNonnegativeQuantity. */
export const nonNegativeQuantity: Check = (value, run) => {
  const nano = nanoOf(value);
  if (nano !== undefined && nano < 0n)
    report(run, "server/out-of-range", shown(value), "it must be 0 or more");
};

/** ValidatePositiveQuantityValue. */
export const positiveQuantity: Check = (value, run) => {
  const nano = nanoOf(value);
  if (nano !== undefined && nano <= 0n)
    report(run, "server/out-of-range", shown(value), "it must be greater than 0");
};

/** validation.IsValidPortNum. */
export const port: Check = (value, run) => {
  if (typeof value === "number" && (value < 1 || value > 65535))
    report(run, "server/out-of-range", String(value), "it must be between 1 and 65535");
};

/** ValidatePortNumOrName. */
export const portOrName: Check = (value, run) => {
  if (typeof value === "number") return port(value, run);
  if (typeof value !== "string") return;
  const reason = notPortName(value);
  if (reason !== undefined) report(run, "server/name", shown(value), reason);
};

/** apps validation ValidatePositiveIntOrPercent: 0 and more, or a percentage. */
export const numberOrPercent: Check = (value, run) => {
  if (typeof value === "number" && value < 0)
    report(run, "server/out-of-range", String(value), "it must be 0 or more");
  if (typeof value === "string" && !isPercent(value))
    report(run, "server/invalid", shown(value), "it must be a number or a percentage, as in 5 or 25%");
};

/** IsNotMoreThan100Percent. */
export const atMostAll: Check = (value, run) => {
  if (typeof value === "string" && isPercent(value) && percentOf(value) > 100)
    report(run, "server/out-of-range", shown(value), "it must not be more than 100%");
};

export function percentOf(value: string): number {
  return Number(value.slice(0, -1));
}

/** getIntOrPercentValue: the number, of a percentage too; undefined for what is neither. */
export function amountOf(value: Json | undefined): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && isPercent(value) ? percentOf(value) : undefined;
}

/** A resource list: each amount by name, those that are no quantity left out. */
export function amountsOf(list: JsonObject | undefined): ReadonlyMap<string, Quantity> {
  const amounts = new Map<string, Quantity>();
  if (list === undefined) return amounts;
  for (const name of Object.keys(list)) {
    const amount = quantityOf(list[name]);
    if (amount !== undefined) amounts.set(name, amount);
  }
  return amounts;
}

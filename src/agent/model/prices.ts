import type { Usage } from "./model-port.ts";

/** What a million tokens cost, in US dollars. */
export interface PriceRow {
  /** The model's name, or the beginning of it before a date. */
  readonly model: string;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly source: string;
}

const listed = "docs.anthropic.com about-claude/pricing";
const relayed =
  "price list of 2026-03-21, relayed by deploybase.ai; cache by the vendor's factors 0.1 and 1.25";

/** Prices that are known. Of a model without a row only tokens are counted. */
export const prices: readonly PriceRow[] = [
  { model: "claude-opus-4-1", input: 15, output: 75, cacheRead: 1.5, cacheWrite: 18.75, source: listed },
  { model: "claude-sonnet-4-5", input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75, source: relayed },
  { model: "claude-sonnet-4-6", input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75, source: relayed },
  { model: "claude-opus-4-5", input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25, source: relayed },
  { model: "claude-opus-4-6", input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25, source: relayed },
  { model: "claude-haiku-4-5", input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25, source: relayed },
];

/** The price of a model; undefined for one that no row names. */
export function priceOf(model: string): PriceRow | undefined {
  return prices.find((row) => model === row.model || new RegExp(`^${row.model}-\\d{8}$`, "u").test(model));
}

/** Millionths of a US dollar, rounded up: a budget is never kept by rounding. */
export function costMicros(price: PriceRow, usage: Usage): number {
  // A dollar for a million tokens is a millionth of a dollar for one.
  return Math.ceil(
    usage.input * price.input +
      usage.output * price.output +
      usage.cacheRead * price.cacheRead +
      usage.cacheWrite * price.cacheWrite,
  );
}

import { OpsError } from "../../kube/ops-error.ts";
import { costMicros, type PriceRow } from "../model/prices.ts";
import type { Usage } from "../model/model-port.ts";

export interface BudgetLimits {
  /** Tokens of all subagents together, in and out, kept ones included. */
  readonly tokens: number;
  /** Millionths of a US dollar; only with a price. */
  readonly micros?: number;
}

/** What a request may cost, and what it has cost. */
export interface Budget {
  /** Before a request: about what it will take. @throws {OpsError} MODEL_BUDGET */
  readonly reserve: (about: { readonly input: number; readonly output: number }) => void;
  /** After an answer; what the provider does not count is counted by its size. */
  readonly spend: (usage: Usage, least: { readonly input: number; readonly output: number }) => void;
  readonly tokens: () => number;
  /** Undefined without a price. */
  readonly micros: () => number | undefined;
}

/** Tokens of a text, about: providers count some 3 to 4 characters of English for one. */
export function aboutTokens(characters: number): number {
  return Math.ceil(characters / 4);
}

export function newBudget(limits: BudgetLimits, price: PriceRow | undefined): Budget {
  let tokens = 0;
  let micros = 0;
  const refuse = (what: string): OpsError =>
    new OpsError("MODEL_BUDGET", `${what}: nothing was planned`, {
      hint: "give more with --budget-tokens, or ask for less at once",
    });
  return {
    reserve: ({ input, output }) => {
      if (tokens + input + output > limits.tokens) {
        throw refuse(
          `the next request needs about ${input + output} tokens, and ${Math.max(0, limits.tokens - tokens)} of ${limits.tokens} are left`,
        );
      }
      if (limits.micros !== undefined && micros >= limits.micros)
        throw refuse("the budget of money is used up");
    },
    spend: (usage, least) => {
      const counted: Usage = {
        ...usage,
        input: usage.input + usage.cacheRead + usage.cacheWrite === 0 ? least.input : usage.input,
        output: usage.output === 0 ? least.output : usage.output,
      };
      tokens += counted.input + counted.output + counted.cacheRead + counted.cacheWrite;
      if (price !== undefined) micros += costMicros(price, counted);
      if (tokens > limits.tokens) throw refuse(`the answer took the last of ${limits.tokens} tokens`);
      if (limits.micros !== undefined && micros > limits.micros)
        throw refuse("the budget of money is used up");
    },
    tokens: () => tokens,
    micros: () => (price === undefined ? undefined : micros),
  };
}

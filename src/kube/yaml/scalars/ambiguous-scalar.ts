import type { Scalar } from "./resolve-scalar.ts";

const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const date =
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?[ \t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?)?)?$/;
const spelled = /^(?:true|True|TRUE|false|False|FALSE)$/;
/** Numbers that every reader takes alike: decimal without a leading zero, with a point when there is an exponent. */
const common = /^[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*(?:[eE][-+][0-9]+)?)?|0x[0-9a-fA-F]+)$/;

/**
 * How the API server reads a plain scalar that YAML 1.1, YAML 1.2 and go-yaml v2 do not read alike; undefined when they
 * agree. Dates and base-60 numbers are texts for the server and something else for YAML 1.1 readers.
 */
export function ambiguity(text: string, value: Scalar): string | undefined {
  if (typeof value === "boolean") return spelled.test(text) ? undefined : `the boolean ${value}`;
  if (typeof value === "number") return common.test(text) ? undefined : `the number ${value}`;
  if (typeof value !== "string") return undefined;
  const first = text.charCodeAt(0);
  // Only a digit or a sign begins a number or a date.
  if (!((first >= 48 && first <= 57) || first === 43 || first === 45)) return undefined;
  if (base60.test(text)) return "a text (other readers take a number in base 60)";
  if (date.test(text)) return "a text (other readers take a date)";
  return undefined;
}

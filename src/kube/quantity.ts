/** How a quantity is written: 1.5G, 1.5Gi or 15e8. */
export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

/** An amount of a resource, exact: Kubernetes rounds to nano units when it reads, so nano units carry every value. */
export interface Quantity {
  /** The amount in units of 10⁻⁹. */
  readonly nano: bigint;
  readonly format: QuantityFormat;
  /** The text as written, where the API server keeps it instead of printing the canonical form. */
  readonly text?: string;
}

const NANO = -9;
const UNIT = 10n ** 9n;
const MAX_BINARY = 2n ** 63n - 1n;

/**
 * Longer texts and larger exponents are refused. The API server has no such limit, but would hold the digits that an
 * exponent promises; no resource has an amount like that.
 */
const MAX_TEXT = 1024;
const MAX_EXPONENT = 1000n;

/** Spaces as Go's unicode.IsSpace has them; tabs and line ends reach the server escaped and are refused there. */
const space = "[ \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000]";
const outerSpace = new RegExp(`^${space}+|${space}+$`, "gu");

interface Suffix {
  readonly base: 2 | 10;
  readonly exponent: number;
  readonly format: QuantityFormat;
}

const decimals: readonly (readonly [string, number])[] = [
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
];
const binaries: readonly (readonly [string, number])[] = [
  ["Ki", 10],
  ["Mi", 20],
  ["Gi", 30],
  ["Ti", 40],
  ["Pi", 50],
  ["Ei", 60],
];
const suffixes: ReadonlyMap<string, Suffix> = new Map<string, Suffix>([
  ...decimals.map(([text, exponent]): [string, Suffix] => [
    text,
    { base: 10, exponent, format: "DecimalSI" },
  ]),
  ...binaries.map(([text, exponent]): [string, Suffix] => [text, { base: 2, exponent, format: "BinarySI" }]),
]);
const decimalSuffix: ReadonlyMap<number, string> = new Map(
  decimals.map(([text, exponent]) => [exponent, text]),
);
const binarySuffix: ReadonlyMap<number, string> = new Map(
  binaries.map(([text, exponent]) => [exponent, text]),
);

interface Parts {
  readonly negative: boolean;
  /** Digits before the point without leading zeros, at least "0". */
  readonly whole: string;
  readonly fraction: string;
  readonly hasDigits: boolean;
}

/**
 * Reads a quantity as the API server does (apimachinery pkg/api/resource/quantity.go, ParseQuantity and
 * UnmarshalJSON): every suffix, decimal exponents, signs, spaces around it; finer than nano rounds away from zero;
 * binary amounts stop at 2⁶³−1. Undefined: no quantity, or beyond the limits of this reader (1024 characters,
 * exponent ±1000).
 */
export function parseQuantity(text: string | number): Quantity | undefined {
  // A number reaches the server as its JSON text.
  const raw = typeof text === "number" ? String(text) : text;
  if (raw.length > MAX_TEXT) return undefined;
  const written = raw.replace(outerSpace, "");
  if (written === "") return undefined;
  const match = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[+-]?[0-9]*)$/.exec(written);
  if (match === null) return undefined;
  const [, sign, digits = "", fraction = "", suffixText = ""] = match;
  const suffix = suffixOf(suffixText);
  if (suffix === undefined) return undefined;
  const whole = digits.replace(/^0+/, "");
  const parts: Parts = {
    negative: sign === "-",
    whole: whole === "" ? "0" : whole,
    fraction,
    // A sign alone is zero; so is a suffix alone, but only where the server takes its short way.
    hasDigits: digits !== "" || fraction !== "" || /^[+-]?$/.test(written),
  };
  return isShort(parts, suffix) ? short(parts, suffix, written) : long(parts, suffix);
}

function suffixOf(text: string): Suffix | undefined {
  const known = suffixes.get(text);
  if (known !== undefined) return known;
  const match = /^[eE]([+-]?)([0-9]+)$/.exec(text);
  if (match === null) return undefined;
  const size = BigInt(match[2] ?? "0");
  if (size > MAX_EXPONENT) return undefined;
  const exponent = Number(size);
  return { base: 10, exponent: match[1] === "-" ? -exponent : exponent, format: "DecimalExponent" };
}

/** Does the server read it with 64-bit arithmetic? Only then may it keep the text as written. */
function isShort(parts: Parts, suffix: Suffix): boolean {
  if (suffix.base === 2) {
    if (parts.fraction !== "") return false;
    return 15 - parts.whole.length - Math.trunc((suffix.exponent * 3) / 10) - 1 >= 0;
  }
  return parts.whole.length + parts.fraction.length <= 18 && suffix.exponent - parts.fraction.length >= NANO;
}

function short(parts: Parts, suffix: Suffix, written: string): Quantity {
  const shifted = parts.whole + parts.fraction;
  const value = BigInt(shifted);
  const signed = parts.negative ? -value : value;
  if (suffix.base === 2) {
    const nano = (signed << BigInt(suffix.exponent)) * UNIT;
    // The server takes every amount that is no multiple of 8 for canonical.
    return withText(nano, suffix.format, (value & 7n) !== 0n, written);
  }
  const scale = suffix.exponent - parts.fraction.length;
  const nano = signed * 10n ** BigInt(scale - NANO);
  const kept = scale % 3 === 0 && !shifted.endsWith("000") && !shifted.startsWith("0");
  return withText(nano, suffix.format, kept, written);
}

function withText(nano: bigint, format: QuantityFormat, kept: boolean, written: string): Quantity {
  return kept ? { nano, format, text: written } : { nano, format };
}

function long(parts: Parts, suffix: Suffix): Quantity | undefined {
  if (!parts.hasDigits) return undefined;
  let digits = BigInt(parts.whole + parts.fraction);
  let scale = -parts.fraction.length;
  if (suffix.base === 2) digits <<= BigInt(suffix.exponent);
  else scale += suffix.exponent;
  let nano =
    scale >= NANO ? digits * 10n ** BigInt(scale - NANO) : divideUp(digits, 10n ** BigInt(NANO - scale));
  let format = suffix.format;
  if (format === "BinarySI") {
    if (nano > MAX_BINARY * UNIT) nano = MAX_BINARY * UNIT;
    if (nano > 0n && nano < UNIT) format = "DecimalSI";
  }
  return { nano: parts.negative ? -nano : nano, format };
}

/** Some of a resource never becomes none of it. */
function divideUp(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}

/** −1, 0 or 1, by amount alone: `1` and `1000m` are equal. */
export function compareQuantities(a: Quantity, b: Quantity): -1 | 0 | 1 {
  if (a.nano === b.nano) return 0;
  return a.nano < b.nano ? -1 : 1;
}

/** The sum, exact, written like `a`, or like `b` when `a` is zero (Quantity.Add). */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano + b.nano, format: a.nano === 0n ? b.format : a.format };
}

/**
 * The text that the API server prints (Quantity.String and CanonicalizeBytes). Where the server drops a suffix that it
 * has no name for (decimal amounts from 10²¹ on), so does this: the text is what a reader of the server sees, the
 * amount is in `nano`.
 */
export function quantityText(quantity: Quantity): string {
  const { nano, format } = quantity;
  if (nano === 0n) return "0";
  if (quantity.text !== undefined) return quantity.text;
  if (format === "BinarySI" && !(nano > -1024n * UNIT && nano < 1024n * UNIT) && nano % UNIT === 0n)
    return binaryText(nano / UNIT);
  return decimalText(nano, format);
}

function binaryText(value: bigint): string {
  let amount = value;
  let exponent = 0;
  while (amount % 1024n === 0n) {
    amount /= 1024n;
    exponent += 10;
  }
  return `${amount}${binarySuffix.get(exponent) ?? ""}`;
}

function decimalText(nano: bigint, format: QuantityFormat): string {
  let amount = nano;
  let exponent = NANO;
  while (amount % 1000n === 0n) {
    amount /= 1000n;
    exponent += 3;
  }
  if (format === "DecimalExponent") return `${amount}${exponent === 0 ? "" : `e${exponent}`}`;
  return `${amount}${decimalSuffix.get(exponent) ?? ""}`;
}

/** CPU as people write it: `250m`, `1`, `1500m`. Parts of a milli round up. Throws for what is no amount. */
export function milliCpuText(milli: number): string {
  const amount = wholeAmount(milli);
  return amount % 1000 === 0 ? String(amount / 1000) : `${amount}m`;
}

/** Memory in the largest binary unit that is exact: `64Mi`, `1Gi`, else the plain number. Parts of a byte round up. */
export function bytesText(bytes: number): string {
  const amount = wholeAmount(bytes);
  return amount < 1024 ? String(amount) : binaryText(BigInt(amount));
}

function wholeAmount(amount: number): number {
  const whole = Math.ceil(amount);
  if (!Number.isSafeInteger(whole) || amount < 0)
    throw new RangeError(`${amount} is no amount of a resource`);
  return whole;
}

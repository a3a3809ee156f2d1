/** A decimal number as a whole number of hundredths: scores are computed without rounding errors. */
export type Hundredths = number;

const DECIMAL = /^(?:\d{1,2})(?:\.(\d{1,2}))?$/;

/**
 * A number between 0 and 99.99 with at most `places` decimals, as hundredths; undefined for any other text. Exponents,
 * signs, blanks and other scripts' digits are no numbers here.
 */
export function parseHundredths(text: string, places: 1 | 2): Hundredths | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const decimals = match[1] ?? "";
  if (decimals.length > places) return undefined;
  const [whole = ""] = text.split(".");
  return Number(whole) * 100 + Number(decimals.padEnd(2, "0"));
}

/** `numerator / denominator` rounded half up to a whole number; both not negative and below 2^52. */
export function divideHalfUp(numerator: number, denominator: number): number {
  return Number((2n * BigInt(numerator) + BigInt(denominator)) / (2n * BigInt(denominator)));
}

/** Hundredths as a decimal text without needless zeros. */
export function hundredthsText(value: Hundredths): string {
  return String(value / 100);
}

/**
 * Plain scalars as go-yaml v2 resolves them for the API server (go.yaml.in/yaml/v2 resolve.go; facts: yaml.md 2): a mix
 * of YAML 1.1 words and Go number syntax.
 */

/** A number that JSON or a double cannot carry; `value` is what a reader that does not care would take. */
export interface OddNumber {
  readonly odd: "not-json" | "not-exact";
  readonly value: number;
  /** Its decimal digits when it is an integer of 64 bits. */
  readonly digits: string | undefined;
}

export type Scalar = null | boolean | number | string | OddNumber;

const words: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map(
    (word) => [word, true] as const,
  ),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map(
    (word) => [word, false] as const,
  ),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, oddFloat(Number.NaN)] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map(
    (word) => [word, oddFloat(Number.POSITIVE_INFINITY)] as const,
  ),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, oddFloat(Number.NEGATIVE_INFINITY)] as const),
]);

function oddFloat(value: number): OddNumber {
  return { odd: "not-json", value, digits: undefined };
}

/** What the first character lets a scalar be: 0 text, 1 a word, 2 a number or a word. */
const hints = new Uint8Array(128);
for (const letter of "yYnNtTfFoO~") hints[letter.charCodeAt(0)] = 1;
for (const letter of "+-.0123456789") hints[letter.charCodeAt(0)] = 2;

const LONGEST_WORD = 5;

/** The value of a plain scalar without a tag. */
export function resolvePlain(text: string): Scalar {
  if (text === "") return null;
  const hint = hints[text.charCodeAt(0)] ?? 0;
  if (hint === 0) return text;
  if (text.length <= LONGEST_WORD) {
    const word = words.get(text);
    if (word !== undefined) return word;
  }
  return hint === 1 ? text : resolveNumber(text);
}

const plainInteger = /^-?(?:0|[1-9][0-9]{0,14})$/;
const goFloat = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

function resolveNumber(text: string): Scalar {
  if (plainInteger.test(text)) return Number(text) + 0;
  if (text.startsWith(".")) return resolvePointFloat(text);
  const plain = text.includes("_") ? text.replaceAll("_", "") : text;
  const integer = goInteger(plain);
  if (integer !== undefined) return carried(integer, plain);
  if (!goFloat.test(plain)) return text;
  const value = Number(plain);
  // Go's ParseFloat reports a value out of range as an error, and the scalar stays a text.
  if (!Number.isFinite(value)) return text;
  // An integer beyond 64 bits is a float for go-yaml; kernel K4 still wants it carried exactly.
  if (/^[-+]?[0-9]+$/.test(plain)) return carried(BigInt(plain.replace("+", "")), plain);
  return value + 0;
}

/** Go's strconv.ParseFloat takes `_` between digits, which is not deleted from a number that begins with a point. */
function resolvePointFloat(text: string): Scalar {
  const plain = text.includes("_") ? text.replace(/(?<=[0-9])_(?=[0-9])/g, "") : text;
  if (!goFloat.test(plain)) return text;
  const value = Number(plain);
  return Number.isFinite(value) ? value : text;
}

function carried(integer: bigint, plain: string): number | OddNumber {
  const value = Number(integer);
  if (BigInt(value) === integer) return value;
  const is64 = goInteger(plain) !== undefined;
  return { odd: "not-exact", value, digits: is64 ? String(integer) : undefined };
}

const prefixed = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

/** An integer as Go's ParseInt and ParseUint with base 0 read it, or undefined when it is none or does not fit in 64 bits. */
export function goInteger(plain: string): bigint | undefined {
  const match = prefixed.exec(plain);
  if (match === null) return binaryWithInnerSign(plain);
  const [, sign, hexadecimal, binary, octal, decimal] = match;
  let value: bigint;
  if (hexadecimal !== undefined) value = BigInt(`0x${hexadecimal}`);
  else if (binary !== undefined) value = BigInt(`0b${binary}`);
  else if (octal !== undefined) value = BigInt(`0o${octal}`);
  else value = BigInt(decimal ?? "0");
  if (sign === "-") return value <= MAX_INT64 + 1n ? -value : undefined;
  // ParseUint takes no sign.
  return value <= (sign === "" ? MAX_UINT64 : MAX_INT64) ? value : undefined;
}

/** go-yaml's own second try at `0b` hands the rest to ParseInt, which takes a sign there. */
function binaryWithInnerSign(plain: string): bigint | undefined {
  const match = /^0b([-+])([01]+)$/.exec(plain);
  if (match === null) return undefined;
  const value = BigInt(`0b${match[2]}`);
  if (match[1] === "-") return value <= MAX_INT64 + 1n ? -value : undefined;
  return value <= MAX_INT64 ? value : undefined;
}

/**
 * The text of a resolved scalar as a key of a JSON object (sigs.k8s.io/yaml convertToJSONableObject), or undefined when
 * it cannot be one: null and integers beyond int64.
 */
export function keyOf(value: Scalar, text: string): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  if (value === null) return undefined;
  const integer = goInteger(text.replaceAll("_", ""));
  if (integer !== undefined) return integer > MAX_INT64 ? undefined : String(integer);
  const number = typeof value === "number" ? value : value.value;
  return number === 0 && text.startsWith("-") ? "-0" : goFloat32Text(number);
}

/** Go's strconv.FormatFloat(value, 'g', -1, 32), with YAML's names for what is no number. */
export function goFloat32Text(value: number): string {
  const single = Math.fround(value);
  if (Number.isNaN(single)) return ".nan";
  if (!Number.isFinite(single)) return single > 0 ? ".inf" : "-.inf";
  if (single === 0) return Object.is(single, -0) ? "-0" : "0";
  let short = single.toPrecision(9);
  for (let digits = 1; digits < 9; digits++) {
    const candidate = roundedText(single, digits);
    if (Math.fround(Number(candidate)) === single) {
      short = candidate;
      break;
    }
  }
  const [mantissa = "", exponentText = "0"] = Number(short).toExponential().split("e");
  const exponent = Number(exponentText);
  // 'g' with the shortest digits writes an exponent below -4 and from 6 on (Go internal/strconv/ftoa.go).
  if (exponent < -4 || exponent >= 6) {
    const size = Math.abs(exponent);
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${size < 10 ? "0" : ""}${size}`;
  }
  return String(Number(short));
}

/** The number with so many digits; a number half-way between two goes to the even digit, as in Go, and not up. */
function roundedText(value: number, digits: number): string {
  // oxlint-disable-next-line oxc/number-arg-out-of-range -- ECMAScript 2018 and later take up to 100 digits.
  const [mantissa = "", exponent = "0"] = value.toExponential(60).split("e");
  const all = mantissa.replace(/[-.]/g, "");
  const kept = all.slice(0, digits);
  if (!/^50*$/.test(all.slice(digits)) || Number(kept.at(-1)) % 2 === 1) return value.toPrecision(digits);
  return `${value < 0 ? "-" : ""}${kept.charAt(0)}.${kept.slice(1)}e${exponent}`;
}

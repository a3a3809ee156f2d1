import { goQuote } from "../../go-quote.ts";

/** Semantic versions as github.com/blang/semver/v4 reads them. */
export interface Semver {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  readonly pre: readonly string[];
  readonly build: readonly string[];
}

const MAX_TEXT = 10_000;
const MAX = 2n ** 64n;

/** A text says why it is no version. */
export function parseSemver(text: string, normalize: boolean): Semver | string {
  if (text.length > MAX_TEXT) return "Version string too long";
  if (!normalize) return parse(text);
  const parts = text.replace(/^v/, "").split(".");
  const three = parts.length > 3 ? [...parts.slice(0, 2), parts.slice(2).join(".")] : parts;
  const trimmed = three.map((part) => {
    if (part.length < 2) return part;
    const rest = part.replace(/^0+/, "");
    return /^[0-9]/.test(rest) ? rest : `0${rest}`;
  });
  if (trimmed.length < 3 && /[+-]/.test(trimmed.at(-1) ?? ""))
    return "short version cannot contain PreRelease/Build meta data";
  while (trimmed.length < 3) trimmed.push("0");
  return parse(trimmed.join("."));
}

function parse(text: string): Semver | string {
  if (text === "") return "Version string empty";
  const parts = text.split(".");
  if (parts.length < 3) return "No Major.Minor.Patch elements found";
  const rest = parts.slice(2).join(".");
  const buildAt = rest.indexOf("+");
  const core = buildAt < 0 ? rest : rest.slice(0, buildAt);
  const preAt = core.indexOf("-");
  const pre = preAt < 0 ? [] : core.slice(preAt + 1).split(".");
  const build = buildAt < 0 ? [] : rest.slice(buildAt + 1).split(".");
  const major = numberOf("major", parts[0] ?? "");
  if (typeof major === "string") return major;
  const minor = numberOf("minor", parts[1] ?? "");
  if (typeof minor === "string") return minor;
  const patch = numberOf("patch", preAt < 0 ? core : core.slice(0, preAt));
  if (typeof patch === "string") return patch;
  return namesFault(pre, build) ?? { major, minor, patch, pre, build };
}

function numberOf(name: "major" | "minor" | "patch", part: string): bigint | string {
  if (!/^[0-9]*$/.test(part)) return `Invalid character(s) found in ${name} number ${goQuote(part)}`;
  if (part.length > 1 && part.startsWith("0"))
    return `${name[0]?.toUpperCase()}${name.slice(1)} number must not contain leading zeroes ${goQuote(part)}`;
  if (part === "") return `strconv.ParseUint: parsing ${goQuote(part)}: invalid syntax`;
  const value = BigInt(part);
  return value >= MAX ? `strconv.ParseUint: parsing ${goQuote(part)}: value out of range` : value;
}

const word = /^[0-9A-Za-z-]+$/;

/** Why the words behind the numbers are none. */
function namesFault(pre: readonly string[], build: readonly string[]): string | undefined {
  for (const part of pre) {
    if (part === "") return "Prerelease is empty";
    if (/^0[0-9]+$/.test(part))
      return `Numeric PreRelease version must not contain leading zeroes ${goQuote(part)}`;
    if (!word.test(part)) return `Invalid character(s) found in prerelease ${goQuote(part)}`;
  }
  for (const part of build) {
    if (part === "") return "Build meta data is empty";
    if (!word.test(part)) return `Invalid character(s) found in build meta data ${goQuote(part)}`;
  }
  return undefined;
}

export function semverText({ major, minor, patch, pre, build }: Semver): string {
  return `${major}.${minor}.${patch}${pre.length === 0 ? "" : `-${pre.join(".")}`}${build.length === 0 ? "" : `+${build.join(".")}`}`;
}

export function compareSemver(left: Semver, right: Semver): -1 | 0 | 1 {
  for (const part of ["major", "minor", "patch"] as const) {
    if (left[part] !== right[part]) return left[part] < right[part] ? -1 : 1;
  }
  if (left.pre.length === 0 || right.pre.length === 0)
    return left.pre.length === right.pre.length ? 0 : left.pre.length === 0 ? 1 : -1;
  for (const [at, part] of left.pre.entries()) {
    const other = right.pre[at];
    if (other === undefined) return 1;
    const order = compareParts(part, other);
    if (order !== 0) return order;
  }
  return left.pre.length === right.pre.length ? 0 : -1;
}

function compareParts(left: string, right: string): -1 | 0 | 1 {
  const numeric = /^[0-9]+$/;
  const first = numeric.test(left);
  const second = numeric.test(right);
  if (first !== second) return first ? -1 : 1;
  if (!first) return left === right ? 0 : left < right ? -1 : 1;
  const difference = BigInt(left) - BigInt(right);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

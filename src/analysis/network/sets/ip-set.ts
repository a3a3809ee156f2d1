import { addressText, bytesOf, numberOf, parseAddress } from "../../../kube/ip-address.ts";

/**
 * Sets of IP addresses as sorted, disjoint, not touching intervals (from, to, from, to, ...): IPv4 addresses as numbers,
 * IPv6 addresses as bigints. Two families, never compared with each other.
 */
export interface IpSet {
  readonly v4: readonly number[];
  readonly v6: readonly bigint[];
}

const MAX4 = 4_294_967_295;
const MAX6 = (1n << 128n) - 1n;

export const noIps: IpSet = { v4: [], v6: [] };
export const allIps: IpSet = { v4: [0, MAX4], v6: [0n, MAX6] };
export const allV4: IpSet = { v4: allIps.v4, v6: [] };
export const allV6: IpSet = { v4: [], v6: allIps.v6 };

export function isNoIps(set: IpSet): boolean {
  return set.v4.length === 0 && set.v6.length === 0;
}

/** Does it hold every address of a family? A block for "anywhere" names one family. */
export function isWholeFamily(set: IpSet): boolean {
  return (set.v4[0] === 0 && set.v4[1] === MAX4) || (set.v6[0] === 0n && set.v6[1] === MAX6);
}

/**
 * The addresses of a CIDR block, as Go's net.ParseCIDR reads it: bits after the prefix do not matter, zones and leading
 * zeros are refused, an IPv4 address in IPv6 form (`::ffff:10.0.0.0/104`) is an IPv6 block. Undefined: no block.
 */
export function cidrSet(text: string): IpSet | undefined {
  const slash = text.indexOf("/");
  if (slash < 0 || !/^(?:0|[1-9][0-9]{0,2})$/.test(text.slice(slash + 1))) return undefined;
  const bits = Number(text.slice(slash + 1));
  const v4 = parseIpv4(text.slice(0, slash));
  if (v4 !== undefined) {
    if (bits > 32) return undefined;
    const size = 2 ** (32 - bits);
    const from = Math.floor(v4 / size) * size;
    return { v4: [from, from + size - 1], v6: [] };
  }
  const v6 = parseIpv6(text.slice(0, slash));
  if (v6 === undefined || bits > 128) return undefined;
  const size = 1n << BigInt(128 - bits);
  const from = (v6 / size) * size;
  return { v4: [], v6: [from, from + size - 1n] };
}

/** One address as a set. Undefined: no address. */
export function addressSet(text: string): IpSet | undefined {
  const v4 = parseIpv4(text);
  if (v4 !== undefined) return { v4: [v4, v4], v6: [] };
  const v6 = parseIpv6(text);
  return v6 === undefined ? undefined : { v4: [], v6: [v6, v6] };
}

function parseIpv4(text: string): number | undefined {
  if (text.includes(":")) return undefined;
  return parseAddress(text)?.reduce((value, byte) => value * 256 + byte, 0);
}

function parseIpv6(text: string): bigint | undefined {
  const bytes = text.includes(":") ? parseAddress(text) : undefined;
  return bytes === undefined ? undefined : numberOf(bytes);
}

export function unionIps(sets: readonly IpSet[]): IpSet {
  const [only] = sets;
  if (only !== undefined && sets.length === 1) return only;
  return {
    v4: merge(
      sets.flatMap((set) => pairs(set.v4)),
      (to, from) => from <= to + 1,
    ),
    v6: merge(
      sets.flatMap((set) => pairs(set.v6)),
      (to, from) => from <= to + 1n,
    ),
  };
}

export function intersectIps(left: IpSet, right: IpSet): IpSet {
  return { v4: meet(left.v4, right.v4), v6: meet(left.v6, right.v6) };
}

export function minusIps(left: IpSet, right: IpSet): IpSet {
  if (isNoIps(right)) return left;
  return {
    v4: rest(
      left.v4,
      right.v4,
      (at) => at - 1,
      (at) => at + 1,
    ),
    v6: rest(
      left.v6,
      right.v6,
      (at) => at - 1n,
      (at) => at + 1n,
    ),
  };
}

export function coversIps(outer: IpSet, inner: IpSet): boolean {
  return isNoIps(minusIps(inner, outer));
}

export function sameIps(left: IpSet, right: IpSet): boolean {
  return ipKey(left) === ipKey(right);
}

/** Equal for equal sets. */
export function ipKey(set: IpSet): string {
  return `${set.v4.join()}/${set.v6.join()}`;
}

function pairs<T>(list: readonly T[]): [T, T][] {
  const out: [T, T][] = [];
  for (let at = 0; at + 1 < list.length; at += 2) out.push([list[at] as T, list[at + 1] as T]);
  return out;
}

function merge<T extends number | bigint>(
  list: [T, T][],
  touches: (to: T, from: T) => boolean,
): readonly T[] {
  list.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const out: T[] = [];
  for (const [from, to] of list) {
    const last = out.length - 1;
    const before = out[last];
    if (before !== undefined && touches(before, from)) {
      if (to > before) out[last] = to;
    } else out.push(from, to);
  }
  return out;
}

function meet<T extends number | bigint>(left: readonly T[], right: readonly T[]): readonly T[] {
  const out: T[] = [];
  for (let i = 0, j = 0; i + 1 < left.length && j + 1 < right.length; ) {
    const [a, b, c, d] = [left[i] as T, left[i + 1] as T, right[j] as T, right[j + 1] as T];
    const from = a > c ? a : c;
    const to = b < d ? b : d;
    if (from <= to) out.push(from, to);
    if (b < d) i += 2;
    else j += 2;
  }
  return out;
}

function rest<T extends number | bigint>(
  left: readonly T[],
  right: readonly T[],
  before: (at: T) => T,
  after: (at: T) => T,
): readonly T[] {
  const out: T[] = [];
  let j = 0;
  for (const [start, to] of pairs(left)) {
    let from = start;
    while (j + 1 < right.length && (right[j + 1] as T) < from) j += 2;
    for (let k = j; k + 1 < right.length && (right[k] as T) <= to; k += 2) {
      const [c, d] = [right[k] as T, right[k + 1] as T];
      if (c > from) out.push(from, before(c));
      if (d >= from) from = after(d);
    }
    if (from <= to) out.push(from, to);
  }
  return out;
}

export interface IpPart {
  readonly ips: IpSet;
  /** Numbers of the sets that hold it, rising. */
  readonly inside: readonly number[];
}

/** The cuts that all of the sets make: disjoint parts that cover every address, each inside or outside of every set. */
export function cutIps(sets: readonly IpSet[]): readonly IpPart[] {
  const four = cutLine<number>(
    sets.map((set) => set.v4),
    0,
    MAX4,
    (at) => at + 1,
    (at) => at - 1,
  );
  const six = cutLine<bigint>(
    sets.map((set) => set.v6),
    0n,
    MAX6,
    (at) => at + 1n,
    (at) => at - 1n,
  );
  return [
    ...four.map(({ range, inside }) => ({ ips: { v4: range, v6: [] }, inside })),
    ...six.map(({ range, inside }) => ({ ips: { v4: [], v6: range }, inside })),
  ];
}

function cutLine<T extends number | bigint>(
  lists: readonly (readonly T[])[],
  first: T,
  last: T,
  after: (at: T) => T,
  before: (at: T) => T,
): readonly { readonly range: readonly T[]; readonly inside: readonly number[] }[] {
  const starts = new Set<T>([first]);
  for (const list of lists) {
    for (const [from, to] of pairs(list)) {
      starts.add(from);
      if (to < last) starts.add(after(to));
    }
  }
  const sorted = [...starts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const index = new Map(sorted.map((from, at) => [from, at]));
  const inside: number[][] = sorted.map(() => []);
  for (const [number, list] of lists.entries()) {
    for (const [from, to] of pairs(list)) {
      for (let at = index.get(from) ?? 0; at < sorted.length && (sorted[at] as T) <= to; at++)
        inside[at]?.push(number);
    }
  }
  return sorted.map((from, at) => {
    const next = sorted[at + 1];
    return { range: [from, next === undefined ? last : before(next)], inside: inside[at] ?? [] };
  });
}

/** Ranges as people read them: CIDR blocks where a range is one, else `from-to`. `internet` for every address. */
export function ipText(set: IpSet): string {
  if (set.v4[0] === 0 && set.v4[1] === MAX4 && set.v6[0] === 0n && set.v6[1] === MAX6) return "internet";
  return ipTexts(set).join(", ");
}

export function ipTexts(set: IpSet): readonly string[] {
  return [
    ...pairs(set.v4).map(([from, to]) => rangeText(BigInt(from), BigInt(to), 32, ipv4Text)),
    ...pairs(set.v6).map(([from, to]) => rangeText(from, to, 128, ipv6Text)),
  ];
}

function rangeText(from: bigint, to: bigint, width: number, text: (value: bigint) => string): string {
  const size = to - from + 1n;
  if (size === 1n) return text(from);
  if ((size & (size - 1n)) === 0n && from % size === 0n)
    return `${text(from)}/${width - (size.toString(2).length - 1)}`;
  return `${text(from)}-${text(to)}`;
}

export function ipv4Text(value: bigint): string {
  return addressText(bytesOf(value, 4));
}

function ipv6Text(value: bigint): string {
  return addressText(bytesOf(value, 16));
}

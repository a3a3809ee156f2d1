/** An address range as numbers: 32 or 128 bits. */
export interface Cidr {
  readonly bits: 32 | 128;
  readonly base: bigint;
  readonly length: number;
}

function ipv4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    // Leading zeros are refused: some readers take them as octal (Go's net.ParseIP refuses them as well).
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

function ipv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const all = groups.flat();
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const missing = 8 - all.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const [head = [], tail = []] = groups;
  const full = [...head, ...(halves.length === 1 ? [] : Array<string>(missing).fill("0")), ...tail];
  return full.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

/** An address, or undefined where the text is none. IPv6 with an embedded IPv4 part is not taken. */
export function parseAddress(text: string): Cidr | undefined {
  return parseCidr(text.includes("/") ? "" : `${text}/${text.includes(":") ? 128 : 32}`);
}

/** A range as `address/length`; bits behind the length are cleared. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([0-9A-Fa-f.:]+)\/(\d{1,3})$/.exec(text);
  const address = match?.[1];
  if (match === null || address === undefined) return undefined;
  const bits = address.includes(":") ? 128 : 32;
  const length = Number(match[2]);
  const value = bits === 32 ? ipv4(address) : ipv6(address);
  if (value === undefined || length > bits) return undefined;
  const rest = BigInt(bits - length);
  return { bits, base: (value >> rest) << rest, length };
}

/** Whether `inner` lies in `outer`. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  if (outer.bits !== inner.bits || outer.length > inner.length) return false;
  const rest = BigInt(outer.bits - outer.length);
  return inner.base >> rest === outer.base >> rest;
}

/** The text of a range, IPv6 by RFC 5952. */
export function cidrText(cidr: Cidr): string {
  return `${addressText(cidr)}/${cidr.length}`;
}

function addressText({ bits, base }: Cidr): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => String((base >> shift) & 255n)).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => (base >> BigInt(112 - 16 * index)) & 0xffffn);
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0n) length += 1;
    if (length > best.length) best = { start, length };
  }
  const hex = (part: readonly bigint[]): string => part.map((group) => group.toString(16)).join(":");
  if (best.start < 0) return hex(groups);
  return `${hex(groups.slice(0, best.start))}::${hex(groups.slice(best.start + best.length))}`;
}

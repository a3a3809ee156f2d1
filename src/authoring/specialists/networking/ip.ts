import { addressText, bytesOf, numberOf, parseAddress as bytesIn } from "../../../kube/ip-address.ts";

/** An address range as numbers: 32 or 128 bits. */
export interface Cidr {
  readonly bits: 32 | 128;
  readonly base: bigint;
  readonly length: number;
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
  const bytes = bits === 128 && address.includes(".") ? undefined : bytesIn(address);
  if (bytes === undefined || length > bits) return undefined;
  const rest = BigInt(bits - length);
  return { bits, base: (numberOf(bytes) >> rest) << rest, length };
}

/** Whether `inner` lies in `outer`. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  if (outer.bits !== inner.bits || outer.length > inner.length) return false;
  const rest = BigInt(outer.bits - outer.length);
  return inner.base >> rest === outer.base >> rest;
}

/** The text of a range, IPv6 by RFC 5952. */
export function cidrText({ bits, base, length }: Cidr): string {
  return `${addressText(bytesOf(base, bits === 32 ? 4 : 16))}/${length}`;
}

/** IP addresses and ranges, as k8s.io/apimachinery pkg/util/validation/ip.go and k8s.io/utils/net take them. */
import { addressText, isMapped, parseAddress as parseIp } from "../../../../kube/ip-address.ts";
import { type Check, report, shown } from "./run.ts";

/** As ParseIPSloppy does, unless leading zeros are to be refused. */
export function parseAddress(text: string, sloppy = true): readonly number[] | undefined {
  return parseIp(text, sloppy);
}

/** Family that net.IP gives: an IPv4-mapped address counts as IPv4. */
export function familyOf(text: string): "IPv4" | "IPv6" | undefined {
  const bytes = parseAddress(text);
  if (bytes === undefined) return undefined;
  return bytes.length === 4 || isMapped(bytes) ? "IPv4" : "IPv6";
}

/** The last four bytes of an IPv4 or mapped address, or all sixteen. */
export function plainBytes(bytes: readonly number[]): readonly number[] {
  return isMapped(bytes) ? bytes.slice(12) : bytes;
}

/** Since when leading zeros, mapped addresses and host bits are refused (feature StrictIPCIDRValidation). */
const STRICT = 36;

/** IsValidIPForLegacyField. */
export function notAddress(text: string, minor: number): string | undefined {
  const bytes = parseAddress(text);
  if (bytes === undefined) return "it is no IP address, as in 10.9.8.7 or 2001:db8::ffff";
  if (minor < STRICT) return undefined;
  if (parseAddress(text, false) === undefined) return "it must not have leading zeros";
  return isMapped(bytes) ? "it must not be an IPv4-mapped IPv6 address" : undefined;
}

export interface Cidr {
  readonly bytes: readonly number[];
  readonly length: number;
}

export function parseCidr(text: string, sloppy = true): Cidr | undefined {
  const slash = text.indexOf("/");
  if (slash < 0) return undefined;
  const bytes = parseAddress(text.slice(0, slash), sloppy);
  const size = text.slice(slash + 1);
  if (bytes === undefined || !/^[0-9]{1,3}$/.test(size)) return undefined;
  const length = Number(size);
  return length <= bytes.length * 8 ? { bytes, length } : undefined;
}

/** IsValidCIDRForLegacyField. */
export function notCidr(text: string, minor: number): string | undefined {
  const cidr = parseCidr(text);
  if (cidr === undefined) return "it is no range of addresses, as in 10.9.8.0/24 or 2001:db8::/64";
  if (minor < STRICT) return undefined;
  const slash = text.indexOf("/");
  if (parseAddress(text.slice(0, slash), false) === undefined || /^0[0-9]/.test(text.slice(slash + 1)))
    return "it must not have leading zeros";
  if (isMapped(cidr.bytes)) return "it must not be an IPv4-mapped IPv6 address";
  return hasHostBits(cidr) ? "it must not have bits set beyond its prefix" : undefined;
}

export function hasHostBits({ bytes, length }: Cidr): boolean {
  return bytes.some((byte, index) => (byte & hostMask(index, length)) !== 0);
}

function hostMask(index: number, length: number): number {
  const kept = Math.min(8, Math.max(0, length - index * 8));
  return 255 >> kept;
}

/** Whether the range holds the address of a CIDR, by bytes of the same family. */
export function contains(outer: Cidr, bytes: readonly number[]): boolean {
  return (
    outer.bytes.length === bytes.length &&
    outer.bytes.every((byte, index) => {
      const mask = 255 & ~hostMask(index, outer.length);
      return (byte & mask) === ((bytes[index] ?? 0) & mask);
    })
  );
}

/** IsValidIP: the canonical form is asked for, whatever the minor. */
export function notCanonicalAddress(text: string): string | undefined {
  const bytes = parseAddress(text, false);
  if (bytes === undefined) return "it is no IP address, as in 10.9.8.7 or 2001:db8::ffff";
  if (isMapped(bytes)) return "it must not be an IPv4-mapped IPv6 address";
  const canonical = addressText(bytes);
  return canonical === text ? undefined : `it must be written ${canonical}`;
}

const bytesEqual = (left: readonly number[], right: readonly number[]): boolean =>
  left.length === right.length && left.every((byte, index) => byte === right[index]);
const allZero = (bytes: readonly number[]): boolean => bytes.every((byte) => byte === 0);

/** ValidateEndpointIP: no unspecified, loopback, link-local address. */
export function notEndpointAddress(text: string, minor: number): string | undefined {
  const reason = notAddress(text, minor);
  if (reason !== undefined) return reason;
  const bytes = plainBytes(parseAddress(text) ?? []);
  if (allZero(bytes)) return "it must not be unspecified";
  if (bytes.length === 4) {
    if (bytes[0] === 127) return "it must not be in the loopback range";
    if (bytes[0] === 169 && bytes[1] === 254) return "it must not be in the link-local range";
    if (bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0)
      return "it must not be in the link-local multicast range";
    return undefined;
  }
  if (bytesEqual(bytes, [...Array.from({ length: 15 }, () => 0), 1]))
    return "it must not be in the loopback range";
  if (bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80) return "it must not be in the link-local range";
  if (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0x0f) === 0x02)
    return "it must not be in the link-local multicast range";
  return undefined;
}

function addressRule(why: (text: string, minor: number) => string | undefined): Check {
  return (value, run) => {
    if (typeof value !== "string") return;
    const reason = why(value, run.minor);
    if (reason !== undefined) report(run, "server/invalid", shown(value), reason);
  };
}

export const address: Check = addressRule(notAddress);
export const cidr: Check = addressRule(notCidr);
export const endpointAddress: Check = addressRule(notEndpointAddress);

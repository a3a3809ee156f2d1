import { CIDR_TYPE, IP_TYPE, type Implementation, type LibraryFunction } from "../declare.ts";
import { CelError, CelOpaque, type CelValue } from "../values.ts";
import {
  type Address,
  addressText,
  isMapped,
  masked,
  parseAddress,
  parsePrefix,
  type Prefix,
  prefixContains,
  prefixText,
} from "./addresses.ts";
import { goQuote } from "../../go-quote.ts";

/** IP addresses and networks (k8s.io/apiserver pkg/cel/library/{ip,cidr}.go). */

function readIp(text: string): Address | CelError {
  const address = parseAddress(text);
  if (typeof address === "string")
    return new CelError(`IP Address ${goQuote(text)} parse error during conversion from string: ${address}`);
  if (address.zone !== "") return new CelError(`IP address ${goQuote(text)} with zone value is not allowed`);
  return isMapped(address)
    ? new CelError(`IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`)
    : address;
}

function ip(text: CelValue): CelOpaque | CelError {
  const address = readIp(text as string);
  return address instanceof CelError ? address : ipOf(address);
}

function ipOf(address: Address): CelOpaque {
  return new CelOpaque(IP_TYPE, addressText(address), address);
}

function readCidr(text: string): Prefix | string {
  const prefix = parsePrefix(text);
  if (typeof prefix === "string")
    return `network address parse error during conversion from string: ${prefix}`;
  return isMapped(prefix.address) ? `IPv4-mapped IPv6 address ${goQuote(text)} is not allowed` : prefix;
}

function cidr(text: CelValue): CelOpaque | CelError {
  const prefix = readCidr(text as string);
  return typeof prefix === "string"
    ? new CelError(`network address parse error during conversion from string: ${prefix}`)
    : cidrOf(prefix);
}

function cidrOf(prefix: Prefix): CelOpaque {
  return new CelOpaque(CIDR_TYPE, prefixText(prefix), prefix);
}

function addressOf(value: CelValue): Address {
  return (value as CelOpaque).data as Address;
}

function prefixOf(value: CelValue): Prefix {
  return (value as CelOpaque).data as Prefix;
}

function test(of: (bytes: readonly number[], four: boolean) => boolean): Implementation {
  return (value) => {
    const { bytes } = addressOf(value);
    return of(bytes, bytes.length === 4);
  };
}

const isUnspecified = (bytes: readonly number[]): boolean => bytes.every((byte) => byte === 0);
const isLoopback = (bytes: readonly number[], four: boolean): boolean =>
  four ? bytes[0] === 127 : bytes.every((byte, at) => byte === (at === 15 ? 1 : 0));
const isMulticast = (bytes: readonly number[], four: boolean): boolean =>
  four ? ((bytes[0] ?? 0) & 0xf0) === 0xe0 : bytes[0] === 0xff;
const isLinkLocalMulticast = (bytes: readonly number[], four: boolean): boolean =>
  four
    ? bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0
    : bytes[0] === 0xff && ((bytes[1] ?? 0) & 0x0f) === 2;
const isLinkLocalUnicast = (bytes: readonly number[], four: boolean): boolean =>
  four ? bytes[0] === 169 && bytes[1] === 254 : bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80;
const isGlobalUnicast = (bytes: readonly number[], four: boolean): boolean =>
  !(four && bytes.every((byte) => byte === 255)) &&
  !isUnspecified(bytes) &&
  !isLoopback(bytes, four) &&
  !isMulticast(bytes, four) &&
  !isLinkLocalUnicast(bytes, four);

const containsIp: Implementation = (network, address) => {
  const other = typeof address === "string" ? ip(address) : address;
  return other instanceof CelError ? other : prefixContains(prefixOf(network), addressOf(other));
};

const containsCidr: Implementation = (network, part) => {
  const other = typeof part === "string" ? cidr(part) : part;
  if (other instanceof CelError) return other;
  const outer = prefixOf(network);
  const inner = prefixOf(other);
  return outer.bits <= inner.bits && prefixContains(outer, inner.address);
};

export const netFunctions: readonly LibraryFunction[] = [
  {
    name: "ip",
    since: 30,
    overloads: [
      ["string_to_ip", "(string) IP", ip],
      ["cidr_ip", ".(CIDR) IP", (a) => ipOf(prefixOf(a).address)],
    ],
  },
  {
    name: "family",
    since: 30,
    overloads: [["ip_family", ".(IP) int", (a) => (addressOf(a).bytes.length === 4 ? 4n : 6n)]],
  },
  {
    name: "ip.isCanonical",
    since: 30,
    overloads: [
      [
        "ip_is_canonical",
        "(string) bool",
        (a) => {
          const address = readIp(a as string);
          return address instanceof CelError ? address : addressText(address) === a;
        },
      ],
    ],
  },
  { name: "isUnspecified", since: 30, overloads: [["ip_is_unspecified", ".(IP) bool", test(isUnspecified)]] },
  { name: "isLoopback", since: 30, overloads: [["ip_is_loopback", ".(IP) bool", test(isLoopback)]] },
  {
    name: "isLinkLocalMulticast",
    since: 30,
    overloads: [["ip_is_link_local_multicast", ".(IP) bool", test(isLinkLocalMulticast)]],
  },
  {
    name: "isLinkLocalUnicast",
    since: 30,
    overloads: [["ip_is_link_local_unicast", ".(IP) bool", test(isLinkLocalUnicast)]],
  },
  {
    name: "isGlobalUnicast",
    since: 30,
    overloads: [["ip_is_global_unicast", ".(IP) bool", test(isGlobalUnicast)]],
  },
  {
    name: "isIP",
    since: 30,
    overloads: [["is_ip", "(string) bool", (a) => !(readIp(a as string) instanceof CelError)]],
  },
  {
    name: "string",
    since: 30,
    overloads: [
      ["ip_to_string", "(IP) string", (a) => (a as CelOpaque).key],
      ["cidr_to_string", "(CIDR) string", (a) => (a as CelOpaque).key],
    ],
  },
  { name: "cidr", since: 30, overloads: [["string_to_cidr", "(string) CIDR", cidr]] },
  {
    name: "containsIP",
    since: 30,
    overloads: [
      ["cidr_contains_ip_string", ".(CIDR, string) bool", containsIp],
      ["cidr_contains_ip_ip", ".(CIDR, IP) bool", containsIp],
    ],
  },
  {
    name: "containsCIDR",
    since: 30,
    overloads: [
      ["cidr_contains_cidr_string", ".(CIDR, string) bool", containsCidr],
      ["cidr_contains_cidr", ".(CIDR, CIDR) bool", containsCidr],
    ],
  },
  {
    name: "prefixLength",
    since: 30,
    overloads: [["cidr_prefix_length", ".(CIDR) int", (a) => BigInt(prefixOf(a).bits)]],
  },
  {
    name: "masked",
    since: 30,
    overloads: [["cidr_masked", ".(CIDR) CIDR", (a) => cidrOf(masked(prefixOf(a)))]],
  },
  {
    name: "isCIDR",
    since: 30,
    overloads: [["is_cidr", "(string) bool", (a) => typeof readCidr(a as string) !== "string"]],
  },
];

/** Bytes of an address, and of the network part of a prefix: what their size costs. */
export function netSize(value: CelOpaque): number | undefined {
  if (value.type.name === "net.IP") return addressOf(value).bytes.length;
  return value.type.name === "net.CIDR" ? Math.ceil(prefixOf(value).bits / 8) : undefined;
}

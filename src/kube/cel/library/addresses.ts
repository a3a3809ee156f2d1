import { goQuote } from "../../go-quote.ts";
import { addressText as textOf, isMapped as areMapped } from "../../ip-address.ts";

/** IP addresses and prefixes as Go's net/netip reads and writes them, with its words for what is none. */
export interface Address {
  /** 4 or 16 bytes. */
  readonly bytes: readonly number[];
  readonly zone: string;
}

/** A text says why it is no address. */
export type AddressOr = Address | string;

const MAX_TEXT = 1000;

function fault(input: string, message: string, at?: string): string {
  const place = at === undefined ? "" : ` (at ${goQuote(at)})`;
  return `ParseAddr(${goQuote(input)}): ${message}${place}`;
}

export function parseAddress(text: string): AddressOr {
  if (text.length > MAX_TEXT) return fault(text.slice(0, 40), "unable to parse IP");
  for (const character of text) {
    if (character === ".") {
      const bytes = parseFields(text, text);
      return typeof bytes === "string" ? bytes : { bytes, zone: "" };
    }
    if (character === ":") return parse6(text);
    if (character === "%") return fault(text, "missing IPv6 address");
  }
  return fault(text, "unable to parse IP");
}

function parseFields(input: string, text: string): readonly number[] | string {
  const fields: number[] = [];
  let value = 0;
  let digits = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (/[0-9]/.test(character)) {
      if (digits === 1 && value === 0) return fault(input, "IPv4 field has octet with leading zero");
      value = value * 10 + Number(character);
      digits++;
      if (value > 255) return fault(input, "IPv4 field has value >255");
    } else if (character === ".") {
      if (at === 0 || at === text.length - 1 || text[at - 1] === ".")
        return fault(input, "IPv4 field must have at least one digit", text.slice(at));
      if (fields.length === 3) return fault(input, "IPv4 address too long");
      fields.push(value);
      value = 0;
      digits = 0;
    } else return fault(input, "unexpected character", text.slice(at));
  }
  return fields.length < 3 ? fault(input, "IPv4 address too short") : [...fields, value];
}

function parse6(input: string): AddressOr {
  const percent = input.indexOf("%");
  const zone = percent < 0 ? "" : input.slice(percent + 1);
  if (percent >= 0 && zone === "") return fault(input, "zone must be a non-empty string");
  let rest = percent < 0 ? input : input.slice(0, percent);
  const bytes: number[] = [];
  let ellipsis = -1;
  if (rest.startsWith("::")) {
    ellipsis = 0;
    rest = rest.slice(2);
    if (rest === "") return { bytes: Array.from({ length: 16 }, () => 0), zone };
  }
  while (bytes.length < 16) {
    const step = parseGroup(input, rest, bytes, ellipsis);
    if (typeof step === "string") return step;
    rest = step.rest;
    if (step.done) break;
    if (rest.startsWith(":")) {
      if (ellipsis >= 0) return fault(input, "multiple :: in address", rest);
      ellipsis = bytes.length;
      rest = rest.slice(1);
      if (rest === "") break;
    }
  }
  if (rest !== "") return fault(input, "trailing garbage after address", rest);
  if (bytes.length === 16)
    return ellipsis >= 0
      ? fault(input, "the :: must expand to at least one field of zeros")
      : { bytes, zone };
  if (ellipsis < 0) return fault(input, "address string too short");
  const zeros = Array.from({ length: 16 - bytes.length }, () => 0);
  return { bytes: [...bytes.slice(0, ellipsis), ...zeros, ...bytes.slice(ellipsis)], zone };
}

interface GroupStep {
  readonly rest: string;
  readonly done: boolean;
}

/** Reads one group, and the colon after it, into the bytes. */
function parseGroup(input: string, rest: string, bytes: number[], ellipsis: number): GroupStep | string {
  const digits = /^[0-9a-fA-F]*/.exec(rest)?.[0] ?? "";
  if (digits.length > 4) return fault(input, "each group must have 4 or less digits", rest);
  if (digits === "") return fault(input, "each colon-separated field must have at least one digit", rest);
  if (rest[digits.length] === ".") {
    if (ellipsis < 0 && bytes.length !== 12)
      return fault(input, "embedded IPv4 address must replace the final 2 fields of the address", rest);
    if (bytes.length + 4 > 16)
      return fault(input, "too many hex fields to fit an embedded IPv4 at the end of the address", rest);
    const fields = parseFields(input, rest);
    if (typeof fields === "string") return fields;
    bytes.push(...fields);
    return { rest: "", done: true };
  }
  const value = Number.parseInt(digits, 16);
  bytes.push(value >> 8, value & 0xff);
  const after = rest.slice(digits.length);
  if (after === "") return { rest: after, done: true };
  if (!after.startsWith(":")) return fault(input, "unexpected character, want colon", after);
  if (after.length === 1) return fault(input, "colon must be followed by more characters", after);
  return { rest: after.slice(1), done: false };
}

export function isMapped({ bytes }: Address): boolean {
  return areMapped(bytes);
}

/** The canonical text (RFC 5952). */
export function addressText({ bytes, zone }: Address): string {
  const text = areMapped(bytes) ? `::ffff:${bytes.slice(12).join(".")}` : textOf(bytes);
  return zone === "" ? text : `${text}%${zone}`;
}

export interface Prefix {
  readonly address: Address;
  readonly bits: number;
}

/** A text says why it is no prefix. */
export function parsePrefix(text: string): Prefix | string {
  const wrong = (message: string): string => `netip.ParsePrefix(${goQuote(text)}): ${message}`;
  const slash = text.lastIndexOf("/");
  if (slash < 0) return wrong("no '/'");
  const address = parseAddress(text.slice(0, slash));
  if (typeof address === "string") return wrong(address);
  if (address.zone !== "") return wrong("IPv6 zones cannot be present in a prefix");
  const written = text.slice(slash + 1);
  if (!/^(?:0|[1-9][0-9]*)$/.test(written)) return wrong(`bad bits after slash: ${goQuote(written)}`);
  const bits = Number(written);
  return bits > address.bytes.length * 8 ? wrong("prefix length out of range") : { address, bits };
}

export function prefixText({ address, bits }: Prefix): string {
  return `${addressText(address)}/${bits}`;
}

/** The prefix with the bits of the host cleared. */
export function masked({ address, bits }: Prefix): Prefix {
  const bytes = address.bytes.map((byte, at) => {
    const kept = Math.min(8, Math.max(0, bits - at * 8));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
  return { address: { bytes, zone: "" }, bits };
}

export function prefixContains(prefix: Prefix, address: Address): boolean {
  if (prefix.address.bytes.length !== address.bytes.length || address.zone !== "") return false;
  const base = masked(prefix).address.bytes;
  const other = masked({ address, bits: prefix.bits }).address.bytes;
  return base.every((byte, at) => byte === other[at]);
}

import type { Protocol } from "../../intent/intent.ts";

export interface PortRange {
  readonly first: number;
  readonly last: number;
}
export interface ShortPort {
  readonly target: PortRange;
  readonly published?: PortRange;
  readonly hostIp?: string;
  readonly protocol: Protocol;
}

export function protocolOf(text: string): Protocol | undefined {
  const upper = text.toUpperCase();
  return upper === "TCP" || upper === "UDP" || upper === "SCTP" ? upper : undefined;
}

/** `80` or `8000-8010`, each from 1 to 65535 (0 where `zero`: any free port). */
export function portRange(text: string): PortRange | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text.trim());
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : Number(match[2]);
  return first < 1 || last > 65_535 || last < first ? undefined : { first, last };
}

/** `[[IP:]HOST:]CONTAINER[/PROTOCOL]` (compose-spec 05-services.md "ports", short syntax); undefined when it is none. */
export function shortPort(text: string): ShortPort | undefined {
  const slash = text.indexOf("/");
  const protocol = protocolOf(slash < 0 ? "tcp" : text.slice(slash + 1));
  const rest = slash < 0 ? text : text.slice(0, slash);
  const container = rest.slice(rest.lastIndexOf(":") + 1);
  const target = portRange(container);
  if (protocol === undefined || target === undefined) return undefined;
  const host = rest.slice(0, Math.max(0, rest.length - container.length - 1));
  if (host === "") return rest.startsWith(":") ? undefined : { target, protocol };
  const colon = host.lastIndexOf(":");
  const address = colon < 0 ? "" : host.slice(0, colon).replaceAll(/^\[|\]$/g, "");
  const port = host.slice(colon + 1);
  const hostIp = address === "" ? {} : { hostIp: address };
  if (port === "") return colon < 0 ? undefined : { target, protocol, ...hostIp };
  // A host that is an address without a port: `127.0.0.1::80` has it, `127.0.0.1:80` means a host port and is none.
  const published = portRange(port);
  return published === undefined ? undefined : { target, published, protocol, ...hostIp };
}

export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1" || address === "localhost";
}

export function lengthOf(range: PortRange): number {
  return range.last - range.first + 1;
}

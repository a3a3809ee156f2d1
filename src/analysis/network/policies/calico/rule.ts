import type { Json, JsonPath } from "../../../../kube/json.ts";
import { isObject } from "../../../../kube/json.ts";
import { allV4, allV6, type IpSet, isNoIps } from "../../sets/ip-set.ts";
import { MAX_POINT, MAX_PORT, type PortRange, type Protocol, protocols } from "../../sets/port-space.ts";
import {
  type Action,
  anyPorts,
  type Direction,
  everybody,
  noPorts,
  type PortName,
  type Ports,
  type Rule,
} from "../policy.ts";
import { type PolicyReader, shown } from "../reading.ts";
import { type CalicoContext, type Entity, readEntity } from "./entity.ts";

const actions: ReadonlyMap<string, Action | "log"> = new Map<string, Action | "log">([
  ["Allow", "allow"],
  ["Deny", "deny"],
  ["Pass", "pass"],
  // The packet goes on to the next rule.
  ["Log", "log"],
]);

/**
 * A rule of a policy (v3 policy_common.go Rule, validator.go validateRule). Nothing where it cannot touch TCP, UDP or SCTP,
 * and where it only logs. What is not modelled opens rather than closes: an Allow counts as wider, a Deny or Pass is left
 * out, and either is a problem.
 */
export function readRule(
  reader: PolicyReader,
  path: JsonPath,
  direction: Direction,
  context: CalicoContext,
): readonly Rule[] {
  const written = reader.at(path);
  if (!isObject(written)) {
    reader.problem("invalid", path, "must be a mapping");
    return [];
  }
  const { action: actionText } = written;
  const action = typeof actionText === "string" ? actions.get(actionText) : undefined;
  if (action === undefined)
    reader.problem(
      "invalid",
      [...path, "action"],
      `${shown(actionText)} must be one of Allow, Deny, Log, Pass`,
    );
  const allowed = protocolsAt(reader, path);
  const family = familyAt(reader, path);
  const source = readEntity(reader, [...path, "source"], context, family);
  const destination = readEntity(reader, [...path, "destination"], context, family);
  forbidden(reader, path, direction);
  const ports = readPorts(reader, path, allowed, destination);
  const sourcePorts = [
    ...portsAt(reader, path, "source", "ports"),
    ...portsAt(reader, path, "source", "notPorts"),
  ];
  if (ports !== undefined) namesBySets(reader, path, destination, ports);
  if (action === undefined || action === "log" || allowed.length === 0 || ports === undefined) return [];
  const vague = vagueness(reader, path, { action, sourcePorts: sourcePorts.length > 0 });
  if ((vague || source.unknown || destination.unknown) && action !== "allow") return [];
  const [own, peer] = direction === "ingress" ? [destination, source] : [source, destination];
  return [
    {
      action,
      peers: peer.unknown ? everybody : peer.peers,
      ports,
      ...(own.open || own.unknown ? {} : { subject: own.peers }),
      order: 0,
      path,
      name: nameOf(written),
    },
  ];
}

/**
 * Felix looks for named ports among the pods whose own labels the selector finds (rule_scanner.go namedPortsToIPSets), and
 * not among those that it finds by their address in a set.
 */
function namesBySets(reader: PolicyReader, path: JsonPath, { peers, byLabels }: Entity, ports: Ports): void {
  const named = ports.names.length + (ports.but?.names.length ?? 0) > 0;
  if (named && byLabels && !isNoIps(peers.ips))
    reader.problem(
      "unmodelled",
      [...path, "destination"],
      "a pod that is found only by its address in a set counts here with its named ports; for Calico, it has none",
    );
}

/** The name that a rule of a ClusterNetworkPolicy keeps, and that authors use, too: `metadata.annotations.name`. */
function nameOf(rule: Json): string {
  const metadata = isObject(rule) ? rule["metadata"] : undefined;
  const annotations = isObject(metadata) ? metadata["annotations"] : undefined;
  const name = isObject(annotations) ? annotations["name"] : undefined;
  return typeof name === "string" ? name : "";
}

// --- what a rule says beyond ports and addresses

function vagueness(
  reader: PolicyReader,
  path: JsonPath,
  { action, sourcePorts }: { readonly action: Action; readonly sourcePorts: boolean },
): boolean {
  const counts = action === "allow" ? "the rule counts as one for all of them" : "the rule counts as absent";
  if (sourcePorts)
    reader.problem("unmodelled", [...path, "source"], `ports of the source are not modelled: ${counts}`);
  const http = reader.has([...path, "http"]);
  if (http) reader.problem("unmodelled", [...path, "http"], `HTTP requests are not modelled: ${counts}`);
  return sourcePorts || http;
}

/** Members that may not stand in a rule of this direction (validateNetworkPolicySpec; CEL rules of Rule). */
function forbidden(reader: PolicyReader, path: JsonPath, direction: Direction): void {
  const side = direction === "ingress" ? "destination" : "source";
  if (reader.has([...path, side, "services"]))
    reader.problem(
      "invalid",
      [...path, side, "services"],
      `cannot stand in the ${side} of an ${direction} rule`,
    );
  if (!reader.has([...path, "http"])) return;
  if (direction === "egress") reader.problem("invalid", [...path, "http"], "cannot stand in an egress rule");
  if (reader.at([...path, "action"]) !== "Allow")
    reader.problem("invalid", [...path, "http"], "can stand only in an Allow rule");
}

// --- protocols

const names: ReadonlyMap<string | number, Protocol | undefined> = new Map<
  string | number,
  Protocol | undefined
>([
  ["TCP", "TCP"],
  [6, "TCP"],
  ["UDP", "UDP"],
  [17, "UDP"],
  ["SCTP", "SCTP"],
  [132, "SCTP"],
  ["ICMP", undefined],
  ["ICMPv6", undefined],
  ["UDPLite", undefined],
]);

/** Those of TCP, UDP and SCTP that a rule means. */
function protocolsAt(reader: PolicyReader, path: JsonPath): readonly Protocol[] {
  const read = (member: string): Protocol | "other" | undefined => {
    const at = [...path, member];
    if (!reader.has(at)) return undefined;
    const value = reader.at(at);
    const key = typeof value === "string" && /^\d{1,3}$/.test(value) ? Number(value) : value;
    if (typeof key === "string" && names.has(key)) return names.get(key) ?? "other";
    if (typeof key === "number" && Number.isInteger(key) && key >= 1 && key <= 255)
      return names.get(key) ?? "other";
    reader.problem(
      "invalid",
      at,
      `${shown(value)} must be TCP, UDP, SCTP, ICMP, ICMPv6, UDPLite or a number from 1 to 255`,
    );
    return undefined;
  };
  const only = read("protocol");
  const not = read("notProtocol");
  const meant = only === undefined ? protocols : protocols.filter((each) => each === only);
  return meant.filter((each) => each !== not);
}

function familyAt(reader: PolicyReader, path: JsonPath): IpSet | undefined {
  const at = [...path, "ipVersion"];
  if (!reader.has(at)) return undefined;
  const version = reader.at(at);
  if (version === 4) return allV4;
  if (version === 6) return allV6;
  reader.problem("invalid", at, `${shown(version)} must be 4 or 6`);
  return undefined;
}

// --- ports

type PortItem = { readonly from: number; readonly to: number } | { readonly name: string };

/** Number, `"80"`, `"8000:8090"` or a name (api/pkg/lib/numorstring/port.go). */
function portsAt(
  reader: PolicyReader,
  path: JsonPath,
  side: "source" | "destination",
  member: "ports" | "notPorts",
): readonly PortItem[] {
  const items = reader.list([...path, side, member]).flatMap((value, index): readonly PortItem[] => {
    const item = portOf(value);
    if (item === undefined)
      reader.problem(
        "invalid",
        [...path, side, member, index],
        `${shown(value)} is no port, no range such as 8000:8090 and no name of a port`,
      );
    return item === undefined ? [] : [item];
  });
  if (items.length === 0) return items;
  const at = [...path, side, member];
  const protocol = reader.at([...path, "protocol"]) ?? undefined;
  if (protocol === undefined) {
    if (items.some((item) => "from" in item))
      reader.problem("invalid", at, "ports that are numbers need a protocol in the rule");
  } else if (!carriesPorts.has(protocol)) reader.problem("invalid", at, `${shown(protocol)} has no ports`);
  return items;
}

const carriesPorts: ReadonlySet<Json> = new Set<Json>(["TCP", "UDP", "SCTP", 6, 17, 132, "6", "17", "132"]);

function portOf(value: Json): PortItem | undefined {
  if (typeof value === "number") return rangeOf(value, value);
  if (typeof value !== "string") return undefined;
  if (/^\d+$/.test(value)) return rangeOf(Number(value), Number(value));
  const range = /^(\d+):(\d+)$/.exec(value);
  if (range !== null) return rangeOf(Number(range[1]), Number(range[2]));
  return /^[a-zA-Z0-9_.-]{1,128}$/.test(value) ? { name: value } : undefined;
}

function rangeOf(from: number, to: number): PortItem | undefined {
  return Number.isInteger(from) && from >= 0 && to <= MAX_PORT && from <= to ? { from, to } : undefined;
}

/** The ports of the destination; undefined where there is none. */
function readPorts(
  reader: PolicyReader,
  path: JsonPath,
  allowed: readonly Protocol[],
  destination: Entity,
): Ports | undefined {
  const listed = portsAt(reader, path, "destination", "ports");
  const without = portsAt(reader, path, "destination", "notPorts");
  if (destination.servicePorts !== undefined) {
    if (listed.length + without.length > 0)
      reader.problem("invalid", [...path, "destination"], "ports cannot stand beside services");
    return servicePorts(destination.servicePorts, allowed);
  }
  const but = without.length === 0 ? {} : { but: portsOf(without, allowed) };
  if (listed.length > 0) return { ...portsOf(listed, allowed), ...but };
  if (allowed.length === protocols.length) return { ...anyPorts, ...but };
  const ranges = allowed.map((protocol): PortRange => ({ protocol, from: 1, to: MAX_POINT }));
  return ranges.length === 0 ? undefined : { ...noPorts, ranges, ...but };
}

function portsOf(items: readonly PortItem[], allowed: readonly Protocol[]): Ports {
  const ranges: PortRange[] = [];
  const portNames: PortName[] = [];
  for (const item of items) {
    for (const protocol of allowed) {
      if ("name" in item) portNames.push({ protocol, name: item.name });
      else ranges.push({ protocol, from: Math.max(1, item.from), to: item.to });
    }
  }
  return { all: false, ranges, names: portNames };
}

function servicePorts(
  ports: readonly (PortRange | PortName)[],
  allowed: readonly Protocol[],
): Ports | undefined {
  const meant = ports.filter(({ protocol }) => protocol === undefined || allowed.includes(protocol));
  return {
    all: false,
    ranges: meant.filter((port) => "from" in port),
    names: meant.filter((port) => "name" in port),
  };
}

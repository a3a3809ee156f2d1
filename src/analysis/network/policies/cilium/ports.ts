import { isObject, type Json, type JsonPath } from "../../../../kube/json.ts";
import { MAX_POINT, MAX_PORT, type PortRange, type Protocol, protocols } from "../../sets/port-space.ts";
import { anyPorts, type Direction, noPorts, type PortName, type Ports } from "../policy.ts";
import { type PolicyReader, shown } from "../reading.ts";

/** The ports of a rule, and what else it asks of the traffic, which is not modelled. */
export interface PortsRead {
  readonly ports: Ports;
  /** `narrowed by http rules`; undefined where ports say everything. */
  readonly narrowed: string | undefined;
  /** There is an entry in toPorts or icmps: then a rule without peers is one for everybody. */
  readonly listed: boolean;
}

/** The CRD allows no more in one entry (pkg/policy/api/rule_validation.go maxPorts). */
const MOST_PORTS = 40;
const MOST_ICMP = 40;

/** Protocols of the CRD that have no ports: they change nothing for TCP, UDP and SCTP. */
const portless: ReadonlySet<string> = new Set(["VRRP", "IGMP", "GRE", "IPIP", "IPV6", "ESP", "AH"]);

/** `toPorts` and `icmps` of a rule. An entry without ports matches nothing (pkg/policy/rule.go mergeL4Filter). */
export function readPorts(
  reader: PolicyReader,
  rule: JsonPath,
  direction: Direction,
  denies: boolean,
): PortsRead {
  const entries = reader.list([...rule, "toPorts"]);
  const icmps = reader.list([...rule, "icmps"]);
  if (entries.length > 0 && icmps.length > 0)
    reader.problem("invalid", [...rule, "icmps"], "cannot stand beside toPorts: write a rule of its own");
  for (const index of icmps.keys()) checkIcmp(reader, [...rule, "icmps", index]);
  const ranges: PortRange[] = [];
  const names: PortName[] = [];
  const narrowed = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const at = [...rule, "toPorts", index];
    if (!isObject(entry)) {
      reader.problem("invalid", at, "must be a mapping");
      continue;
    }
    const ports = reader.list([...at, "ports"]);
    if (!tooMany(reader, [...at, "ports"], ports.length, MOST_PORTS))
      for (const number of ports.keys()) readPort(reader, [...at, "ports", number], ranges, names);
    if (denies) continue;
    for (const what of beyondPorts(reader, at, entry)) narrowed.add(what);
    checkApplications(reader, at, direction);
  }
  const listed = entries.length + icmps.length > 0;
  return {
    ports: !listed ? anyPorts : ranges.length + names.length === 0 ? noPorts : { all: false, ranges, names },
    narrowed: narrowed.size === 0 ? undefined : `narrowed by ${[...narrowed].join(", ")}`,
    listed,
  };
}

function readPort(reader: PolicyReader, at: JsonPath, ranges: PortRange[], names: PortName[]): void {
  const entry = reader.at(at);
  if (!isObject(entry)) {
    reader.problem("invalid", at, "must be a mapping");
    return;
  }
  const found = protocolsOf(reader, at, entry["protocol"]);
  const { port = "" } = entry;
  const end = entry["endPort"] ?? 0;
  if (typeof port !== "string") {
    reader.problem("invalid", [...at, "port"], `${shown(port)} must be written as a text: "80", "http"`);
    return;
  }
  if (typeof end !== "number" || !Number.isInteger(end) || end < 0 || end > MAX_PORT) {
    reader.problem("invalid", [...at, "endPort"], `${shown(end)} is no port from 0 to ${MAX_PORT}`);
    return;
  }
  if (port === "") {
    reader.problem("invalid", at, 'must name a port; "0" means every port');
    return;
  }
  if (isServiceName(port)) {
    if (end > 0)
      reader.problem(
        "unmodelled",
        [...at, "endPort"],
        "a range that starts at a named port is not modelled: only the named port counts",
      );
    for (const protocol of found) names.push({ protocol, name: port.toLowerCase() });
    return;
  }
  const number = portNumber(port);
  if (number === undefined) {
    reader.problem(
      "invalid",
      [...at, "port"],
      `${shown(port)} is neither a port from 0 to ${MAX_PORT} nor the name of one`,
    );
    return;
  }
  // 0 is every port, and an end that is not greater is none (pkg/policy/l4.go keysForRange).
  const range = number === 0 ? { from: 1, to: MAX_POINT } : { from: number, to: Math.max(number, end) };
  for (const protocol of found) ranges.push({ protocol, ...range });
}

function protocolsOf(reader: PolicyReader, at: JsonPath, written: Json | undefined): readonly Protocol[] {
  if (written === undefined || written === null || written === "" || written === "ANY") return protocols;
  const known = protocols.find((protocol) => protocol === written);
  if (known !== undefined) return [known];
  if (typeof written === "string" && portless.has(written)) return [];
  reader.problem("invalid", [...at, "protocol"], `${shown(written)} must be TCP, UDP, SCTP or ANY`);
  return [];
}

/** An IANA service name (pkg/iana IsSvcName): letters, digits and single hyphens, with a letter. */
function isServiceName(text: string): boolean {
  return text.length <= 15 && /^(?=.*[A-Za-z])[A-Za-z0-9](?:-?[A-Za-z0-9])*$/.test(text);
}

/** As Go's strconv.ParseUint reads it with base 0: a leading zero means octal. */
function portNumber(text: string): number | undefined {
  if (!/^(?:[1-9][0-9]{0,4}|0[0-7]{0,6})$/.test(text)) return undefined;
  const value = text.startsWith("0") ? Number.parseInt(text, 8) : Number(text);
  return value <= MAX_PORT ? value : undefined;
}

/** Rules of layer 7, in this version and in older ones, and other ways through a proxy. */
const applications = ["http", "kafka", "dns", "l7"] as const;

function beyondPorts(reader: PolicyReader, at: JsonPath, entry: Json): readonly string[] {
  const found: string[] = applications.flatMap((name) =>
    reader.has([...at, "rules"]) && reader.list([...at, "rules", name]).length > 0 ? [`${name} rules`] : [],
  );
  if (reader.list([...at, "serverNames"]).length > 0) found.push("server names of TLS");
  if (isObject(entry) && isObject(entry["listener"])) found.push("a listener of Envoy");
  return found;
}

/** What Cilium refuses of rules of layer 7 (pkg/policy/api/rule_validation.go PortRule.sanitize). */
function checkApplications(reader: PolicyReader, at: JsonPath, direction: Direction): void {
  const used = applications.filter(
    (name) => reader.has([...at, "rules"]) && reader.list([...at, "rules", name]).length > 0,
  );
  const path = [...at, "rules"];
  if (used.length === 0) return;
  if (used.length > 1)
    reader.problem("invalid", path, `must be of one protocol, not of ${used.join(" and ")}`);
  if (used.includes("dns") && direction === "ingress")
    reader.problem("invalid", path, "rules for DNS cannot stand under ingress");
  const ports = reader.list([...at, "ports"]).filter(isObject);
  if (!used.includes("dns") && ports.some(({ protocol }) => protocol !== "TCP"))
    reader.problem("invalid", path, "need ports with protocol: TCP");
  if (ports.some(({ port }) => port === "0")) reader.problem("invalid", path, 'cannot stand beside port "0"');
}

function tooMany(reader: PolicyReader, path: JsonPath, count: number, most: number): boolean {
  if (count <= most) return false;
  reader.problem("invalid", path, `has ${count} entries, and no more than ${most} are allowed`);
  return true;
}

function checkIcmp(reader: PolicyReader, at: JsonPath): void {
  const fields = reader.list([...at, "fields"]);
  tooMany(reader, [...at, "fields"], fields.length, MOST_ICMP);
  for (const [index, field] of fields.slice(0, MOST_ICMP).entries()) {
    const path = [...at, "fields", index];
    const type = isObject(field) ? field["type"] : undefined;
    const family = isObject(field) ? (field["family"] ?? "IPv4") : undefined;
    const number = typeof type === "number" && Number.isInteger(type) && type >= 0 && type <= 255;
    if (!number && !(typeof type === "string" && /^[A-Za-z0-9 ]{1,40}$/.test(type)))
      reader.problem("invalid", [...path, "type"], `${shown(type)} is no type of ICMP`);
    if (family !== "IPv4" && family !== "IPv6")
      reader.problem("invalid", [...path, "family"], `${shown(family)} must be IPv4 or IPv6`);
  }
}

import type { Place } from "../../kube/place.ts";
import type { ConnectionIntent, PortIntent, Protocol } from "../intent/intent.ts";
import type { Evidence, ServiceContext } from "./context.ts";

type Port = ConnectionIntent["ports"][number];

interface Row {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly place: Place;
  /** Undefined once a place shows the host without a port: all ports. */
  ports: Map<string, Port> | undefined;
}

/** Words before a host in options, connection strings and configuration: `-h db`, `--host=db`, `server db;`, `host: db`. */
const hostOption =
  /(?:^|[\s"';,&?{])-{0,2}(?:[a-z_.-]{0,30}(?:host|hostname|server|servers|address|addr|upstream|endpoint|broker|brokers|backend|proxy_pass|fastcgi_pass|data source)|h|H)["']?\s*(?:=|:|\s)\s*["']?$/i;

/** The same workloads see each other only when they stand on a common network (compose-spec 06-networks.md). */
function together(from: ServiceContext, to: ServiceContext): boolean {
  return from.draft.networks.some((network) => to.draft.networks.includes(network));
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

interface Sighting {
  readonly name: string;
  readonly port?: number;
}

/** Where a text uses one of the names as a host, and the port that it shows there. */
function sightings(evidence: Evidence, pattern: RegExp): readonly Sighting[] {
  const found: Sighting[] = [];
  const { text } = evidence;
  for (const match of text.matchAll(pattern)) {
    const name = match[0];
    const before = text.slice(Math.max(0, match.index - 60), match.index);
    const after = text.slice(match.index + name.length, match.index + name.length + 8);
    const inUrl = before.endsWith("://") || before.endsWith("@");
    if (before.endsWith("/") && !inUrl) continue;
    const port = /^:(\d{1,5})(?![\w.-])/.exec(after)?.[1];
    if (port !== undefined && Number(port) >= 1 && Number(port) <= 65_535) {
      found.push({ name, port: Number(port) });
      continue;
    }
    const alone = /(?:^|[\s,;"'[])$/.test(before) && /^(?:$|[\s,;"'/\]])/.test(after);
    if (inUrl || hostOption.test(before) || (evidence.mayBeHost && alone)) found.push({ name });
  }
  return found;
}

function protocolAt(ports: readonly PortIntent[], port: number): Protocol {
  const found = ports.filter((each) => each.port === port);
  return found.some((each) => each.protocol === "TCP") ? "TCP" : (found[0]?.protocol ?? "TCP");
}

/**
 * The connections that the files show and no others: `depends_on`, `links`, and names of services that stand as hosts in
 * variables, commands, checks and mounted configuration. Only between services on a common network.
 */
export function connectionsOf(services: readonly ServiceContext[]): readonly ConnectionIntent[] {
  const rows = new Map<string, Row>();
  const byKey = new Map(services.map((service) => [service.key, service]));

  function add(from: ServiceContext, to: ServiceContext, reason: string, place: Place, port?: number): void {
    if (from === to || !together(from, to)) return;
    const key = JSON.stringify([from.name, to.name, reason]);
    const row = rows.get(key) ?? {
      from: from.name,
      to: to.name,
      reason,
      place,
      ports: new Map<string, Port>(),
    };
    rows.set(key, row);
    if (port === undefined) row.ports = undefined;
    else {
      const protocol = protocolAt(to.draft.ports, port);
      row.ports?.set(`${port}/${protocol}`, { port, protocol });
    }
  }

  const names = new Map<string, ServiceContext>();
  // A service's own name counts before an alias of another.
  for (const service of services)
    for (const alias of [...service.draft.aliases, service.draft.hostname ?? ""])
      if (alias !== "") names.set(alias, service);
  for (const service of services) for (const name of [service.name, service.key]) names.set(name, service);

  for (const service of services) {
    for (const { target, condition, node } of service.dependencies) {
      const other = byKey.get(target);
      // Nothing connects to a workload that has ended.
      if (other !== undefined && condition !== "completed") add(service, other, "depends_on", node.place);
    }
    for (const { target, node } of service.links) {
      const other = byKey.get(target);
      if (other !== undefined) add(service, other, "links", node.place);
    }
    const visible = new Map(names);
    for (const [alias, target] of service.linkAliases) {
      const other = byKey.get(target);
      if (other !== undefined) visible.set(alias, other);
    }
    const words = [...visible.keys()].toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1));
    const pattern = new RegExp(`(?<![\\w.-])(?:${words.map(escapePattern).join("|")})(?![\\w-]|\\.\\w)`, "g");
    for (const evidence of service.evidence) {
      for (const { name, port } of sightings(evidence, pattern)) {
        const other = visible.get(name);
        if (other !== undefined) add(service, other, evidence.reason, evidence.place, port);
      }
    }
  }
  return [...rows.values()]
    .toSorted((a, b) => compare(a.from, b.from) || compare(a.to, b.to) || compare(a.reason, b.reason))
    .map(({ from, to, reason, place, ports }) => ({
      from,
      to,
      ports: [...(ports?.values() ?? [])].toSorted((a, b) => a.port - b.port),
      reason,
      place,
    }));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

import type { PortIntent, Protocol } from "../../intent/intent.ts";
import { literal, type ServiceContext } from "../context.ts";
import { isLoopback, lengthOf, type PortRange, portRange, protocolOf, shortPort } from "../syntax/ports.ts";
import {
  integerOf,
  itemsOf,
  listOf,
  malformed,
  type MapNode,
  member,
  type Node,
  optional,
  readMember,
  textOf,
} from "../tree/node.ts";

/** Most ports of one entry: a Service lists each, and a longer range is no set of endpoints. */
const longestRange = 100;

interface Entry {
  readonly target: PortRange;
  readonly published?: PortRange;
  readonly hostIp?: string;
  readonly protocol: Protocol;
  readonly name?: string;
  readonly appProtocol?: string;
}

function addPort(service: ServiceContext, port: PortIntent): void {
  const ports = [...service.draft.ports];
  const at = ports.findIndex((each) => each.port === port.port && each.protocol === port.protocol);
  const before = ports[at];
  if (before === undefined) ports.push(port);
  // `expose` adds nothing to a port that `ports` publishes.
  else if (port.published && !before.published) ports[at] = { ...port, place: before.place };
  service.draft.ports = ports;
}

function addEntry(service: ServiceContext, node: Node, entry: Entry): string | undefined {
  const { target, published, hostIp, protocol } = entry;
  if (lengthOf(target) > longestRange) return `drop:a range of more than ${longestRange} ports`;
  const local = hostIp !== undefined && isLoopback(hostIp);
  const parallel = published !== undefined && lengthOf(published) === lengthOf(target);
  for (let i = 0; i < lengthOf(target); i++) {
    const port = target.first + i;
    const servicePort = parallel ? published.first + i : port;
    addPort(service, {
      port,
      protocol,
      published: !local,
      place: node.place,
      ...(servicePort === port || local ? {} : { servicePort }),
      ...(entry.name === undefined ? {} : { name: entry.name }),
      ...(entry.appProtocol === undefined ? {} : { appProtocol: entry.appProtocol }),
    });
  }
  if (local) return "it is bound to the loopback address: offered inside the application only";
  if (published !== undefined && !parallel)
    return "a Service has one port for each port of the container, and takes none of a range";
  if (hostIp !== undefined && hostIp !== "0.0.0.0" && hostIp !== "::")
    return "a Service has an address of its own, not one of the host";
  return undefined;
}

function report(service: ServiceContext, node: Node, outcome: string | undefined): void {
  const { ledger } = service.project;
  if (outcome === undefined) ledger.mark(node, "used");
  else if (outcome.startsWith("drop:")) ledger.mark(node, "dropped", outcome.slice(5));
  else ledger.mark(node, "changed", outcome);
}

/** `ports` (compose-spec 05-services.md): published beyond the application. */
export function readPorts(service: ServiceContext, node: Node): void {
  for (const item of listOf(node).items) {
    if (item.kind === "map") readLong(service, item);
    else {
      const entry = shortPort(textOf(item));
      if (entry === undefined) malformed(item, "must be [[IP:]HOST:]CONTAINER[/PROTOCOL]");
      report(service, item, addEntry(service, item, entry));
    }
  }
}

/** A port or a range; undefined for "any free port". */
function publishedOf(node: Node): PortRange | undefined {
  const text = textOf(node);
  if (text === "" || text === "0") return undefined;
  return portRange(text) ?? malformed(node, "must be a port or a range of ports");
}

function readLong(service: ServiceContext, item: MapNode): void {
  const { project } = service;
  const { ledger } = project;
  const targetNode = member(item, "target") ?? malformed(item, "needs target");
  const text = (name: string): string | undefined =>
    readMember(item, name, (node) => literal(project, node, name));
  const outcome = addEntry(service, item, {
    target: portRange(textOf(targetNode)) ?? malformed(targetNode, "must be a port"),
    protocol:
      readMember(
        item,
        "protocol",
        (node) => protocolOf(textOf(node)) ?? malformed(node, "must be tcp, udp or sctp"),
      ) ?? "TCP",
    ...optional("published", readMember(item, "published", publishedOf)),
    ...optional("hostIp", readMember(item, "host_ip", textOf)),
    ...optional("name", text("name")),
    ...optional("appProtocol", text("app_protocol")),
  });
  readMember(item, "mode", (mode) => {
    if (textOf(mode) === "host")
      ledger.mark(mode, "dropped", "no port of a node is opened: the Service offers it");
    else ledger.mark(mode, "used");
  });
  for (const name of ["name", "app_protocol", "protocol"]) {
    if (text(name) !== undefined) readMember(item, name, (node) => ledger.mark(node, "used"));
  }
  for (const name of ["published", "host_ip"])
    readMember(item, name, (node) => report(service, node, outcome));
  if (outcome?.startsWith("drop:") === true) report(service, targetNode, outcome);
  else ledger.mark(targetNode, "used");
}

/** `expose`: ports for the application's own services. */
export function readExpose(service: ServiceContext, node: Node): void {
  for (const item of itemsOf(node)) {
    const entry = shortPort(textOf(item));
    if (entry === undefined || entry.published !== undefined)
      malformed(item, "must be PORT[/PROTOCOL] or START-END[/PROTOCOL]");
    if (lengthOf(entry.target) > longestRange) {
      report(service, item, `drop:a range of more than ${longestRange} ports`);
      continue;
    }
    for (let port = entry.target.first; port <= entry.target.last; port++)
      addPort(service, { port, protocol: entry.protocol, published: false, place: item.place });
    service.project.ledger.mark(item, "used");
  }
}

/** A whole number that names a port. */
export function portOf(node: Node): number {
  const port = integerOf(node, 1);
  if (port > 65_535) malformed(node, "must be a port");
  return port;
}

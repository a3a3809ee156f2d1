import type { ApplicationIntent, ConnectionIntent, Protocol } from "../../intent/intent.ts";
import type { Ledger } from "../ledger.ts";
import { byText } from "../../../kube/by-text.ts";
import type { Edge, Workload } from "../workload.ts";

/**
 * The connections that the objects allow: those of the intent whose two ends exist (one of them may stand in the namespace
 * already) and share a network; merged and sorted.
 */
export function resolveEdges(
  intent: ApplicationIntent,
  byName: ReadonlyMap<string, Workload>,
  ledger: Ledger,
): readonly Edge[] {
  const merged = new Map<
    string,
    { from: string; to: string; all: boolean; ports: Map<string, PortNumber> }
  >();
  const standing = new Set(intent.standing);
  for (const connection of intent.connections) {
    const from = byName.get(connection.from);
    const to = byName.get(connection.to);
    const unknown = (name: string): boolean => !byName.has(name) && !standing.has(name);
    // One end is this request's: of two that stand already, nothing is known.
    if (unknown(connection.from) || unknown(connection.to) || (from ?? to) === undefined) {
      ledger.note(
        "network/unknown-end",
        connection.from,
        `the connection ${connection.from} → ${connection.to} (${connection.reason}) names no service of this application: it is not opened.`,
      );
      continue;
    }
    if (from !== undefined && to !== undefined && !shareNetwork(from, to)) {
      ledger.note(
        "network/no-common-network",
        connection.from,
        `the connection ${connection.from} → ${connection.to} (${connection.reason}) is not opened: the two share no network.`,
      );
      continue;
    }
    add(merged, connection, to);
  }
  return [...merged.values()]
    .map(({ from, to, all, ports }) => ({ from, to, ports: all ? [] : [...ports.values()].sort(byPort) }))
    .sort((left, right) => byText(left.from, right.from) || byText(left.to, right.to));
}

interface PortNumber {
  readonly port: number;
  readonly protocol: Protocol;
}

function byPort(left: PortNumber, right: PortNumber): number {
  return left.port - right.port || byText(left.protocol, right.protocol);
}

function add(
  merged: Map<string, { from: string; to: string; all: boolean; ports: Map<string, PortNumber> }>,
  { from, to, ports: asked }: ConnectionIntent,
  target: Workload | undefined,
): void {
  const key = `${from}\0${to}`;
  const edge = merged.get(key) ?? { from, to, all: false, ports: new Map<string, PortNumber>() };
  const ports = asked.length > 0 ? asked : (target?.ports ?? []);
  if (ports.length === 0) edge.all = true;
  for (const { port, protocol } of ports) edge.ports.set(`${protocol}/${port}`, { port, protocol });
  merged.set(key, edge);
}

/** Whether two workloads stand on one network. One on the node's network reaches, and is reached, as the node is. */
function shareNetwork(left: Workload, right: Workload): boolean {
  if (left.intent.hostNetwork === true || right.intent.hostNetwork === true) return true;
  return left.intent.networks.some((network) => right.intent.networks.includes(network));
}

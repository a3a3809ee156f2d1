import { PortSpace, type PortSetId } from "../sets/port-space.ts";
import type { Network } from "./network.ts";
import { type IpCell, tableOf } from "./tables.ts";

/** Ports on which pods of one class reach pods of another: egress allowed at the source and ingress at the destination. */
export function portsBetween(net: Network, from: number, to: number): PortSetId {
  const out = tableOf(net, from, "egress").pods[to] ?? 0;
  if (out === PortSpace.none) return PortSpace.none;
  const into = tableOf(net, to, "ingress").pods[from] ?? 0;
  const both = out === into ? out : net.space.intersect(out, into);
  return net.classes[to]?.fresh === undefined ? net.space.real(both) : both;
}

/** Addresses outside of the cluster that pods of a class reach. */
export function addressesFrom(net: Network, from: number): readonly IpCell[] {
  return realCells(net, tableOf(net, from, "egress").ips);
}

/** Addresses outside of the cluster that reach pods of a class, as far as policies decide. */
export function addressesTo(net: Network, to: number): readonly IpCell[] {
  return realCells(net, tableOf(net, to, "ingress").ips);
}

function realCells(net: Network, cells: readonly IpCell[]): readonly IpCell[] {
  return cells.map(({ ips, ports }) => ({ ips, ports: net.space.real(ports) }));
}

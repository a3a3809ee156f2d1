import type { IpSet } from "../sets/ip-set.ts";
import { PortSpace, type PortSetId } from "../sets/port-space.ts";
import type { Network } from "./network.ts";
import { addressesFrom, addressesTo, portsBetween } from "./reach.ts";
import type { IpCell } from "./tables.ts";

/** Destinations that pods of one class reach on the same ports. */
export interface Reached {
  readonly ports: PortSetId;
  /** Classes, rising. */
  readonly classes: readonly number[];
}

/** Everything that pods of one class reach, and the addresses that reach them. */
export interface ClassRow {
  readonly from: number;
  readonly reached: readonly Reached[];
  readonly addressesTo: readonly IpCell[];
  readonly addressesFrom: readonly IpCell[];
}

/** Who reaches whom, class by class. Rows are made one after the other: the whole matrix is never held. */
export function* connectivity(net: Network): Generator<ClassRow> {
  for (const { id, fresh } of net.classes) if (fresh === undefined) yield rowOf(net, id);
}

/** One row of it. */
export function rowOf(net: Network, from: number): ClassRow {
  const reached = new Map<PortSetId, number[]>();
  for (const { id, fresh } of net.classes) {
    if (fresh !== undefined) continue;
    const ports = portsBetween(net, from, id);
    if (ports === PortSpace.none) continue;
    const row = reached.get(ports);
    if (row === undefined) reached.set(ports, [id]);
    else row.push(id);
  }
  return {
    from,
    reached: [...reached].map(([ports, classes]) => ({ ports, classes })),
    addressesTo: addressesFrom(net, from),
    addressesFrom: addressesTo(net, from),
  };
}

/** One connection of the full matrix: workload numbers, or addresses outside of the cluster at one end. */
export interface Connection {
  readonly from: number | IpSet;
  readonly to: number | IpSet;
  readonly ports: PortSetId;
}

/** The full matrix, workload by workload, without what a workload says to itself. */
export function* connections(net: Network): Generator<Connection> {
  for (const [number, id] of net.classOf.entries()) {
    for (const { ips, ports } of addressesTo(net, id)) yield { from: ips, to: number, ports };
    for (const { ips, ports } of addressesFrom(net, id)) yield { from: number, to: ips, ports };
  }
  for (const [from, source] of net.classOf.entries()) {
    for (const [to, target] of net.classOf.entries()) {
      if (from === to) continue;
      const ports = portsBetween(net, source, target);
      if (ports !== PortSpace.none) yield { from, to, ports };
    }
  }
}

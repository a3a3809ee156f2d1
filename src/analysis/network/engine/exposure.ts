import { type DeadEnd, type Entry, readEntries } from "../entry/entries.ts";
import { cidrSet, type IpSet, intersectIps, isNoIps, unionIps } from "../sets/ip-set.ts";
import { PortSpace, type PortSetId } from "../sets/port-space.ts";
import { withFresh } from "./fresh.ts";
import type { FreshPods, Network } from "./network.ts";
import { addressesFrom, addressesTo, portsBetween } from "./reach.ts";
import { type IpCell, tableOf } from "./tables.ts";

/** Pods that do not exist yet, with the ports on which they could reach a class, or be reached by it. */
export interface FreshReach {
  readonly fresh: FreshPods;
  readonly ports: PortSetId;
}

export interface ClassExposure {
  /** Number of the class in `Exposure.net`. */
  readonly id: number;
  readonly fromAddresses: readonly IpCell[];
  readonly toAddresses: readonly IpCell[];
  /** Open to every pod of the cluster, whatever its labels and its namespace. */
  readonly fromEverybody: PortSetId;
  readonly toEverybody: PortSetId;
  /** Beyond that: kinds of pods that do not exist yet. */
  readonly fromFresh: readonly FreshReach[];
  readonly toFresh: readonly FreshReach[];
  /** No policy takes part in this direction. */
  readonly unprotectedIngress: boolean;
  readonly unprotectedEgress: boolean;
}

/** A way in, with what policies leave of it. */
export interface OpenEntry {
  readonly entry: Entry;
  /** Ports that whoever stands at the entrance reaches: a controller in a namespace without labels, or the addresses outside. */
  readonly open: PortSetId;
  /** Ports that some pod could reach if it were the controller, with the right labels. */
  readonly depends: PortSetId;
  /** The addresses from which it is open, where policies see the client's address. */
  readonly from: IpSet | undefined;
}

export interface Exposure {
  readonly net: Network;
  readonly classes: readonly ClassExposure[];
  readonly entries: readonly OpenEntry[];
  readonly deadEnds: readonly DeadEnd[];
  readonly cut: readonly string[];
}

/** Everything that can be said about what a cluster opens to the outside, to other namespaces and to pods that do not exist yet. */
export function exposure(own: Network): Exposure {
  const { networks, classes: kinds, cut } = withFresh([own]);
  const net = networks[0] ?? own;
  const fresh = kinds.flatMap((row) => row[0] ?? []);
  const { entries, deadEnds } = readEntries(net);
  return {
    net,
    cut,
    deadEnds,
    classes: own.classes.map(({ id, node }) => {
      const from = fresh.map((kind) => portsBetween(net, kind, id));
      const to = fresh.map((kind) => portsBetween(net, id, kind));
      const fromEverybody = from.reduce(
        (all, ports) => net.space.intersect(all, ports),
        from[0] ?? PortSpace.none,
      );
      const toEverybody = to.reduce((all, ports) => net.space.intersect(all, ports), to[0] ?? PortSpace.none);
      const beyond = (ports: readonly PortSetId[], all: PortSetId): readonly FreshReach[] =>
        ports.flatMap((each, at) => {
          const kind = net.classes[fresh[at] ?? -1]?.fresh;
          return kind === undefined || net.space.covers(all, each) ? [] : [{ fresh: kind, ports: each }];
        });
      return {
        id,
        fromAddresses: addressesTo(net, id),
        toAddresses: addressesFrom(net, id),
        fromEverybody,
        toEverybody,
        fromFresh: beyond(from, fromEverybody),
        toFresh: beyond(to, toEverybody),
        unprotectedIngress: !node && isOpen(net, id, "ingress"),
        unprotectedEgress: !node && isOpen(net, id, "egress"),
      };
    }),
    entries: entries.map((entry) => openEntry(net, entry, fresh)),
  };
}

function isOpen(net: Network, id: number, direction: "ingress" | "egress"): boolean {
  const pods = net.classes[id];
  return (
    pods !== undefined &&
    pods.terms.every((term) =>
      (net.policiesOf.get(term) ?? []).every((number) => net.policies[number]?.applies[direction] !== true),
    )
  );
}

/** The kind of pods without labels in a new namespace without labels: what stands for a controller of which nothing is known. */
export function plainKind(net: Network, fresh: readonly number[]): number | undefined {
  return fresh.find((id) => {
    const kind = net.classes[id]?.fresh;
    return (
      kind?.namespace === undefined &&
      Object.keys(kind?.podLabels ?? {}).length === 0 &&
      Object.keys(kind?.namespaceLabels ?? {}).filter((key) => key !== "kubernetes.io/metadata.name")
        .length === 0
    );
  });
}

function openEntry(net: Network, entry: Entry, fresh: readonly number[]): OpenEntry {
  const id = net.classOf[entry.workload] ?? -1;
  const { space } = net;
  if (entry.kind === "host-network")
    return { entry, open: entry.ports, depends: entry.ports, from: undefined };
  if (entry.kind === "ingress") {
    const into = tableOf(net, id, "ingress").pods;
    const plain = plainKind(net, fresh);
    const open = plain === undefined ? PortSpace.none : space.intersect(entry.ports, into[plain] ?? 0);
    const existing = net.classes.map((pods) => pods.id);
    const depends = space.intersect(entry.ports, space.unionAll(existing.map((peer) => into[peer] ?? 0)));
    return { entry, open, depends, from: undefined };
  }
  const ranges = entry.sourceRanges.flatMap((range) => cidrSet(range) ?? []);
  const cells = addressesTo(net, id)
    .map(({ ips, ports }) => ({
      ips: ranges.length === 0 ? ips : intersectIps(ips, unionIps(ranges)),
      ports: space.intersect(ports, entry.ports),
    }))
    .filter(({ ips, ports }) => !isNoIps(ips) && ports !== PortSpace.none);
  const open = space.unionAll(cells.map((cell) => cell.ports));
  return {
    entry,
    open,
    depends: open,
    from: cells.length === 0 ? undefined : unionIps(cells.map((cell) => cell.ips)),
  };
}

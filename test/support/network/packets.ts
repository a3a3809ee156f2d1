import type { Network } from "../../../src/analysis/network/engine/network.ts";
import { tableOf } from "../../../src/analysis/network/engine/tables.ts";
import { addressSet, coversIps } from "../../../src/analysis/network/sets/ip-set.ts";
import type { Protocol } from "../../../src/analysis/network/sets/port-space.ts";
import type { WorldPod } from "./random-world.ts";

export interface PacketPeer extends WorldPod {
  /** An address outside of the cluster. */
  readonly external: boolean;
  /** A pod that does not exist yet: the class that stands for it. */
  readonly fresh?: number;
}

export interface AskedPacket {
  readonly from: number;
  readonly to: number;
  readonly port: number;
  readonly name: string;
  readonly protocol: string;
}

const outside = ["192.0.2.1", "192.0.2.200", "8.8.8.8", "2001:db8:9::1", "2001:db8:1::9"];
const odd = [1, 85, 65_535];

/** The pods of a world and some addresses outside of it. */
export function packetPeers(pods: readonly WorldPod[]): readonly PacketPeer[] {
  return [
    ...pods.map((pod) => ({ ...pod, external: false })),
    ...outside.map((ip) => ({ namespace: "", name: "", labels: {}, ip, external: true, ports: [] })),
  ];
}

/** All packets between them, on the ports of the destination and on some others. */
export function packetsBetween(peers: readonly PacketPeer[]): readonly AskedPacket[] {
  return peers.flatMap((source, from) =>
    peers.flatMap((target, to) => {
      if (source.external && target.external) return [];
      const others = odd.flatMap((port) =>
        (["TCP", "UDP"] as const).map((protocol) => ({ port, name: "", protocol: protocol as string })),
      );
      // A port that two containers name differently is asked about in the terms of neither.
      const named = target.ports.filter(
        ({ port, protocol }) =>
          target.ports.filter((other) => other.port === port && other.protocol === protocol).length === 1,
      );
      return [...named, ...others].map((port) => ({ from, to, ...port }));
    }),
  );
}

/** One character a packet: both sides allow it, only the source (`e`) or only the destination (`i`), or neither. */
export function packetAnswers(
  net: Network,
  peers: readonly PacketPeer[],
  packets: readonly AskedPacket[],
): string {
  const classes = new Map(
    net.workloads.map(({ namespace, name }, at) => [`${namespace}/${name}`, net.classOf[at] ?? -1]),
  );
  const idOf = ({ namespace, name, fresh }: PacketPeer): number =>
    fresh ?? classes.get(`${namespace}/${name}`) ?? -1;
  return packets
    .map(({ from, to, port: number, name, protocol }) => {
      // What a pod that does not exist yet calls a port is a point of its own.
      const port =
        peers[to]?.fresh === undefined || name === ""
          ? number
          : net.space.named(protocol as Protocol, name).from;
      const side = (subject: number, other: number, direction: "egress" | "ingress"): boolean => {
        const self = peers[subject];
        const peer = peers[other];
        if (self === undefined || peer === undefined || self.external) return true;
        const table = tableOf(net, idOf(self), direction);
        if (!peer.external) return net.space.has(table.pods[idOf(peer)] ?? 0, protocol as Protocol, port);
        const address = addressSet(peer.ip);
        return table.ips.some(
          ({ ips, ports }) =>
            address !== undefined &&
            coversIps(ips, address) &&
            net.space.has(ports, protocol as Protocol, port),
        );
      };
      const egress = side(from, to, "egress");
      const ingress = side(to, from, "ingress");
      return egress && ingress ? "+" : egress ? "e" : ingress ? "i" : "-";
    })
    .join("");
}

import { expect, test } from "vitest";
import { withFresh } from "../../../src/analysis/network/engine/fresh.ts";
import { buildNetwork, type Network } from "../../../src/analysis/network/engine/network.ts";
import { genericProfile } from "../../../src/analysis/network/engine/profiles.ts";
import { portsBetween } from "../../../src/analysis/network/engine/reach.ts";
import { tableOf } from "../../../src/analysis/network/engine/tables.ts";
import { addressSet, coversIps } from "../../../src/analysis/network/sets/ip-set.ts";
import { type Protocol, protocols } from "../../../src/analysis/network/sets/port-space.ts";
import { type Endpoint, passes } from "../../support/network/brute-force.ts";
import {
  Dice,
  portNumbers,
  randomWorld,
  type World,
  worldObjects,
} from "../../support/network/random-world.ts";
import { deep } from "../../support/suites.ts";

const worlds = deep ? 10_000 : 200;
const first = 97_000;

/** A number that no rule of the worlds names. */
const OTHER_PORT = 12_345;

interface Asked extends Endpoint {
  readonly id: number;
  readonly fresh: boolean;
}

/** Everything that a pod which does not exist yet could look like to the selectors of the worlds. */
function freshEndpoints(namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>): Endpoint[] {
  const values = [undefined, "a", "b", "c"];
  const maps = values.flatMap((app) =>
    values.map((tier) => ({
      ...(app === undefined ? {} : { app }),
      ...(tier === undefined ? {} : { tier }),
    })),
  );
  const made = (namespace: string, namespaceLabels: Readonly<Record<string, string>>): Endpoint[] =>
    maps.map((labels) => ({
      namespace,
      namespaceLabels,
      labels,
      ip: undefined,
      ports: protocols.map((protocol) => ({ port: OTHER_PORT, name: "web", protocol })),
    }));
  return [
    ...Object.entries(namespaces).flatMap(([name, labels]) => made(name, labels)),
    ...maps.flatMap((labels) => made("new", { ...labels, "kubernetes.io/metadata.name": "new" })),
  ];
}

/** Classes of pods that do not exist yet, by namespace and the terms that match them. */
function freshIndex(net: Network): ReadonlyMap<string, number> {
  return new Map(
    net.classes.flatMap(({ fresh, terms, id }) =>
      fresh === undefined
        ? []
        : [[`${fresh.namespace ?? "new"} ${terms.toSorted((a, b) => a - b).join()}`, id]],
    ),
  );
}

test(`packet by packet over ${worlds} small worlds, with pods that do not exist yet`, {
  timeout: 900_000,
}, () => {
  const wrong: string[] = [];
  const seen = new Set<string>();
  let packets = 0;
  for (let seed = first; seed < first + worlds; seed++) {
    const world = randomWorld(seed, { admin: true });
    const blocksMeanPods = seed % 2 === 0;
    const profile = { ...genericProfile, ipBlocksMeanPods: blocksMeanPods };
    const { networks, cut } = withFresh([buildNetwork(worldObjects(world), { profile })]);
    const [net] = networks;
    if (net === undefined || cut.length > 0 || net.problems.length > 0) {
      wrong.push(`seed ${seed}: ${net?.problems[0]?.message ?? "cut"}`);
      continue;
    }
    const peers = peersOf(seed, world, net, wrong);
    for (const { from, to, protocol, port, ours } of [
      ...betweenPods(net, peers),
      ...withAddresses(net, peers),
    ]) {
      const truth = passes(world.policies, { from, to, protocol, port }, { blocksMeanPods });
      packets++;
      seen.add(`${ours} ${from.namespace !== undefined && from.ip === undefined} ${to.ip === undefined}`);
      if (ours !== truth && !unknownAddress(blocksMeanPods, from, to))
        wrong.push(
          `seed ${seed}: ${JSON.stringify({ from, to, protocol, port })}: ours ${ours}, truth ${truth}`,
        );
    }
  }
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(packets).toBeGreaterThan(worlds * 1000);
  // All combinations of allowed and denied, existing and not existing, were seen.
  expect(seen.size).toBe(8);
});

/** The pods of a world, and some of those that could come. */
function peersOf(seed: number, world: World, net: Network, wrong: string[]): readonly Asked[] {
  const existing = world.pods.map((pod) => {
    const at = net.workloads.findIndex((one) => one.namespace === pod.namespace && one.name === pod.name);
    const namespaceLabels = world.namespaces[pod.namespace] ?? {};
    return { ...pod, namespaceLabels, id: net.classOf[at] ?? -1, fresh: false };
  });
  const index = freshIndex(net);
  const used = new Set<number>();
  const all = freshEndpoints(world.namespaces).map((endpoint) => {
    const name = endpoint.namespace ?? "";
    const model = net.namespaces.get(name) ?? { name, labels: endpoint.namespaceLabels, declared: true };
    const id = index.get(`${name} ${net.terms.matching(model, endpoint.labels).join()}`) ?? -1;
    if (id < 0) wrong.push(`seed ${seed}: no class for ${JSON.stringify(endpoint)}`);
    used.add(id);
    return { ...endpoint, id, fresh: true };
  });
  // As many kinds as labels can make, and no other.
  if (used.size !== index.size) wrong.push(`seed ${seed}: ${index.size} kinds, ${used.size} can be`);
  const dice = new Dice(seed);
  return [...existing, ...Array.from({ length: 7 }, () => dice.pick(all))];
}

interface Probe {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly protocol: Protocol;
  readonly port: number;
  readonly ours: boolean;
}

function portsAsked(
  ports: readonly number[],
): readonly { readonly protocol: Protocol; readonly port: number }[] {
  return protocols.flatMap((protocol) => ports.map((port) => ({ protocol, port })));
}

function betweenPods(net: Network, peers: readonly Asked[]): readonly Probe[] {
  const asked = portsAsked([...portNumbers, 85, OTHER_PORT]);
  return peers.flatMap((from) =>
    peers.flatMap((to) => {
      const between = portsBetween(net, from.id, to.id);
      return asked.map(({ protocol, port }) => {
        const point = to.fresh && port === OTHER_PORT ? net.space.named(protocol, "web").from : port;
        return { from, to, protocol, port, ours: net.space.has(between, protocol, point) };
      });
    }),
  );
}

function withAddresses(net: Network, peers: readonly Asked[]): readonly Probe[] {
  const asked = portsAsked([...portNumbers, 85]);
  return ["192.0.2.1", "192.0.2.200", "8.8.8.8", "10.0.1.77", "2001:db8:1::9"].flatMap((ip) => {
    const outside: Endpoint = { namespace: undefined, namespaceLabels: {}, labels: {}, ip, ports: [] };
    const address = addressSet(ip);
    return peers.flatMap((pod) =>
      (["egress", "ingress"] as const).flatMap((direction) => {
        const cell = tableOf(net, pod.id, direction).ips.find(
          ({ ips }) => address !== undefined && coversIps(ips, address),
        );
        const ends = direction === "egress" ? { from: pod, to: outside } : { from: outside, to: pod };
        return asked.map(({ protocol, port }) => ({
          ...ends,
          protocol,
          port,
          ours: net.space.has(cell?.ports ?? 0, protocol, port),
        }));
      }),
    );
  });
}

/** A pod whose address is not known: a block for a part of the addresses does not mean it, which truth cannot say. */
function unknownAddress(blocksMeanPods: boolean, from: Endpoint, to: Endpoint): boolean {
  const pods = from.namespace !== undefined && to.namespace !== undefined;
  return blocksMeanPods && pods && (from.ip === undefined || to.ip === undefined);
}

import { expect, test } from "vitest";
import { withFresh } from "../../../src/analysis/network/engine/fresh.ts";
import { buildNetwork, type Network } from "../../../src/analysis/network/engine/network.ts";
import { genericProfile } from "../../../src/analysis/network/engine/profiles.ts";
import { portsBetween } from "../../../src/analysis/network/engine/reach.ts";
import { tableOf } from "../../../src/analysis/network/engine/tables.ts";
import { addressSet, coversIps } from "../../../src/analysis/network/sets/ip-set.ts";
import { type Protocol, protocols } from "../../../src/analysis/network/sets/port-space.ts";
import { type Endpoint, passes, side } from "../../support/network/brute-force.ts";
import { Dice, portNumbers, randomWorld, worldObjects } from "../../support/network/random-world.ts";
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

test(`packet by packet over ${worlds} small worlds, with pods that do not exist yet`, () => {
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
    const existing: Asked[] = world.pods.map((pod) => {
      const at = net.workloads.findIndex((one) => one.namespace === pod.namespace && one.name === pod.name);
      const namespaceLabels = world.namespaces[pod.namespace] ?? {};
      return { ...pod, namespaceLabels, id: net.classOf[at] ?? -1, fresh: false };
    });
    const index = freshIndex(net);
    const used = new Set<number>();
    const all: Asked[] = freshEndpoints(world.namespaces).map((endpoint) => {
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
    const peers = [...existing, ...Array.from({ length: 12 }, () => dice.pick(all))];
    for (const from of peers) {
      for (const to of peers) {
        const between = portsBetween(net, from.id, to.id);
        for (const protocol of protocols) {
          for (const port of [...portNumbers, 85, OTHER_PORT]) {
            const named = to.fresh && port === OTHER_PORT ? net.space.named(protocol, "web").from : port;
            const ours = net.space.has(between, protocol, named);
            const truth = passes(world.policies, { from, to, protocol, port }, { blocksMeanPods });
            packets++;
            seen.add(`${ours} ${from.fresh} ${to.fresh}`);
            if (ours !== truth && !unknownAddress(blocksMeanPods, from, to))
              wrong.push(
                `seed ${seed}: ${JSON.stringify({ from, to, protocol, port })}: ours ${ours}, truth ${truth}`,
              );
          }
        }
      }
    }
    for (const ip of ["192.0.2.1", "192.0.2.200", "8.8.8.8", "10.0.1.77", "2001:db8:1::9"]) {
      const outside: Endpoint = { namespace: undefined, namespaceLabels: {}, labels: {}, ip, ports: [] };
      for (const pod of peers) {
        for (const direction of ["ingress", "egress"] as const) {
          for (const protocol of protocols) {
            for (const port of [...portNumbers, 85]) {
              const packet =
                direction === "egress"
                  ? { from: pod, to: outside, protocol, port }
                  : { from: outside, to: pod, protocol, port };
              const ours = addressPorts(net, pod.id, direction, ip, protocol, port);
              packets++;
              if (ours !== side(world.policies, packet, direction))
                wrong.push(`seed ${seed}: ${direction} ${ip} ${pod.id} ${protocol} ${port}: ours ${ours}`);
            }
          }
        }
      }
    }
  }
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(packets).toBeGreaterThan(worlds * 1000);
  // All combinations of allowed and denied, existing and not existing, were seen.
  expect(seen.size).toBe(8);
});

/** A pod whose address is not known: a block for a part of the addresses does not mean it, which truth cannot say. */
function unknownAddress(blocksMeanPods: boolean, from: Endpoint, to: Endpoint): boolean {
  return blocksMeanPods && (from.ip === undefined || to.ip === undefined);
}

function addressPorts(
  net: Network,
  id: number,
  direction: "ingress" | "egress",
  ip: string,
  protocol: Protocol,
  port: number,
): boolean {
  const address = addressSet(ip);
  if (address === undefined) return false;
  return tableOf(net, id, direction).ips.some(
    (cell) => coversIps(cell.ips, address) && net.space.has(cell.ports, protocol, port),
  );
}

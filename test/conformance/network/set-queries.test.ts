import { expect, test } from "vitest";
import { effects } from "../../../src/analysis/network/ask/effects.ts";
import { changes } from "../../../src/analysis/network/engine/compare.ts";
import { relate, type Relation, type RelationName } from "../../../src/analysis/network/ask/relation.ts";
import { coverage } from "../../../src/analysis/network/ask/coverage.ts";
import { buildNetwork } from "../../../src/analysis/network/engine/network.ts";
import type { JsonObject } from "../../../src/kube/json.ts";
import { type Endpoint, passes, side } from "../../support/network/brute-force.ts";
import { type IpSet, ipTexts } from "../../../src/analysis/network/sets/ip-set.ts";
import {
  Dice,
  portNumbers,
  randomWorld,
  type World,
  worldObjects,
} from "../../support/network/random-world.ts";
import { deep } from "../../support/suites.ts";

// Questions about sets of policies, against packets one by one. Everything that the policies of these worlds can tell apart
// occurs among the ends: the pods, one that could come for each set of labels, and addresses.

const worlds = deep ? 400 : 24;
const first = 31_000;
const protocols = ["TCP", "UDP", "SCTP"] as const;

const addresses = [
  "192.0.2.1",
  "192.0.2.200",
  "8.8.8.8",
  "10.0.1.77",
  "10.0.2.77",
  "10.9.9.9",
  "2001:db8:1::9",
  "2001:db8::9",
  "2002::1",
];

/** What a pod that does not exist yet would call its ports. */
const namedPorts = protocols.flatMap((protocol) =>
  ["web", "dns"].map((name, at) => ({ port: 12_345 + at, name, protocol })),
);

function ends({ namespaces, pods }: World): readonly (Endpoint & { readonly pod: string })[] {
  const existing = pods.map((pod) => ({
    ...pod,
    namespaceLabels: namespaces[pod.namespace] ?? {},
    pod: `${pod.namespace}/${pod.name}`,
  }));
  const values = [undefined, "a", "b", "c"];
  const labels = values.flatMap((app) =>
    values.map((tier) => ({
      ...(app === undefined ? {} : { app }),
      ...(tier === undefined ? {} : { tier }),
    })),
  );
  const spaces: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ...Object.entries(namespaces),
    ...labels.map((own) => ["new", { ...own, "kubernetes.io/metadata.name": "new" }] as const),
  ];
  const fresh = spaces.flatMap(([namespace, namespaceLabels]) =>
    labels.map((own) => ({
      namespace,
      namespaceLabels,
      labels: own,
      ip: undefined,
      ports: namedPorts,
      pod: "",
    })),
  );
  const outside = addresses.map((ip) => ({
    namespace: undefined,
    namespaceLabels: {},
    labels: {},
    ip,
    ports: [],
    pod: "",
  }));
  return [...existing, ...fresh, ...outside];
}

/** Every port that the policies can tell from another. */
function probes(
  policies: readonly JsonObject[],
): readonly { readonly protocol: string; readonly port: number }[] {
  const edges = [...JSON.stringify(policies).matchAll(/"(?:endPort|end)":(\d+)/g)].flatMap(([, end]) => [
    Number(end),
    Number(end) + 1,
  ]);
  const ports = new Set([...portNumbers, ...edges, 85, 500, 12_345, 12_346]);
  return protocols.flatMap((protocol) => [...ports].map((port) => ({ protocol, port })));
}

/** Packets of all kinds, drawn from all that there are. */
const DRAWN = 4000;

function drawn(seed: number, world: World): readonly Packet[] {
  const dice = new Dice(seed);
  const all = ends(world);
  const asked = probes(world.policies);
  const known = all.filter(({ ip }) => ip !== undefined);
  const packets: Packet[] = [];
  while (packets.length < DRAWN) {
    const from = dice.pick(dice.chance(40) ? known : all);
    const to = dice.pick(dice.chance(40) ? known : all);
    const { protocol, port } = dice.pick(asked);
    const packet = { from, to, protocol, port };
    if (canBe(packet)) packets.push(packet);
  }
  return packets;
}

type End = ReturnType<typeof ends>[number];
interface Packet {
  readonly from: End;
  readonly to: End;
  readonly protocol: string;
  readonly port: number;
}

function canBe({ from, to, port }: Packet): boolean {
  if (from.namespace === undefined && to.namespace === undefined) return false;
  if (from.pod !== "" && from.pod === to.pod) return false;
  // A name that a pod which exists does not give to a port means nothing there.
  return port < 12_000 || (to.ip === undefined && to.namespace !== undefined);
}

/** Every packet between the pods that exist, and with addresses. */
function existing(world: World): readonly Packet[] {
  const known = ends(world).filter(({ ip }) => ip !== undefined);
  const asked = probes(world.policies);
  return known.flatMap((from) =>
    known.flatMap((to) => asked.map((probe) => ({ from, to, ...probe })).filter(canBe)),
  );
}

/** The end of a flow that the engine names, as one that can be asked packet by packet. */
function endOf(world: World, { comparison }: Relation, end: number | IpSet): End {
  if (typeof end !== "number") {
    const ip =
      end.v4.length > 0
        ? ipTexts({ v4: [end.v4[0] ?? 0, end.v4[0] ?? 0], v6: [] })
        : ipTexts({ v4: [], v6: [end.v6[0] ?? 0n, end.v6[0] ?? 0n] });
    return { namespace: undefined, namespaceLabels: {}, labels: {}, ip: ip[0], ports: [], pod: "" };
  }
  const joint = comparison.classes[end];
  const workload = comparison.workloads[joint?.workloads[0] ?? -1];
  const pod = ends(world).find((one) => one.pod === `${workload?.namespace ?? ""}/${workload?.name ?? ""}`);
  if (pod !== undefined) return pod;
  const fresh = joint?.fresh;
  const name = fresh?.namespace ?? fresh?.namespaceLabels["kubernetes.io/metadata.name"] ?? "new";
  return {
    namespace: name,
    namespaceLabels: {
      ...(fresh?.namespace === undefined ? fresh?.namespaceLabels : world.namespaces[name]),
      "kubernetes.io/metadata.name": name,
    },
    labels: fresh?.podLabels ?? {},
    ip: undefined,
    ports: namedPorts,
    pod: "",
  };
}

/** A packet of a flow that the engine says is new, or gone. */
function witness(world: World, relation: Relation, sense: "gained" | "lost"): Packet | undefined {
  const { comparison, freshPairs } = relation;
  const { space } = comparison.before;
  for (const change of changes(comparison, { asIfPresent: true, freshPairs })) {
    const ports =
      sense === "gained"
        ? space.minus(change.after, change.before)
        : space.minus(change.before, change.after);
    const [range] = space.ranges(ports);
    if (range === undefined) continue;
    const point = namedPorts.find(
      ({ protocol, name }) => space.named(protocol, name).from === range.from && protocol === range.protocol,
    );
    const port = point?.port ?? range.from;
    return {
      from: endOf(world, relation, change.from),
      to: endOf(world, relation, change.to),
      protocol: range.protocol,
      port,
    };
  }
  return undefined;
}

/** Another set of policies: mostly the same, so that all answers occur. */
function altered(seed: number, world: World): readonly JsonObject[] {
  const other = randomWorld(seed + 500_000, { admin: true }).policies;
  switch (seed % 4) {
    case 0:
      return world.policies.toReversed();
    case 1:
      return world.policies.slice(1);
    case 2:
      return [...world.policies, ...other.filter(({ kind }) => kind === "NetworkPolicy").slice(0, 1)];
    default:
      return other;
  }
}

test(`containment: ${worlds} pairs of sets, packet by packet`, { timeout: 900_000 }, () => {
  const seen = new Set<RelationName>();
  for (let seed = first; seed < first + worlds; seed++) {
    const world = randomWorld(seed, { admin: true });
    const right = altered(seed, world);
    const given = relate(worldObjects(world), worldObjects({ ...world, policies: right }));
    expect([seed, given.incomplete]).toEqual([seed, []]);
    seen.add(given.relation);
    const opens = given.relation === "contains" || given.relation === "neither";
    const closes = given.relation === "contained" || given.relation === "neither";
    // Nothing opens or closes that the answer does not say.
    for (const packet of drawn(seed, world)) {
      const [before, after] = [passes(world.policies, packet), passes(right, packet)];
      if (after && !before) expect([seed, packet, opens]).toEqual([seed, packet, true]);
      if (before && !after) expect([seed, packet, closes]).toEqual([seed, packet, true]);
    }
    // And what it says has a packet that shows it.
    const gained = witness(world, given, "gained");
    const lost = witness(world, given, "lost");
    expect([seed, gained !== undefined, lost !== undefined]).toEqual([seed, opens, closes]);
    if (gained !== undefined)
      expect([seed, passes(world.policies, gained), passes(right, gained)]).toEqual([seed, false, true]);
    if (lost !== undefined)
      expect([seed, passes(world.policies, lost), passes(right, lost)]).toEqual([seed, true, false]);
  }
  expect([...seen].sort()).toEqual(["contained", "contains", "equal", "neither"]);
});

/** The answers of both sides to packets, as text. */
function sides(packets: readonly Packet[], policies: readonly JsonObject[]): string {
  return packets
    .flatMap((packet) => [side(policies, packet, "egress"), side(policies, packet, "ingress")])
    .map(Number)
    .join("");
}

test("redundancy: what is called so can go at once, and nothing else can", { timeout: 900_000 }, () => {
  const seen = { redundant: 0, needed: 0, rules: 0 };
  for (let seed = first; seed < first + worlds; seed++) {
    const world = randomWorld(seed, { admin: true });
    const found = effects(buildNetwork(worldObjects(world)));
    expect([seed, found.cut, found.unasked]).toEqual([seed, [], []]);
    const gone = new Set<JsonObject>();
    const active = new Set<JsonObject>();
    const goneRules = new Map<JsonObject, Set<string>>();
    for (const { policy, effect, rules } of found.policies) {
      const object = found.net.policies[policy]?.object;
      if (object === undefined) continue;
      if (effect === "redundant" || effect === "vacuous") gone.add(object);
      if (effect === "active") active.add(object);
      for (const { rule, effect: of } of rules) {
        const compiled = found.net.rules[rule];
        if (of === "waiting" || compiled === undefined) continue;
        const row = goneRules.get(object) ?? new Set<string>();
        goneRules.set(object, row.add(`${compiled.direction} ${compiled.index}`));
        seen.rules++;
      }
    }
    seen.redundant += gone.size;
    const left = world.policies.filter((policy) => !gone.has(policy));
    const slim = left.map((policy) => withoutRules(policy, goneRules.get(policy) ?? new Set()));
    const packets = drawn(seed, world);
    expect([seed, sides(packets, slim) === sides(packets, world.policies)]).toEqual([seed, true]);
    // Somebody who exists notices when one goes that has an effect.
    const known = existing(world);
    const truthful = sides(known, left);
    for (const policy of active) {
      seen.needed++;
      const fewer = left.filter((other) => other !== policy);
      expect([seed, policy["metadata"], sides(known, fewer) === truthful]).toEqual([
        seed,
        policy["metadata"],
        false,
      ]);
    }
  }
  expect(Math.min(seen.redundant, seen.needed, seen.rules)).toBeGreaterThan(0);
});

/** The policy without some of its rules; policyTypes stay what they were. */
function withoutRules(policy: JsonObject, rules: ReadonlySet<string>): JsonObject {
  const spec = policy["spec"] as JsonObject;
  const kept = (direction: string): JsonObject => {
    const list = spec[direction] as readonly JsonObject[] | undefined;
    return list === undefined
      ? {}
      : { [direction]: list.filter((_, at) => !rules.has(`${direction} ${at}`)) };
  };
  const listed = (spec["policyTypes"] as readonly string[] | undefined) ?? [];
  const egress = ((spec["egress"] as readonly JsonObject[] | undefined) ?? []).length > 0;
  const types = listed.length > 0 ? listed : egress ? ["Ingress", "Egress"] : ["Ingress"];
  return {
    ...policy,
    spec: {
      ...spec,
      ...(policy["kind"] === "NetworkPolicy" ? { policyTypes: types } : {}),
      ...kept("ingress"),
      ...kept("egress"),
    },
  };
}

test("coverage: a pod is isolated where something that no rule names is denied", () => {
  for (let seed = first; seed < first + 2 * worlds; seed++) {
    const world = randomWorld(seed);
    const found = coverage(buildNetwork(worldObjects(world)));
    const nobody: Endpoint = {
      namespace: "elsewhere",
      namespaceLabels: { "kubernetes.io/metadata.name": "elsewhere" },
      labels: {},
      ip: undefined,
      ports: [],
    };
    for (const { workload, isolation } of found.workloads) {
      const pod = world.pods.find(
        ({ namespace, name }) =>
          namespace === found.net.workloads[workload]?.namespace &&
          name === found.net.workloads[workload].name,
      );
      if (pod === undefined) continue;
      const self = { ...pod, namespaceLabels: world.namespaces[pod.namespace] ?? {} };
      // Rules without peers let everybody in: without any rule only isolation is left.
      const bare = world.policies.map((policy) => withoutRules(policy, everyRule));
      for (const direction of ["ingress", "egress"] as const) {
        const [from, to] = direction === "ingress" ? [nobody, self] : [self, nobody];
        const open = side(bare, { from, to, protocol: "TCP", port: 80 }, direction);
        expect([seed, pod.name, direction, isolation[direction].length === 0]).toEqual([
          seed,
          pod.name,
          direction,
          open,
        ]);
      }
    }
  }
});

const everyRule: ReadonlySet<string> = new Set(
  ["ingress", "egress"].flatMap((direction) => [0, 1, 2, 3].map((at) => `${direction} ${at}`)),
);

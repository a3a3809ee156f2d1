import { expect, test } from "vitest";
import { effects } from "../../../src/analysis/network/ask/effects.ts";
import { relate, type RelationName } from "../../../src/analysis/network/ask/relation.ts";
import { coverage } from "../../../src/analysis/network/ask/coverage.ts";
import { buildNetwork } from "../../../src/analysis/network/engine/network.ts";
import type { JsonObject } from "../../../src/kube/json.ts";
import { type Endpoint, passes, side } from "../../support/network/brute-force.ts";
import { portNumbers, randomWorld, type World, worldObjects } from "../../support/network/random-world.ts";
import { deep } from "../../support/suites.ts";

// Questions about sets of policies, against packets one by one. Everything that the policies of these worlds can tell apart
// occurs among the ends: the pods, one that could come for each set of labels, and addresses.

const worlds = deep ? 400 : 25;
const first = 31_000;
const protocols = ["TCP", "UDP", "SCTP"] as const;

const addresses = [
  "192.0.2.1",
  "192.0.2.200",
  "8.8.8.8",
  "10.0.1.77",
  "10.9.9.9",
  "2001:db8:1::9",
  "2001:db8::9",
  "2002::1",
];

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
      ports: protocols.flatMap((protocol) =>
        ["web", "dns"].map((name, at) => ({ port: 12_345 + at, name, protocol })),
      ),
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

const probes = protocols.flatMap((protocol) =>
  [...portNumbers, 85, 500, 12_345, 12_346].map((port) => ({ protocol, port })),
);

/** Workloads are compared as if they were in both states, and a pod never asks itself. */
function truth(world: World, left: readonly JsonObject[], right: readonly JsonObject[]): RelationName {
  let gained = false;
  let lost = false;
  const all = ends(world);
  for (const from of all) {
    for (const to of all) {
      if (from.namespace === undefined && to.namespace === undefined) continue;
      if (from.pod !== "" && from.pod === to.pod) continue;
      for (const { protocol, port } of probes) {
        // A name that a pod which exists does not give to a port means nothing there.
        if (port > 12_000 && (to.ip !== undefined || to.namespace === undefined)) continue;
        const packet = { from, to, protocol, port };
        const before = passes(left, packet);
        const after = passes(right, packet);
        gained ||= after && !before;
        lost ||= before && !after;
      }
      if (gained && lost) return "neither";
    }
  }
  return gained ? "contains" : lost ? "contained" : "equal";
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
  const seen = new Map<RelationName, number>();
  for (let seed = first; seed < first + worlds; seed++) {
    const world = randomWorld(seed, { admin: true });
    const right = altered(seed, world);
    const left = worldObjects(world);
    const given = relate(left, worldObjects({ ...world, policies: right }));
    expect([seed, given.incomplete]).toEqual([seed, []]);
    const relation = truth(world, world.policies, right);
    expect([seed, given.relation]).toEqual([seed, relation]);
    seen.set(relation, (seen.get(relation) ?? 0) + 1);
  }
  expect([...seen.keys()].sort()).toEqual(["contained", "contains", "equal", "neither"]);
});

/** Every answer of one side, as text. */
function sides(world: World, policies: readonly JsonObject[]): string {
  const all = ends(world);
  const bits: string[] = [];
  for (const self of all) {
    if (self.namespace === undefined) continue;
    for (const other of all) {
      if (self.pod !== "" && self.pod === other.pod) continue;
      for (const { protocol, port } of probes) {
        for (const direction of ["egress", "ingress"] as const) {
          const [from, to] = direction === "egress" ? [self, other] : [other, self];
          if (port > 12_000 && (to.ip !== undefined || to.namespace === undefined)) continue;
          bits.push(side(policies, { from, to, protocol, port }, direction) ? "1" : "0");
        }
      }
    }
  }
  return bits.join("");
}

test("redundancy: what is called so can go at once, and nothing else can", { timeout: 900_000 }, () => {
  const seen = { redundant: 0, needed: 0, rules: 0 };
  for (let seed = first; seed < first + Math.ceil(worlds / 5); seed++) {
    const world = randomWorld(seed, { admin: true });
    const found = effects(buildNetwork(worldObjects(world)));
    expect([seed, found.cut, found.unasked]).toEqual([seed, [], []]);
    const gone = new Set<JsonObject>();
    const goneRules = new Map<JsonObject, Set<string>>();
    for (const { policy, effect, rules } of found.policies) {
      const object = found.net.policies[policy]?.object;
      if (object === undefined) continue;
      if (effect === "redundant" || effect === "vacuous") gone.add(object);
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
    const truthful = sides(world, world.policies);
    const slim = left.map((policy) => withoutRules(policy, goneRules.get(policy) ?? new Set()));
    expect([seed, sides(world, slim) === truthful]).toEqual([seed, true]);
    for (const policy of left) {
      seen.needed++;
      const fewer = left.filter((other) => other !== policy);
      expect([seed, policy["metadata"], sides(world, fewer) === truthful]).toEqual([
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
  for (let seed = first; seed < first + 200; seed++) {
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

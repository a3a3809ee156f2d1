import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../kube/json.ts";
import { passes } from "../../../../test/support/network/brute-force.ts";
import { randomWorld, worldObjects } from "../../../../test/support/network/random-world.ts";
import { noWidening } from "./no-widening.ts";

const namespace = (name: string, labels: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels },
});
const pod = (name: string, labels: JsonObject, of = "shop"): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: of, labels },
  spec: { containers: [{ name: "c", image: "c" }] },
});
const policy = (spec: JsonObject, name = "p"): JsonObject => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name, namespace: "shop" },
  spec,
});
const deny = policy({ podSelector: {}, policyTypes: ["Ingress"] }, "deny");

describe("noWidening", () => {
  const base = [
    namespace("shop"),
    namespace("ops"),
    pod("web", { app: "web" }),
    pod("job", { app: "job" }, "ops"),
    deny,
  ];

  test("a policy that narrows is proved; the same state is", () => {
    expect(noWidening(base, base).proved).toBe(true);
    expect(noWidening(base.slice(0, 4), base).proved).toBe(true);
  });

  test("K7 removing a policy, and a peer that nobody is yet, are widening", () => {
    expect(noWidening(base, base.slice(0, 4)).proved).toBe(false);
    const later = policy({
      podSelector: {},
      ingress: [{ from: [{ podSelector: { matchLabels: { app: "later" } } }] }],
    });
    expect(noWidening(base, [...base, later]).proved).toBe(false);
    // In a namespace without any pod it is pods that could come that are let in.
    const empty = [namespace("shop"), deny];
    expect(noWidening(empty, [...empty, later]).proved).toBe(false);
  });

  test("K7 labels of pods and namespaces are changes like others", () => {
    const open = policy({
      podSelector: {},
      ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: "a" } } }] }],
    });
    const standing = [...base.slice(2), open];
    const named = (labels: JsonObject): JsonObject[] => [
      namespace("shop"),
      namespace("ops", labels),
      ...standing,
    ];
    expect(noWidening(named({}), named({ team: "a" })).proved).toBe(false);
    expect(noWidening(named({ team: "a" }), named({})).proved).toBe(true);
    const isolated = policy({ podSelector: { matchLabels: { app: "web" } }, policyTypes: ["Ingress"] });
    const world = (labels: JsonObject): JsonObject[] => [
      namespace("shop"),
      pod("web", labels),
      pod("api", {}),
      isolated,
    ];
    expect(noWidening(world({ app: "web" }), world({ app: "wbe" })).proved).toBe(false);
    expect(noWidening(world({ app: "wbe" }), world({ app: "web" })).proved).toBe(true);
  });

  test("what is within the ceiling is no widening; what is not modelled is no proof", () => {
    expect(noWidening(base, base.slice(0, 4), { ceiling: () => true }).proved).toBe(true);
    const mesh = {
      apiVersion: "crd.antrea.io/v1beta1",
      kind: "NetworkPolicy",
      metadata: { name: "c", namespace: "shop" },
    };
    const proof = noWidening(base, [...base, mesh]);
    expect([proof.proved, proof.incomplete]).toEqual([
      false,
      ["NetworkPolicy.crd.antrea.io shop/c: policies of Antrea are not modelled"],
    ]);
  });

  test("where it proves, no packet between pods that exist is newly let through", () => {
    let proved = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const world = randomWorld(seed, { admin: seed % 2 === 0 });
      const fewer = { ...world, policies: world.policies.slice(1) };
      for (const [left, right] of [
        [fewer, world],
        [world, fewer],
      ] as const) {
        if (!noWidening(worldObjects(left), worldObjects(right)).proved) continue;
        proved++;
        const pods = world.pods.map((one) => ({
          ...one,
          namespaceLabels: world.namespaces[one.namespace] ?? {},
        }));
        const pairs = pods.flatMap((from) => pods.filter((to) => to !== from).map((to) => ({ from, to })));
        const passing = (policies: readonly JsonObject[]): readonly boolean[] =>
          pairs.map((pair) => passes(policies, { ...pair, protocol: "TCP", port: 80 }));
        const before = passing(left.policies);
        expect(passing(right.policies).filter((passed, at) => passed && before[at] === false)).toEqual([]);
      }
    }
    expect(proved).toBeGreaterThan(40);
  });
});

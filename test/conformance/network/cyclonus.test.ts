import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/kube/json.ts";
import { buildNetwork, type Network } from "../../../src/analysis/network/engine/network.ts";
import { genericProfile, type Profile } from "../../../src/analysis/network/engine/profiles.ts";
import { portsBetween } from "../../../src/analysis/network/engine/reach.ts";
import type { Protocol } from "../../../src/analysis/network/sets/port-space.ts";
import { askOracle, buildOracle } from "../../support/oracle.ts";
import { packetAnswers, packetPeers, packetsBetween } from "../../support/network/packets.ts";
import { randomWorld, worldObjects, type World, type WorldPod } from "../../support/network/random-world.ts";
import { deep, leftOut, strict } from "../../support/suites.ts";

const oracle = buildOracle("cyclonus", !deep && !strict);
const program = "program" in oracle ? oracle.program : undefined;
const skip =
  program === undefined && leftOut("NetworkPolicy against cyclonus", "reason" in oracle ? oracle.reason : "");

/** Cyclonus matches blocks of addresses against pods, too, and knows no hostNetwork. */
const profile: Profile = { ...genericProfile, ipBlocksMeanPods: true, hostNetwork: "pod" };

interface Result {
  readonly from: string;
  readonly to: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly allowed: string;
}

interface Case {
  readonly description: string;
  readonly tags: readonly string[];
  readonly steps: readonly {
    readonly policies: readonly JsonObject[] | null;
    readonly namespaces: World["namespaces"];
    readonly pods: readonly WorldPod[];
    readonly results: readonly Result[];
  }[];
}

describe.skipIf(skip)("cyclonus v0.5.6", () => {
  test("its 230 generated cases give the tables of its engine", () => {
    const [cases] = askOracle(program ?? "", [{ cases: true }]) as [readonly Case[]];
    expect(cases.length).toBe(230);
    const wrong: string[] = [];
    let asked = 0;
    for (const { description, steps } of cases) {
      for (const [index, { policies, namespaces, pods, results }] of steps.entries()) {
        // Policies that its code makes in Go name no kind.
        const typed = (policies ?? []).map((policy) => ({
          ...policy,
          apiVersion: "networking.k8s.io/v1",
          kind: "NetworkPolicy",
        }));
        const net = buildNetwork(worldObjects({ namespaces, pods, policies: typed }), { profile });
        const classes = classIndex(net);
        for (const { from, to, protocol, port, allowed } of results) {
          // What no container listens on is refused by nobody; the engine of cyclonus says so with another word.
          if (allowed !== "allowed" && allowed !== "blocked") continue;
          asked++;
          const ports = portsBetween(net, classes.get(from) ?? -1, classes.get(to) ?? -1);
          if (net.space.has(ports, protocol, port) !== (allowed === "allowed"))
            wrong.push(`${description}, step ${index + 1}: ${from} to ${to} ${protocol} ${port}: ${allowed}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(100_000);
  });

  const worlds = deep ? 20_000 : 1500;
  test(`${worlds} random worlds`, () => {
    const batch = 500;
    const wrong: string[] = [];
    let packets = 0;
    const counts = new Map<string, number>();
    for (let first = 0; first < worlds; first += batch) {
      const asked = Array.from({ length: Math.min(batch, worlds - first) }, (_, at) =>
        question(randomWorld(20_261_125 + first + at, { plain: true })),
      );
      const answers = askOracle(
        program ?? "",
        asked.map(({ asked: line }) => line),
      ) as string[];
      for (const [at, answer] of answers.entries()) {
        const ours = asked[at]?.ours() ?? "";
        packets += answer.length;
        for (const sign of answer) counts.set(sign, (counts.get(sign) ?? 0) + 1);
        if (ours !== answer) wrong.push(`seed ${20_261_125 + first + at}`);
      }
    }
    expect(wrong.slice(0, 10)).toEqual([]);
    // Each kind of answer occurs often: the worlds are neither all open nor all closed.
    for (const sign of "+ei-") expect((counts.get(sign) ?? 0) / packets).toBeGreaterThan(0.02);
  });
});

test("NotIn selects pods without the key: there cyclonus differs from Kubernetes", () => {
  const pod = (name: string, labels: Record<string, string>): WorldPod => ({
    namespace: "x",
    name,
    labels,
    ip: "10.0.0.1",
    ports: [],
  });
  const policies = [
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "p", namespace: "x" },
      spec: { podSelector: { matchExpressions: [{ key: "app", operator: "NotIn", values: ["a"] }] } },
    },
  ];
  const net = buildNetwork(
    worldObjects({ namespaces: {}, pods: [pod("a", { app: "a" }), pod("none", {})], policies }),
  );
  const classes = classIndex(net);
  expect(net.space.text(portsBetween(net, classes.get("x/a") ?? -1, classes.get("x/none") ?? -1))).toBe(
    "none",
  );
  expect(net.space.text(portsBetween(net, classes.get("x/none") ?? -1, classes.get("x/a") ?? -1))).toBe(
    "all",
  );
});

function classIndex(net: Network): ReadonlyMap<string, number> {
  return new Map(
    net.workloads.map(({ namespace, name }, at) => [`${namespace}/${name}`, net.classOf[at] ?? -1]),
  );
}

/** All packets between the pods and some addresses, on the ports of the destination and on some others. */
function question(world: World): { readonly asked: unknown; readonly ours: () => string } {
  const net = buildNetwork(worldObjects(world), { profile });
  const peers = packetPeers(world.pods);
  const packets = packetsBetween(peers);
  const { namespaces, policies } = world;
  return { asked: { namespaces, policies, peers, packets }, ours: () => packetAnswers(net, peers, packets) };
}

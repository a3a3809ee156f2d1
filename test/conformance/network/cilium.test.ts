import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/kube/json.ts";
import { withFresh } from "../../../src/analysis/network/engine/fresh.ts";
import { buildNetwork, type Network } from "../../../src/analysis/network/engine/network.ts";
import { profiles } from "../../../src/analysis/network/engine/profiles.ts";
import { askOracle, buildOracle } from "../../support/oracle.ts";
import { SERVICE_ACCOUNT_LABEL } from "../../../src/analysis/network/policies/cilium/identity-labels.ts";
import { ciliumPod, type CiliumWorld, ciliumWorld } from "../../support/network/cilium-world.ts";
import {
  type PacketPeer,
  packetAnswers,
  packetPeers,
  packetsBetween,
} from "../../support/network/packets.ts";
import { Dice, worldObjects } from "../../support/network/random-world.ts";
import { deep, leftOut, strict } from "../../support/suites.ts";

const oracle = buildOracle("cilium", !deep && !strict);
const program = "program" in oracle ? oracle.program : undefined;
const skip =
  program === undefined &&
  leftOut("policies of Cilium against its engine", "reason" in oracle ? oracle.reason : "");
const profile = profiles.get("cilium");

describe.skipIf(skip)("the policy engine of Cilium v1.20.2", () => {
  const worlds = deep ? 20_000 : 1000;
  const first = 20_261_126;

  test(`${worlds} random worlds of CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy and NetworkPolicy`, {
    timeout: 900_000,
  }, () => {
    const wrong: string[] = [];
    const counts = new Map<string, number>();
    let packets = 0;
    for (let start = first; start < first + worlds; start += 250) {
      const asked = Array.from({ length: Math.min(250, first + worlds - start) }, (_, at) =>
        question(start + at),
      );
      const answers = askOracle(
        program ?? "",
        asked.map(({ asked: line }) => line),
      ) as string[];
      for (const [at, answer] of answers.entries()) {
        const ours = asked[at]?.ours ?? "";
        packets += answer.length;
        for (const sign of answer) counts.set(sign, (counts.get(sign) ?? 0) + 1);
        if (ours !== answer) wrong.push(`seed ${start + at}`);
      }
    }
    expect(wrong.slice(0, 10)).toEqual([]);
    // Each kind of answer occurs often: the worlds are neither all open nor all closed.
    for (const sign of "+ei-") expect((counts.get(sign) ?? 0) / packets).toBeGreaterThan(0.02);
  });
});

/** All packets of a world, with some pods that do not exist yet: its engine is shown them as if they did. */
function question(seed: number): { readonly asked: unknown; readonly ours: string } {
  const world = ciliumWorld(seed);
  const own = buildNetwork(
    [...worldObjects(world), ...world.cidrGroups],
    profile === undefined ? {} : { profile },
  );
  const refused = own.problems.filter(({ kind }) => kind === "invalid");
  if (refused.length > 0) throw new Error(`seed ${seed}: ${refused[0]?.message}`);
  const { networks, cut } = withFresh([own]);
  const net = networks[0] ?? own;
  if (cut.length > 0) throw new Error(`seed ${seed}: too many kinds of pods could come`);
  const dice = new Dice(seed);
  const coming = Array.from({ length: 3 }, (_, at) => freshPeer(net, world, dice, at));
  const peers = [...packetPeers(world.pods), ...coming];
  const packets = packetsBetween(peers);
  const { policies, cidrGroups } = world;
  const namespaces = { ...world.namespaces, [NEW]: newLabels };
  return {
    asked: { namespaces, policies, cidrGroups, peers, packets },
    ours: packetAnswers(net, peers, packets),
  };
}

const NEW = "new";
const newLabels = { tier: "a", "kubernetes.io/metadata.name": NEW };
/** A port that no rule names by its number. */
const OTHER_PORT = 12_345;

function freshPeer(net: Network, world: CiliumWorld, dice: Dice, at: number): PacketPeer {
  const pod = ciliumPod(dice, [...Object.keys(world.namespaces), NEW], 100 + at);
  const labels = { ...pod.labels, [SERVICE_ACCOUNT_LABEL]: pod.serviceAccount };
  const model = net.namespaces.get(pod.namespace) ?? { name: NEW, labels: newLabels, declared: true };
  const terms = net.terms.matching(model, labels).join();
  const namespace = pod.namespace === NEW ? undefined : pod.namespace;
  const kind = net.classes.find(
    (each) =>
      each.fresh !== undefined &&
      each.fresh.namespace === namespace &&
      each.terms.toSorted((left, right) => left - right).join() === terms,
  );
  if (kind === undefined) throw new Error(`no class for ${JSON.stringify(pod)}`);
  const ports = [{ port: OTHER_PORT, name: dice.pick(["web", "dns"]), protocol: dice.pick(["TCP", "UDP"]) }];
  return { ...pod, ports, external: false, fresh: kind.id };
}

const selector = { endpointSelector: {} };
const ports = (...list: readonly JsonObject[]): JsonObject => ({
  ...selector,
  ingress: [{ toPorts: [{ ports: [...list] }] }],
});
const from = (rule: JsonObject): JsonObject => ({ ...selector, ingress: [rule] });
const to = (rule: JsonObject): JsonObject => ({ ...selector, egress: [rule] });
const http = (port: JsonObject): JsonObject =>
  from({ toPorts: [{ ports: [port], rules: { http: [{ path: "/" }] } }] });

/** Specs, and whether it is the schema of the CRD alone that refuses them: the agent never sees those. */
const specs: readonly (readonly [string, JsonObject, "schema"?])[] = [
  ["no rule", selector],
  ["an empty list alone", { ...selector, ingress: [] }],
  ["an empty list beside a rule", { ...selector, ingress: [{}], egress: [] }],
  ["no selector", { ingress: [{}] }],
  ["two selectors", { ...selector, nodeSelector: {}, ingress: [{}] }],
  ["a rule without a word", from({})],
  ["two kinds of peers", from({ fromEntities: ["all"], fromCIDR: ["192.0.2.1"] })],
  ["two kinds of peers, one empty", from({ fromEntities: ["all"], fromCIDR: [] })],
  ["endpoints and groups", from({ fromEndpoints: [{}], fromGroups: [{ aws: { region: "x" } }] })],
  ["names and addresses", to({ toFQDNs: [{ matchName: "a.example" }], toCIDR: ["192.0.2.1/32"] })],
  ["services and endpoints", to({ toServices: [{ k8sService: { serviceName: "a" } }], toEndpoints: [{}] })],
  ["an unknown entity", from({ fromEntities: ["everyone"] })],
  ["an entity of its own code", from({ fromEntities: ["world-ipv4"] }), "schema"],
  ["an address", from({ fromCIDR: ["2001:db8::1"] })],
  ["no address", from({ fromCIDR: ["10.0.0.0/33"] })],
  ["an address with a zone", from({ fromCIDR: ["fe80::1%eth0/64"] }), "schema"],
  ["an exception outside", from({ fromCIDRSet: [{ cidr: "10.0.0.0/8", except: ["11.0.0.0/8"] }] })],
  ["an exception of another family", from({ fromCIDRSet: [{ cidr: "10.0.0.0/8", except: ["::/0"] }] })],
  ["an exception of everything", from({ fromCIDRSet: [{ cidr: "10.0.0.0/8", except: ["10.0.0.0/8"] }] })],
  ["a set of nothing", from({ fromCIDRSet: [{}] })],
  ["a set of two", from({ fromCIDRSet: [{ cidr: "10.0.0.0/8", cidrGroupRef: "a" }] })],
  ["an address in a set", from({ fromCIDRSet: [{ cidr: "10.0.0.1" }] })],
  ["a key with two sources", { endpointSelector: { matchLabels: { "a:b:c": "d" } }, ingress: [{}] }],
  ["a source with a hyphen", { endpointSelector: { matchLabels: { "a-b:c": "d" } }, ingress: [{}] }],
  ["a key without end", from({ fromEndpoints: [{ matchLabels: { "k8s:": "d" } }] })],
  ["a value that is none", from({ fromEndpoints: [{ matchLabels: { a: "b c" } }] })],
  ["In without values", from({ fromEndpoints: [{ matchExpressions: [{ key: "a", operator: "In" }] }] })],
  [
    "Exists with values",
    from({ fromEndpoints: [{ matchExpressions: [{ key: "a", operator: "Exists", values: ["b"] }] }] }),
  ],
  [
    "an unknown operator",
    from({ fromEndpoints: [{ matchExpressions: [{ key: "a", operator: "Gt", values: ["1"] }] }] }),
  ],
  ["every port", ports({ port: "0" })],
  ["no port", ports({ protocol: "TCP" })],
  ["a port too far", ports({ port: "65536" })],
  ["the last port", ports({ port: "65535" })],
  ["an octal port", ports({ port: "0120" })],
  ["a port with a zero before it", ports({ port: "080" })],
  ["a name", ports({ port: "HTTP-alt" })],
  ["a name with two hyphens", ports({ port: "a--b" })],
  ["a name that is long", ports({ port: "a-name-that-is-long" })],
  ["an end before the start", ports({ port: "90", endPort: 80 })],
  ["an unknown protocol", ports({ port: "80", protocol: "QUIC" })],
  ["ICMP as a protocol", ports({ port: "8", protocol: "ICMP" })],
  ["41 ports", ports(...Array.from({ length: 41 }, (_, at) => ({ port: String(at + 1) })))],
  ["40 ports", ports(...Array.from({ length: 40 }, (_, at) => ({ port: String(at + 1) })))],
  ["ICMP beside ports", from({ icmps: [{ fields: [{ type: 8 }] }], toPorts: [{ ports: [{ port: "80" }] }] })],
  ["ICMP by its name", from({ icmps: [{ fields: [{ type: "EchoRequest", family: "IPv6" }] }] })],
  ["ICMP of another family", from({ icmps: [{ fields: [{ type: 8, family: "IPX" }] }] })],
  ["paths on TCP", http({ port: "80", protocol: "TCP" })],
  ["paths on any protocol", http({ port: "80" })],
  ["paths on every port", http({ port: "0", protocol: "TCP" })],
  [
    "names asked of DNS",
    to({ toPorts: [{ ports: [{ port: "53" }], rules: { dns: [{ matchPattern: "*" }] } }] }),
  ],
  [
    "names asked of DNS on the way in",
    from({ toPorts: [{ ports: [{ port: "53" }], rules: { dns: [{ matchPattern: "*" }] } }] }),
  ],
  ["names in a denial", { ...selector, egressDeny: [{ toCIDR: ["192.0.2.1"] }] }],
];

describe.skipIf(skip)("what Cilium v1.20.2 refuses", () => {
  test(`${specs.length} specs`, () => {
    const objects = specs.map(([, spec]) => ({
      apiVersion: "cilium.io/v2",
      kind: "CiliumNetworkPolicy",
      metadata: { name: "p", namespace: "a" },
      spec,
    }));
    const answers = askOracle(
      program ?? "",
      objects.map((parse) => ({ parse })),
    ) as string[];
    const verdicts = specs.map(([name, , schema], at) => {
      const theirs = schema === "schema" || answers[at] !== "";
      const ours = buildNetwork([objects[at] ?? {}]).problems.some(({ kind }) => kind === "invalid");
      return ours === theirs ? "" : `${name}: ${theirs ? `refused (${answers[at]})` : "accepted"}`;
    });
    expect(verdicts.filter((verdict) => verdict !== "")).toEqual([]);
  });

  test("Services that do not exist: with ports a rule is one for everybody, without them for nobody", () => {
    const services = { toServices: [{ k8sService: { serviceName: "gone", namespace: "b" } }] };
    const peers = ["a", "b"].map((namespace) => ({
      namespace,
      name: "p",
      labels: {},
      serviceAccount: "default",
      ports: [],
    }));
    const packets = [80, 81].map((port) => ({ from: 0, to: 1, port, protocol: "TCP" }));
    const world = (spec: JsonObject): unknown => ({
      namespaces: { a: {}, b: {} },
      policies: [
        {
          kind: "CiliumNetworkPolicy",
          metadata: { name: "p", namespace: "a" },
          spec: { ...selector, ...spec },
        },
      ],
      peers,
      packets,
    });
    const toPorts = [{ ports: [{ port: "80" }] }];
    expect(
      askOracle(program ?? "", [
        world({ egress: [{ ...services, toPorts }] }),
        world({ egress: [services] }),
        world({ egress: [{ toEntities: ["all"] }], egressDeny: [{ ...services, toPorts }] }),
      ]),
    ).toEqual(["+i", "ii", "i+"]);
  });
});

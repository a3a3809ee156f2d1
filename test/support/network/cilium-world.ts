import type { JsonObject } from "../../../src/kube/json.ts";
import { Dice, networkPolicy, portNumbers, type World, type WorldPod } from "./random-world.ts";

export interface CiliumPod extends WorldPod {
  readonly serviceAccount: string;
}

export interface CiliumWorld extends World {
  readonly pods: readonly CiliumPod[];
  readonly cidrGroups: readonly JsonObject[];
}

const keys = ["app", "tier", "pod-template-hash"];
const values = ["a", "b"];
const accounts = ["default", "robot"];
const protocols = ["TCP", "UDP", "SCTP"];
const portNames = ["web", "dns"];

function labels(dice: Dice): Record<string, string> {
  return Object.fromEntries(keys.filter(() => dice.chance(60)).map((key) => [key, dice.pick(values)]));
}

/** A requirement as an EndpointSelector writes it: on labels of pods, namespaces, ServiceAccounts, and on what no pod has. */
function requirement(
  dice: Dice,
  names: readonly string[],
): { readonly key: string; readonly values: readonly string[] } {
  const source = dice.pick(["", "", "k8s:", "any:"]);
  const what = dice.below(20);
  if (what < 11) return { key: source + dice.pick(keys), values };
  if (what < 14) return { key: `${source}io.kubernetes.pod.namespace`, values: names };
  if (what < 16) return { key: `${source}io.cilium.k8s.namespace.labels.tier`, values };
  if (what < 17)
    return { key: `${source}io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name`, values: names };
  if (what < 18) return { key: `${source}io.cilium.k8s.policy.serviceaccount`, values: accounts };
  if (what < 19) return { key: "container:app", values };
  return { key: dice.pick(["reserved:host", "reserved:health"]), values: [""] };
}

export function endpointSelector(dice: Dice, names: readonly string[]): JsonObject {
  if (dice.chance(25)) return {};
  if (dice.chance(4)) return { matchExpressions: [{ key: "reserved:host", operator: "DoesNotExist" }] };
  const selector: Record<string, JsonObject | JsonObject[]> = {};
  if (dice.chance(60)) {
    const one = requirement(dice, names);
    selector["matchLabels"] = { [one.key]: dice.pick(one.values) };
  }
  if (dice.chance(45))
    selector["matchExpressions"] = dice.many(2, () => {
      const one = requirement(dice, names);
      // A selector that excludes reserved labels and others matches what it excludes, as identities are aggregated.
      const operator = dice.pick(
        one.key.startsWith("reserved:") ? ["In", "Exists"] : ["In", "NotIn", "Exists", "DoesNotExist"],
      );
      return operator.endsWith("In")
        ? { key: one.key, operator, values: dice.chance(30) ? [...one.values] : [dice.pick(one.values)] }
        : { key: one.key, operator };
    });
  return selector;
}

const cidrs = [
  "0.0.0.0/0",
  "10.0.0.0/8",
  "10.0.1.0/24",
  "192.0.2.0/24",
  "8.8.8.8",
  "::/0",
  "2001:db8::/32",
  "2001:db8:1::9",
];
const cidrSets: readonly JsonObject[] = [
  { cidr: "0.0.0.0/0", except: ["10.0.0.0/8", "192.0.2.128/25"] },
  { cidr: "192.0.2.0/24", except: ["192.0.2.0/24"] },
  { cidr: "192.0.2.0/24" },
  { cidr: "::/0", except: ["2001:db8:1::/48"] },
  { cidrGroupRef: "outer" },
  { cidrGroupRef: "outer", except: ["192.0.2.128/25"] },
  { cidrGroupSelector: { matchLabels: { side: "out" } } },
];
const entities = ["all", "world", "cluster", "host", "remote-node", "health", "none"];

function peers(dice: Dice, side: "from" | "to", names: readonly string[]): JsonObject {
  const some = <T>(make: () => T): T[] => (dice.chance(8) ? [] : [make(), ...dice.many(1, make)]);
  switch (dice.below(6)) {
    case 0:
      return {};
    case 1:
      return { [`${side}Entities`]: some(() => dice.pick(entities)) };
    case 2:
      return dice.chance(50)
        ? { [`${side}CIDR`]: some(() => dice.pick(cidrs)) }
        : { [`${side}CIDRSet`]: some(() => dice.pick(cidrSets)) };
    default:
      return { [`${side}Endpoints`]: some(() => endpointSelector(dice, names)) };
  }
}

function port(dice: Dice): JsonObject {
  const protocol = dice.chance(70) ? { protocol: dice.pick([...protocols, "ANY"]) } : {};
  const what = dice.below(10);
  if (what < 1) return { ...protocol, port: "0" };
  if (what < 4) return { ...protocol, port: dice.pick([...portNames, "WEB"]) };
  const number = dice.pick(portNumbers);
  if (what < 6)
    return { ...protocol, port: String(number), endPort: Math.max(1, number + dice.below(400) - 5) };
  return { ...protocol, port: String(number) };
}

function rules(dice: Dice, side: "from" | "to", names: readonly string[]): JsonObject[] {
  return dice.many(2, (): JsonObject => {
    const ports = dice.chance(50)
      ? dice.chance(12)
        ? { icmps: [{ fields: [{ type: 8, family: "IPv4" }] }] }
        : { toPorts: dice.many(2, () => (dice.chance(8) ? {} : { ports: dice.many(2, () => port(dice)) })) }
      : {};
    return { ...peers(dice, side, names), ...ports };
  });
}

function spec(dice: Dice, names: readonly string[]): JsonObject {
  const made: Record<string, JsonObject | JsonObject[]> = { endpointSelector: endpointSelector(dice, names) };
  if (dice.chance(60)) made["ingress"] = rules(dice, "from", names);
  if (dice.chance(60)) made["egress"] = rules(dice, "to", names);
  if (dice.chance(30)) made["ingressDeny"] = rules(dice, "from", names);
  if (dice.chance(30)) made["egressDeny"] = rules(dice, "to", names);
  // A spec without a rule is refused.
  if (Object.values(made).every((list) => !Array.isArray(list) || list.length === 0)) made["ingress"] = [{}];
  if (dice.chance(25))
    made["enableDefaultDeny"] = {
      ...(dice.chance(70) ? { ingress: dice.chance(30) } : {}),
      ...(dice.chance(70) ? { egress: dice.chance(30) } : {}),
    };
  return made;
}

function ciliumPolicy(dice: Dice, names: readonly string[], number: number): JsonObject {
  const cluster = dice.chance(30);
  return {
    apiVersion: "cilium.io/v2",
    kind: cluster ? "CiliumClusterwideNetworkPolicy" : "CiliumNetworkPolicy",
    metadata: { name: `c${number}`, ...(cluster ? {} : { namespace: dice.pick(names) }) },
    ...(dice.chance(80) ? { spec: spec(dice, names) } : { specs: [spec(dice, names), spec(dice, names)] }),
  };
}

export function ciliumPod(dice: Dice, names: readonly string[], index: number): CiliumPod {
  return {
    namespace: dice.pick(names),
    name: `pod${index}`,
    labels: labels(dice),
    serviceAccount: dice.pick(accounts),
    ip: dice.chance(80) ? `10.0.${dice.below(3)}.${index + 1}` : `2001:db8:${dice.below(2)}::${index + 1}`,
    ports: dice
      .many(3, () => ({ port: dice.pick(portNumbers), name: "", protocol: dice.pick(protocols) }))
      .map((each, at) => ({ ...each, name: portNames[at] ?? "" })),
  };
}

/** A small cluster with policies of Cilium, and in half of the worlds with NetworkPolicy beside them. */
export function ciliumWorld(seed: number): CiliumWorld {
  const dice = new Dice(seed);
  const names = ["x", "y", "z"].slice(0, 1 + dice.below(3));
  const namespaces = Object.fromEntries(
    names.map((name) => [
      name,
      { ...(dice.chance(60) ? { tier: dice.pick(values) } : {}), "kubernetes.io/metadata.name": name },
    ]),
  );
  const pods = Array.from({ length: 2 + dice.below(4) }, (_, index) => ciliumPod(dice, names, index));
  const policies = Array.from({ length: 1 + dice.below(4) }, (_, number) =>
    ciliumPolicy(dice, names, number),
  );
  if (dice.chance(50))
    policies.push(...dice.many(3, () => 0).map((_, number) => networkPolicy(dice, names, number, true)));
  const cidrGroups = [
    {
      apiVersion: "cilium.io/v2",
      kind: "CiliumCIDRGroup",
      metadata: { name: "outer", labels: { side: "out" } },
      spec: { externalCIDRs: ["192.0.2.0/24", "2001:db8:9::/48"] },
    },
    {
      apiVersion: "cilium.io/v2",
      kind: "CiliumCIDRGroup",
      metadata: { name: "second", labels: { side: "out" } },
      spec: { externalCIDRs: ["8.0.0.0/8"] },
    },
  ];
  return { namespaces, pods, policies, cidrGroups };
}

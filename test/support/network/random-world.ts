import type { JsonObject } from "../../../src/kube/json.ts";

export interface WorldPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ip: string;
  readonly ports: readonly { readonly port: number; readonly name: string; readonly protocol: string }[];
  /** `default` where nothing is written. */
  readonly serviceAccount?: string;
}

/** A small cluster: everything that a policy can tell apart occurs in it, and little else. */
export interface World {
  readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly pods: readonly WorldPod[];
  readonly policies: readonly JsonObject[];
}

/** Numbers that depend on the seed alone (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % end;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  many<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }
}

const keys = ["app", "tier"];
const values = ["a", "b"];
export const portNumbers: readonly number[] = [80, 81, 443];
const protocols = ["TCP", "UDP", "SCTP"];
const portNames = ["web", "dns"];

function labels(dice: Dice): Record<string, string> {
  return Object.fromEntries(keys.filter(() => dice.chance(60)).map((key) => [key, dice.pick(values)]));
}

/**
 * A selector. With `presentNotIn` every NotIn stands beside an Exists of its key: cyclonus takes NotIn to need the key
 * (pkg/kube/labelselector.go), Kubernetes does not (apimachinery pkg/labels/selector.go).
 */
function randomSelector(dice: Dice, names: readonly string[], presentNotIn: boolean): JsonObject {
  if (dice.chance(20)) return {};
  const selector: Record<string, JsonObject | JsonObject[]> = {};
  if (dice.chance(60)) selector["matchLabels"] = { [dice.pick(keys)]: dice.pick(values) };
  if (names.length > 0 && dice.chance(25))
    selector["matchLabels"] = { "kubernetes.io/metadata.name": dice.pick(names) };
  if (dice.chance(40)) {
    selector["matchExpressions"] = dice
      .many(2, () => {
        const operator = dice.pick(["In", "NotIn", "Exists", "DoesNotExist"]);
        const key = dice.pick(keys);
        if (!operator.endsWith("In")) return [{ key, operator }];
        const row = { key, operator, values: dice.chance(30) ? values : [dice.pick(values)] };
        return presentNotIn && operator === "NotIn" ? [row, { key, operator: "Exists" }] : [row];
      })
      .flat();
  }
  return selector;
}

const blocks = [
  { cidr: "0.0.0.0/0" },
  { cidr: "0.0.0.0/0", except: ["10.0.0.0/8"] },
  { cidr: "10.0.0.0/8" },
  { cidr: "10.0.0.0/8", except: ["10.0.1.0/24", "10.0.0.0/16"] },
  { cidr: "10.0.1.0/24" },
  { cidr: "192.0.2.0/24", except: ["192.0.2.128/25"] },
  { cidr: "::/0" },
  { cidr: "2001:db8::/32", except: ["2001:db8:1::/48"] },
];

function peer(dice: Dice, names: readonly string[], plain: boolean): JsonObject {
  if (dice.chance(25)) return { ipBlock: dice.pick(blocks) };
  const both = dice.below(3);
  return {
    ...(both === 1 ? {} : { podSelector: randomSelector(dice, [], plain) }),
    ...(both === 0 ? {} : { namespaceSelector: randomSelector(dice, names, plain) }),
  };
}

function port(dice: Dice): JsonObject {
  const protocol = dice.chance(80) ? { protocol: dice.pick(protocols) } : {};
  const what = dice.below(10);
  if (what < 2) return protocol;
  if (what < 4) return { ...protocol, port: dice.pick(portNames) };
  const number = dice.pick(portNumbers);
  if (what < 6) return { ...protocol, port: number, endPort: number + dice.below(400) };
  return { ...protocol, port: number };
}

function rules(dice: Dice, side: "from" | "to", names: readonly string[], plain: boolean): JsonObject[] {
  return dice.many(2, () => ({
    ...(dice.chance(20) ? {} : { [side]: dice.many(2, () => peer(dice, names, plain)) }),
    ...(dice.chance(40) ? {} : { ports: dice.many(2, () => port(dice)) }),
  }));
}

export function networkPolicy(
  dice: Dice,
  names: readonly string[],
  number: number,
  plain: boolean,
): JsonObject {
  const types = dice.pick([["Ingress"], ["Egress"], ["Ingress", "Egress"]]);
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: `p${number}`, namespace: dice.pick(names) },
    spec: {
      podSelector: randomSelector(dice, [], plain),
      ...(plain || dice.chance(70) ? { policyTypes: types } : {}),
      ...(dice.chance(70) ? { ingress: rules(dice, "from", names, plain) } : {}),
      ...(dice.chance(70) ? { egress: rules(dice, "to", names, plain) } : {}),
    },
  };
}

function pods(dice: Dice, names: readonly string[]): JsonObject {
  if (dice.chance(50)) return { namespaces: randomSelector(dice, names, false) };
  return {
    pods: {
      namespaceSelector: randomSelector(dice, names, false),
      podSelector: randomSelector(dice, [], false),
    },
  };
}

function adminRule(dice: Dice, names: readonly string[], direction: string, dialect: Dialect): JsonObject {
  const peers = [
    pods(dice, names),
    ...dice.many(1, () =>
      direction === "egress" && dice.chance(50)
        ? { networks: [dice.pick(["0.0.0.0/0", "10.0.0.0/8", "192.0.2.0/24", "::/0"])] }
        : pods(dice, names),
    ),
  ];
  const ports = dice.many(2, () => dialect.port(dice));
  return {
    action: dice.pick(dialect.actions),
    [direction === "egress" ? "to" : "from"]: peers,
    ...(ports.length === 0 ? {} : { [dialect.ports]: ports }),
  };
}

interface Dialect {
  readonly actions: readonly string[];
  readonly ports: string;
  readonly port: (dice: Dice) => JsonObject;
}

const old: Dialect = {
  actions: ["Allow", "Deny", "Pass"],
  ports: "ports",
  port: (dice) => {
    const number = dice.pick(portNumbers);
    const protocol = dice.pick(protocols);
    return dice.pick<JsonObject>([
      { portNumber: { protocol, port: number } },
      { portRange: { protocol, start: number, end: number + 5 } },
      { namedPort: dice.pick(portNames) },
    ]);
  },
};
const young: Dialect = {
  actions: ["Accept", "Deny", "Pass"],
  ports: "protocols",
  port: (dice) => {
    const number = dice.pick(portNumbers);
    const protocol = dice.pick(protocols).toLowerCase();
    return dice.pick<JsonObject>([
      { [protocol]: { destinationPort: { number } } },
      { [protocol]: { destinationPort: { range: { start: number, end: number + 5 } } } },
      { [protocol]: {} },
      { destinationNamedPort: dice.pick(portNames) },
    ]);
  },
};

function adminPolicy(dice: Dice, names: readonly string[], kind: string, number: number): JsonObject {
  const cluster = kind === "ClusterNetworkPolicy";
  const baseline = kind === "BaselineAdminNetworkPolicy";
  const dialect = cluster ? young : baseline ? { ...old, actions: ["Allow", "Deny"] } : old;
  return {
    apiVersion: `policy.networking.k8s.io/${cluster ? "v1alpha2" : "v1alpha1"}`,
    kind,
    metadata: { name: baseline ? "default" : `admin${number}` },
    spec: {
      ...(cluster ? { tier: dice.pick(["Admin", "Baseline"]) } : {}),
      // Two of one priority are not defined: each has its own.
      ...(baseline ? {} : { priority: number * 7 }),
      subject: pods(dice, names),
      ingress: dice.many(3, () => adminRule(dice, names, "ingress", dialect)),
      egress: dice.many(3, () => adminRule(dice, names, "egress", dialect)),
    },
  };
}

export interface WorldOptions {
  /** Policies of the admin tiers, too. */
  readonly admin?: boolean;
  /** What cyclonus reads as Kubernetes does: every NetworkPolicy names its policyTypes, NotIn stands beside Exists. */
  readonly plain?: boolean;
}

export function randomWorld(seed: number, { admin = false, plain = false }: WorldOptions = {}): World {
  const dice = new Dice(seed);
  const names = ["x", "y", "z"].slice(0, 1 + dice.below(3));
  const namespaces = Object.fromEntries(
    names.map((name) => [name, { ...labels(dice), "kubernetes.io/metadata.name": name }]),
  );
  const made = Array.from({ length: 2 + dice.below(4) }, (_, index) => ({
    namespace: dice.pick(names),
    name: `pod${index}`,
    labels: labels(dice),
    ip: dice.chance(80) ? `10.0.${dice.below(3)}.${index + 1}` : `2001:db8:${dice.below(2)}::${index + 1}`,
    ports: dice
      .many(3, () => ({ port: dice.pick(portNumbers), name: "", protocol: dice.pick(protocols) }))
      // A name stands once in a pod.
      .map((each, at) => ({ ...each, name: portNames[at] ?? "" })),
  }));
  const policies = dice.many(5, () => 0).map((_, number) => networkPolicy(dice, names, number, plain));
  if (admin) {
    const kinds = dice.pick([["AdminNetworkPolicy"], ["ClusterNetworkPolicy"]]);
    policies.push(
      ...dice.many(3, () => 0).map((_, number) => adminPolicy(dice, names, kinds[0] ?? "", number)),
    );
    if (kinds[0] === "AdminNetworkPolicy" && dice.chance(50))
      policies.push(adminPolicy(dice, names, "BaselineAdminNetworkPolicy", 0));
  }
  return { namespaces, pods: made, policies };
}

/** The world as objects of the API server. */
export function worldObjects({ namespaces, pods: all, policies }: World): readonly JsonObject[] {
  return [
    ...Object.entries(namespaces).map(([name, named]) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, labels: named },
    })),
    ...all.map((pod) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: pod.name, namespace: pod.namespace, labels: pod.labels },
      spec: {
        containers: [
          {
            name: "c",
            image: "c",
            ports: pod.ports.map(({ port: containerPort, name, protocol }) => ({
              containerPort,
              protocol,
              ...(name === "" ? {} : { name }),
            })),
          },
        ],
        ...(pod.serviceAccount === undefined ? {} : { serviceAccountName: pod.serviceAccount }),
      },
      status: { podIP: pod.ip },
    })),
    ...policies,
  ];
}

import type { Json, JsonObject } from "../../../src/kube/json.ts";
import { Dice, randomWorld, type World, worldObjects, type WorldPod } from "./random-world.ts";

/** A small cluster with Calico: its tiers, policies and sets beside those of Kubernetes. */
export interface CalicoWorld {
  readonly world: World;
  /** Everything, as objects of the API server. */
  readonly objects: readonly JsonObject[];
  /** Endpoints of the Services, which a cluster computes. */
  readonly endpoints: readonly JsonObject[];
}

const values = ["a", "b", "ab", "ba", ""];
const keys = ["app", "tier"];
const portNumbers = [80, 81, 443];
const portNames = ["web", "dns"];
const blocks = ["10.0.0.0/8", "10.0.1.0/24", "192.0.2.0/24", "10.0.0.1", "0.0.0.0/0"];
const blocks6 = ["2001:db8::/32", "2001:db8:1::/48", "::/0"];

function quoted(dice: Dice): string {
  const quote = dice.pick(['"', "'"]);
  return `${quote}${dice.pick(values)}${quote}`;
}

/** The text of a selector, of any shape that the grammar has. */
export function randomSelectorText(dice: Dice, labels: readonly string[], depth = 3): string {
  const gap = (): string => dice.pick(["", " ", "  "]);
  const key = dice.pick(labels);
  switch (depth <= 0 ? dice.below(8) : dice.below(12)) {
    case 0:
      return `has(${gap()}${key}${gap()})`;
    case 1:
      return `!${gap()}has(${key})`;
    case 2:
      return `${key}${gap()}==${gap()}${quoted(dice)}`;
    case 3:
      return `${key} != ${quoted(dice)}`;
    case 4:
      return `${key} in {${dice.many(2, () => quoted(dice)).join(", ")}}`;
    case 5:
      return `${key} not in { ${dice.many(2, () => quoted(dice)).join(",")} }`;
    case 6:
      return `${key} ${dice.pick(["contains", "starts with", "ends with", "startswith"])} ${quoted(dice)}`;
    case 7:
      return "all()";
    case 8:
      return `!(${randomSelectorText(dice, labels, depth - 1)})`;
    case 9:
      return `(${randomSelectorText(dice, labels, depth - 1)})${gap()}||${gap()}${randomSelectorText(dice, labels, depth - 1)}`;
    default:
      return `${randomSelectorText(dice, labels, depth - 1)}${gap()}&&${gap()}(${randomSelectorText(dice, labels, depth - 1)})`;
  }
}

const podKeys = [
  ...keys,
  ...keys,
  "projectcalico.org/namespace",
  "projectcalico.org/serviceaccount",
  "projectcalico.org/orchestrator",
  "pcns.app",
  "pcsa.tier",
];
const namespaceKeys = [...keys, "kubernetes.io/metadata.name", "projectcalico.org/name"];

function sometimes(dice: Dice, percent: number, make: () => JsonObject): JsonObject {
  return dice.chance(percent) ? make() : {};
}

function entity(
  dice: Dice,
  options: {
    readonly ports: boolean;
    readonly service: boolean;
    readonly family: number;
  },
): JsonObject {
  if (options.service)
    return {
      services: {
        name: dice.pick(["one", "two"]),
        namespace: "x",
      },
    };
  const nets = options.family === 6 ? blocks6 : blocks;
  const port = (): Json =>
    dice.pick<Json>([
      dice.pick(portNumbers),
      `${dice.pick(portNumbers)}:${443 + dice.below(3)}`,
      dice.pick(portNames),
      String(dice.pick(portNumbers)),
    ]);
  return {
    ...sometimes(dice, 45, () => ({ selector: randomSelectorText(dice, podKeys) })),
    ...sometimes(dice, 25, () => ({
      namespaceSelector: dice.chance(15) ? "global()" : randomSelectorText(dice, namespaceKeys, 1),
    })),
    ...sometimes(dice, 15, () => ({ notSelector: randomSelectorText(dice, podKeys, 1) })),
    ...sometimes(dice, 15, () => ({
      serviceAccounts: {
        ...sometimes(dice, 60, () => ({ names: dice.many(2, () => dice.pick(["default", "robot"])) })),
        ...sometimes(dice, 50, () => ({ selector: randomSelectorText(dice, keys, 1) })),
      },
    })),
    ...sometimes(dice, 20, () => ({ nets: dice.many(2, () => dice.pick(nets)) })),
    ...sometimes(dice, 15, () => ({ notNets: dice.many(2, () => dice.pick(nets.slice(0, -1))) })),
    ...(options.ports
      ? {
          ...sometimes(dice, 50, () => ({ ports: dice.many(2, port) })),
          ...sometimes(dice, 20, () => ({ notPorts: dice.many(2, port) })),
        }
      : {}),
  };
}

function rule(dice: Dice, direction: string): JsonObject {
  const family = dice.pick([0, 4, 6, 0]);
  const protocol = dice.chance(60)
    ? { protocol: dice.pick<Json>(["TCP", "UDP", "SCTP", "ICMP", 6, 17, 132]) }
    : dice.chance(30)
      ? { notProtocol: dice.pick<Json>(["TCP", "UDP", 132]) }
      : {};
  const ports = "protocol" in protocol && protocol.protocol !== "ICMP";
  const service = dice.chance(8);
  const at = family === 0 ? dice.pick([4, 6]) : family;
  return {
    action: dice.pick(["Allow", "Allow", "Allow", "Deny", "Deny", "Pass", "Log"]),
    ...(family === 0 || (protocol as JsonObject)["protocol"] === "ICMP" ? {} : { ipVersion: family }),
    ...protocol,
    source: entity(dice, { ports: false, service: service && direction === "ingress", family: at }),
    destination: entity(dice, {
      ports: ports && !(service && direction === "egress"),
      service: service && direction === "egress",
      family: at,
    }),
  };
}

function types(dice: Dice): JsonObject {
  return { types: dice.pick([["Ingress"], ["Egress"], ["Ingress", "Egress"]]) };
}

function calicoPolicy(
  dice: Dice,
  names: readonly string[],
  tiers: readonly string[],
  number: number,
): JsonObject {
  const global = dice.chance(50);
  const made = types(dice);
  const has = (type: string): boolean => (made["types"] as readonly string[]).includes(type);
  return {
    apiVersion: "projectcalico.org/v3",
    kind: global ? "GlobalNetworkPolicy" : "NetworkPolicy",
    metadata: { name: `calico${number}`, ...(global ? {} : { namespace: dice.pick(names) }) },
    spec: {
      ...sometimes(dice, 80, () => ({ tier: dice.pick(tiers) })),
      ...sometimes(dice, 70, () => ({ order: dice.pick([1000, 999.5, 1000.25, -3, 5, 2000]) })),
      ...sometimes(dice, 70, () => ({ selector: randomSelectorText(dice, podKeys) })),
      ...sometimes(dice, 20, () => ({ serviceAccountSelector: randomSelectorText(dice, keys, 1) })),
      ...(global
        ? sometimes(dice, 30, () => ({ namespaceSelector: randomSelectorText(dice, namespaceKeys, 1) }))
        : {}),
      ...made,
      ...(has("Ingress") ? { ingress: dice.many(3, () => rule(dice, "ingress")) } : {}),
      ...(has("Egress") ? { egress: dice.many(3, () => rule(dice, "egress")) } : {}),
    },
  };
}

const fixedTiers: readonly JsonObject[] = [
  { name: "kube-admin", order: 1000, defaultAction: "Pass" },
  { name: "default", order: 1_000_000, defaultAction: "Deny" },
  { name: "kube-baseline", order: 10_000_000, defaultAction: "Pass" },
].map(({ name, ...spec }) => ({
  apiVersion: "projectcalico.org/v3",
  kind: "Tier",
  metadata: { name },
  spec,
}));

function tier(dice: Dice, name: string): JsonObject {
  return {
    apiVersion: "projectcalico.org/v3",
    kind: "Tier",
    metadata: { name },
    spec: {
      ...sometimes(dice, 80, () => ({ order: dice.pick([1, 1000, 50_000, 50_000, 2_000_000, 20_000_000]) })),
      ...sometimes(dice, 70, () => ({ defaultAction: dice.pick(["Pass", "Deny"]) })),
    },
  };
}

function randomLabels(dice: Dice): Record<string, string> {
  return Object.fromEntries(keys.filter(() => dice.chance(60)).map((key) => [key, dice.pick(values)]));
}

function networkSet(dice: Dice, names: readonly string[], number: number): JsonObject {
  const global = dice.chance(50);
  return {
    apiVersion: "projectcalico.org/v3",
    kind: global ? "GlobalNetworkSet" : "NetworkSet",
    metadata: {
      name: `set${number}`,
      labels: randomLabels(dice),
      ...(global ? {} : { namespace: dice.pick(names) }),
    },
    spec: {
      nets: dice.many(3, () => dice.pick([...blocks.slice(0, -1), ...blocks6.slice(0, -1), "8.8.8.8/32"])),
    },
  };
}

export function randomCalicoWorld(seed: number): CalicoWorld {
  const dice = new Dice(seed ^ 0x5ca1ab1e);
  const made = randomWorld(seed, { plain: true });
  const names = Object.keys(made.namespaces);
  const accounts = made.pods.map(() => dice.pick(["default", "robot"]));
  const pods = made.pods.map(
    (pod, at): WorldPod => ({
      ...pod,
      serviceAccount: accounts[at] ?? "default",
      labels: { ...pod.labels, ...(dice.chance(30) ? randomLabels(dice) : {}) },
    }),
  );
  const policies = dice.chance(60) ? made.policies.slice(0, 2) : [];
  const world: World = { ...made, pods, policies };
  const tiers = dice.many(2, () => 0).map((_, at) => tier(dice, `tier${at}`));
  const tierNames = ["default", ...tiers.map((_, at) => `tier${at}`)];
  const sets = dice.many(2, () => 0).map((_, at) => networkSet(dice, names, at));
  const own = [0, ...dice.many(4, () => 0)].map((_, at) => calicoPolicy(dice, names, tierNames, at));
  // For Calico, namespaces as peers of a ClusterNetworkPolicy mean sets, too; that is named as not modelled.
  const admin =
    dice.chance(25) && sets.length === 0
      ? randomWorld(seed, { admin: true }).policies.filter(({ kind }) => kind === "ClusterNetworkPolicy")
      : [];
  const serviceAccounts = names.flatMap((namespace) =>
    ["default", "robot"].map((name) => ({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace, labels: randomLabels(dice) },
    })),
  );
  const services = names.flatMap((namespace) => ["one", "two"].map((name) => service(dice, namespace, name)));
  return {
    world,
    objects: [
      ...worldObjects(world),
      ...serviceAccounts,
      ...services,
      ...fixedTiers,
      ...tiers,
      ...sets,
      ...own,
      ...admin,
    ],
    endpoints: services.flatMap((each) => slices(each, pods)),
  };
}

function service(dice: Dice, namespace: string, name: string): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: {
      selector: { [dice.pick(keys)]: dice.pick(["a", "b"]) },
      ports: [
        {
          name: "p",
          port: 8080,
          protocol: dice.pick(["TCP", "UDP"]),
          targetPort: dice.pick<Json>([80, 443, "web"]),
        },
      ],
    },
  };
}

/** What the endpoint slice controller makes: one slice a family of addresses and a number of the port. */
function slices(made: JsonObject, pods: readonly WorldPod[]): readonly JsonObject[] {
  const { namespace, name } = made["metadata"] as Record<string, string>;
  const { selector, ports } = made["spec"] as unknown as {
    selector: Record<string, string>;
    ports: readonly { readonly protocol: string; readonly targetPort: number | string }[];
  };
  const [port] = ports;
  const behind = pods.filter(
    (pod) =>
      pod.namespace === namespace &&
      Object.entries(selector).every(([key, value]) => pod.labels[key] === value),
  );
  return behind.flatMap((pod, at) => {
    const target =
      typeof port?.targetPort === "number"
        ? port.targetPort
        : pod.ports.find((each) => each.name === port?.targetPort && each.protocol === port.protocol)?.port;
    return [
      {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: {
          name: `${name ?? ""}-${at}`,
          namespace: namespace ?? "",
          labels: { "kubernetes.io/service-name": name ?? "" },
        },
        addressType: pod.ip.includes(":") ? "IPv6" : "IPv4",
        endpoints: [{ addresses: [pod.ip], conditions: { ready: true } }],
        ports: target === undefined ? [] : [{ name: "p", port: target, protocol: port?.protocol ?? "TCP" }],
      },
    ];
  });
}

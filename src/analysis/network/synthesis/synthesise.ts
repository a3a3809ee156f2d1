import { isArray, type Json, type JsonObject, valueAt } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import { parseEnd, parseTarget } from "../ask/ends.ts";
import { readEntries } from "../entry/entries.ts";
import { portsMeant, readServices, targetPorts, workloadsBehind } from "../entry/services.ts";
import { buildNetwork, type Network } from "../engine/network.ts";
import { addressesFrom, addressesTo, portsBetween } from "../engine/reach.ts";
import { NAMESPACE_NAME_LABEL } from "../model/read-workloads.ts";
import { Names } from "../render/names.ts";
import { allIps, ipText, ipTexts, type IpSet } from "../sets/ip-set.ts";
import { PortSpace, type PortSetId } from "../sets/port-space.ts";
import { configMaps, referencesOf } from "./references.ts";

/** A flow that the workloads need, and why it is thought so. */
export interface WantedFlow {
  /** A workload's number, everybody in the cluster and outside, every pod of the cluster, or addresses. */
  readonly from: number | "everybody" | "cluster";
  readonly to: number | IpSet;
  readonly ports: PortSetId;
  readonly evidence: string;
}

export interface Synthesis {
  readonly net: Network;
  readonly flows: readonly WantedFlow[];
  /** In the order in which they are to be applied: what allows first, default deny last. */
  readonly policies: readonly JsonObject[];
  /** What the policies allow and nobody wants, and what is wanted and they do not allow; empty: exact. */
  readonly differences: readonly string[];
  /** What the author of the policies must know. */
  readonly notes: readonly string[];
}

const EVIDENCE = "kubernetes-operations.dev/evidence";

/**
 * The least NetworkPolicies for the flows that the workloads declare (Services that they name, ways in) and for those of
 * `wanted`: one policy a workload, which lists all of its flows, and a default deny a namespace. Existing NetworkPolicies
 * are left out of account: what is made stands in their place. The engine proves what the result allows.
 */
export function synthesisePolicies(
  objects: readonly JsonObject[],
  wanted: readonly { readonly from: string; readonly to: string; readonly evidence: string }[] = [],
): Synthesis {
  const rest = objects.filter(({ kind }) => kind !== "NetworkPolicy");
  const net = buildNetwork(rest);
  const flows = [
    ...declaredFlows(net),
    ...entryFlows(net),
    ...wanted.flatMap((flow) => namedFlows(net, flow)),
  ];
  const selectors = net.workloads.map((_, number) => selectorFor(net, number));
  const policies = [
    ...net.workloads.flatMap((_, number) => policyFor(net, number, flows, selectors)),
    ...[...new Set(net.workloads.map(({ namespace }) => namespace))].sort().map(defaultDeny),
  ];
  return {
    net,
    flows,
    policies,
    differences: prove(rest, net, flows, policies),
    notes: notesFor(net, selectors),
  };
}

function declaredFlows(net: Network): readonly WantedFlow[] {
  const services = readServices(net.objects);
  const maps = configMaps(net.objects);
  return net.workloads.flatMap((workload, from) =>
    referencesOf(workload, services, maps).flatMap(({ service, port, where }) => {
      const ports = portsMeant(service, port);
      return workloadsBehind(service, net.workloads).flatMap((to): WantedFlow[] => {
        const target = net.workloads[to];
        if (target === undefined || to === from) return [];
        const set = net.space.of(
          ports.flatMap((each) =>
            targetPorts(target, each).map((at) => ({ protocol: each.protocol, from: at, to: at })),
          ),
        );
        const evidence = `${where} names Service ${service.namespace}/${service.name}`;
        return set === PortSpace.none ? [] : [{ from, to, ports: set, evidence }];
      });
    }),
  );
}

function entryFlows(net: Network): readonly WantedFlow[] {
  return readEntries(net).entries.flatMap((entry): WantedFlow[] => {
    if (entry.kind === "host-network" || entry.ports === PortSpace.none) return [];
    // Which pods the controller of an Ingress has is not known: every pod of the cluster may be it.
    const from = entry.kind === "ingress" ? "cluster" : "everybody";
    return [{ from, to: entry.workload, ports: entry.ports, evidence: `${entry.by} leads here` }];
  });
}

/** @throws {OpsError} USAGE for an end that is not in the input */
function namedFlows(
  net: Network,
  { from, to, evidence }: { readonly from: string; readonly to: string; readonly evidence: string },
): readonly WantedFlow[] {
  const source = parseEnd(net, from);
  const { end, ports } = parseTarget(net, to);
  if (source.kind === "fresh" || end.kind === "fresh")
    throw new OpsError("USAGE", `${from} to ${to}: a wanted flow is between workloads or with addresses`);
  if (source.kind === "addresses") {
    if (end.kind !== "workloads") return [];
    return end.numbers.map((number) => ({
      from: "everybody" as const,
      to: number,
      ports: ports(number),
      evidence,
    }));
  }
  return source.numbers.flatMap((number): WantedFlow[] => {
    if (end.kind === "addresses") return [{ from: number, to: end.ips, ports: ports(undefined), evidence }];
    return end.numbers
      .filter((other) => other !== number)
      .map((other) => ({ from: number, to: other, ports: ports(other), evidence }));
  });
}

/**
 * Flows of a document: a list of `{from, to, evidence}`, alone or under `flows`.
 * @throws {OpsError} INPUT_MALFORMED
 */
export function readFlows(
  value: Json,
): readonly { readonly from: string; readonly to: string; readonly evidence: string }[] {
  const list = isArray(value) ? value : valueAt(value, ["flows"]);
  if (!isArray(list)) throw malformed("there is no list of flows in the file");
  return list.map((row, index) => {
    const [from, to, evidence] = ["from", "to", "evidence"].map((key) => valueAt(row, [key]));
    if (typeof from !== "string" || typeof to !== "string")
      throw malformed(`flow ${index + 1} needs the texts from and to`);
    return { from, to, evidence: typeof evidence === "string" ? evidence : "listed in the flows" };
  });
}

function malformed(message: string): OpsError {
  return new OpsError("INPUT_MALFORMED", message, {
    hint: 'write [{"from": "shop/web", "to": "payments/db:5432", "evidence": "seen"}]',
  });
}

/** Keys that name a workload, the best first. */
const naming = [
  "app.kubernetes.io/name",
  "app.kubernetes.io/instance",
  "app",
  "k8s-app",
  "name",
  "component",
];

/** The fewest labels that no other workload of the namespace has; all of them where that is not enough. */
function selectorFor(net: Network, number: number): Readonly<Record<string, string>> {
  const workload = net.workloads[number];
  if (workload === undefined) return {};
  const others = net.workloads.filter((other, at) => at !== number && other.namespace === workload.namespace);
  const apart = (keys: readonly string[]): boolean =>
    !others.some((other) => keys.every((key) => other.labels[key] === workload.labels[key]));
  const own = Object.keys(workload.labels).filter((key) => key !== "pod-template-hash");
  const ordered = [
    ...naming.filter((key) => own.includes(key)),
    ...own.filter((key) => !naming.includes(key)).sort(),
  ];
  const single = ordered.find((key) => apart([key]));
  const keys = single === undefined ? ordered : [single];
  return Object.fromEntries(keys.map((key) => [key, workload.labels[key] ?? ""]));
}

type Selectors = readonly Readonly<Record<string, string>>[];

interface RuleMade {
  readonly peers: readonly JsonObject[];
  readonly ports: PortSetId;
  readonly evidence: readonly string[];
}

function policyFor(
  net: Network,
  number: number,
  flows: readonly WantedFlow[],
  selectors: Selectors,
): readonly JsonObject[] {
  const workload = net.workloads[number];
  const selector = selectors[number] ?? {};
  // Without labels a selector would mean every pod of the namespace.
  if (workload === undefined || workload.hostNetwork || Object.keys(selector).length === 0) return [];
  const into = rulesFrom(
    net,
    flows.filter(({ to }) => to === number),
    ({ from }) => peersOf(net, workload.namespace, from, selectors),
  );
  const out = rulesFrom(
    net,
    flows.filter(({ from }) => from === number),
    ({ to }) => (typeof to === "number" ? peersOf(net, workload.namespace, to, selectors) : blocksOf(to)),
  );
  if (into.length + out.length === 0) return [];
  const evidence = [
    ...into.flatMap((rule, at) => rule.evidence.map((why) => `ingress ${at + 1}: ${why}`)),
    ...out.flatMap((rule, at) => rule.evidence.map((why) => `egress ${at + 1}: ${why}`)),
  ];
  return [
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: {
        name: workload.name,
        namespace: workload.namespace,
        annotations: { [EVIDENCE]: evidence.join("\n") },
      },
      spec: {
        podSelector: { matchLabels: selector },
        policyTypes: ["Ingress", "Egress"],
        ...(into.length === 0 ? {} : { ingress: into.map((rule) => ruleObject(net, rule, "from")) }),
        egress: [...out.map((rule) => ruleObject(net, rule, "to")), ...(out.length === 0 ? [] : [dnsRule])],
      },
    },
  ];
}

/** Names are looked up over UDP, long answers over TCP. */
const dnsRule: JsonObject = {
  to: [{ namespaceSelector: { matchLabels: { [NAMESPACE_NAME_LABEL]: "kube-system" } } }],
  ports: [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ],
};

/** Flows with the same peer become one rule; rules with the same ports share one. */
function rulesFrom(
  net: Network,
  flows: readonly WantedFlow[],
  peersFor: (flow: WantedFlow) => readonly JsonObject[],
): readonly RuleMade[] {
  const byPeer = new Map<string, { peers: readonly JsonObject[]; ports: PortSetId; evidence: Set<string> }>();
  for (const flow of flows) {
    const peers = peersFor(flow);
    const key = JSON.stringify(peers);
    const row = byPeer.get(key) ?? { peers, ports: PortSpace.none, evidence: new Set<string>() };
    row.ports = net.space.union(row.ports, flow.ports);
    row.evidence.add(flow.evidence);
    byPeer.set(key, row);
  }
  return [...byPeer]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, { peers, ports, evidence }]) => ({ peers, ports, evidence: [...evidence].sort() }));
}

/** An empty list of peers means everybody. */
function peersOf(
  net: Network,
  namespace: string,
  end: WantedFlow["from"],
  selectors: Selectors,
): readonly JsonObject[] {
  if (end === "everybody") return [];
  if (end === "cluster") return [{ namespaceSelector: {} }];
  const workload = net.workloads[end];
  if (workload === undefined) return [];
  const podSelector = { matchLabels: selectors[end] ?? {} };
  return workload.namespace === namespace
    ? [{ podSelector }]
    : [{ namespaceSelector: { matchLabels: { [NAMESPACE_NAME_LABEL]: workload.namespace } }, podSelector }];
}

function blocksOf(ips: IpSet): readonly JsonObject[] {
  if (ipText(ips) === ipText(allIps))
    return [{ ipBlock: { cidr: "0.0.0.0/0" } }, { ipBlock: { cidr: "::/0" } }];
  return ipTexts(ips).map((text) => ({
    ipBlock: { cidr: text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}` },
  }));
}

function ruleObject(net: Network, { peers, ports }: RuleMade, side: "from" | "to"): JsonObject {
  const listed = net.space.ranges(net.space.real(ports)).map(({ protocol, from, to }) => ({
    protocol,
    ...(from === 1 && to === 65_535 ? {} : { port: from, ...(from === to ? {} : { endPort: to }) }),
  }));
  return {
    ...(peers.length === 0 ? {} : { [side]: peers }),
    ...(ports === PortSpace.all ? {} : { ports: listed }),
  };
}

function defaultDeny(namespace: string): JsonObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "default-deny", namespace },
    spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
  };
}

/** What the policies allow against what is wanted, pair by pair; DNS is allowed beside. */
function prove(
  objects: readonly JsonObject[],
  net: Network,
  flows: readonly WantedFlow[],
  policies: readonly JsonObject[],
): readonly string[] {
  const { space, workloads } = net;
  const made = buildNetwork([...objects, ...policies], { space });
  const names = new Names(workloads);
  const wanted = new Map<string, PortSetId>();
  const open = new Map<number, PortSetId>();
  const want = (key: string, ports: PortSetId): void => {
    wanted.set(key, space.union(wanted.get(key) ?? PortSpace.none, ports));
  };
  for (const { from, to, ports } of flows) {
    if (typeof from === "number" && typeof to === "number") want(`${from} ${to}`, ports);
    else if (typeof to === "number") open.set(to, space.union(open.get(to) ?? PortSpace.none, ports));
  }
  const dns = space.of([
    { protocol: "UDP", from: 53, to: 53 },
    { protocol: "TCP", from: 53, to: 53 },
  ]);
  const differences: string[] = [];
  for (const [from, source] of made.classOf.entries()) {
    for (const [to, target] of made.classOf.entries()) {
      if (from === to || workloads[from]?.hostNetwork === true || workloads[to]?.hostNetwork === true)
        continue;
      const allowed = portsBetween(made, source, target);
      const need = wanted.get(`${from} ${to}`) ?? PortSpace.none;
      // A port that is open to everybody is wanted where the source may ask for it, DNS where the target serves it.
      const may = space.unionAll([need, space.intersect(dns, open.get(to) ?? PortSpace.none)]);
      const more = space.minus(allowed, may);
      const less = space.minus(need, allowed);
      if (more !== PortSpace.none)
        differences.push(`${names.of(from)} -> ${names.of(to)}: ${space.text(more)} is open and not wanted`);
      if (less !== PortSpace.none)
        differences.push(`${names.of(from)} -> ${names.of(to)}: ${space.text(less)} is wanted and closed`);
    }
    differences.push(...outsideDifferences(made, flows, { from, source, name: names.of(from) }));
  }
  return differences;
}

function outsideDifferences(
  made: Network,
  flows: readonly WantedFlow[],
  { from, source, name }: { readonly from: number; readonly source: number; readonly name: string },
): readonly string[] {
  if (made.workloads[from]?.hostNetwork === true) return [];
  const leaves = flows.some((flow) => flow.from === from && typeof flow.to !== "number");
  const entered = flows.some((flow) => flow.to === from && flow.from === "everybody");
  return [
    ...(!leaves && addressesFrom(made, source).length > 0
      ? [`${name} -> outside is open and not wanted`]
      : []),
    ...(!entered && addressesTo(made, source).length > 0
      ? [`outside -> ${name} is open and not wanted`]
      : []),
  ];
}

function notesFor(net: Network, selectors: Selectors): readonly string[] {
  const names = new Names(net.workloads);
  const bare = net.workloads.flatMap(({ hostNetwork }, number) =>
    hostNetwork ? [`${names.of(number)} uses the network of its node: no policy holds for it`] : [],
  );
  const unlabelled = net.workloads.flatMap((_, number) =>
    Object.keys(selectors[number] ?? {}).length === 0
      ? [`${names.of(number)} has no labels: no policy can select it`]
      : [],
  );
  const replaced = net.objects.some((object) => objectKey(object).kind === "NetworkPolicy");
  return [
    ...bare,
    ...unlabelled,
    ...(replaced ? ["existing NetworkPolicies are left out of account: these stand in their place"] : []),
    "a flow that is built at run time, or that only a failover or a scheduled job uses, is not declared anywhere: list it in --flows",
    "apply in this order: each policy lists all flows of its workload, and default deny comes last",
  ];
}

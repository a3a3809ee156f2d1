import { outsideBlock } from "../../authoring/specialists/networking/egress.ts";
import { fitName } from "../../authoring/specialists/names.ts";
import { isArray, type Json, type JsonObject, valueAt } from "../../kube/json.ts";
import { keyText, objectKey } from "../../kube/object-key.ts";
import { printable } from "../../kube/printable.ts";
import { matchesMap } from "../../kube/selector.ts";
import type { ConnectOperation, ExposeOperation, RestrictOperation } from "../operations/operation.ts";
import { type GivenWorkload, policiesOn } from "./given-objects.ts";
import { addObject, besideWorkload, type ObjectsWork, theWorkload } from "./objects-work.ts";
import { type Turn, turnText } from "./outcomes.ts";

interface PolicyPort {
  readonly port: number;
  readonly protocol: string;
}

/**
 * Policies only add. Where no given policy closes an end, it is open already and a policy would close it to everybody
 * else: none is made, and the report says so.
 */
export function connectGiven(work: ObjectsWork, turn: Turn<ConnectOperation>): void {
  const { from: fromName, to: toName, cidr, port, protocol = "TCP" } = turn.operation;
  const from = theWorkload(work, turn, fromName);
  if (from === undefined) return;
  if (cidr !== undefined && port !== undefined) {
    if (policiesOn(work.given, from, "Egress").length === 0)
      return work.outcomes.dropped(
        turn,
        `no given policy closes ${fromName} to the outside: it is open already`,
      );
    const block = outsideBlock(cidr);
    if (block === undefined) {
      return work.outcomes.dropped(
        turn,
        `${cidr} is where machines of a cloud ask for their credentials: no connection to it is opened`,
      );
    }
    const peers = [{ ipBlock: block }];
    const name = fitName(`${fromName}-to-${cidr.replaceAll(/[^0-9a-fA-F]+/gu, "-").toLowerCase()}`, 63);
    return addPolicy(work, turn, from, { name, direction: "Egress", peers, ports: [{ port, protocol }] });
  }
  const to = toName === undefined ? undefined : theWorkload(work, turn, toName);
  if (to === undefined || toName === undefined) return;
  if (!sameNamespace(work, turn, from, to)) return;
  work.opened.set(toName, [...(work.opened.get(toName) ?? []), { from: fromName, turn }]);
  const ports: readonly PolicyPort[] = port === undefined ? to.ports : [{ port, protocol }];
  const incoming = policiesOn(work.given, to, "Ingress").length > 0;
  const outgoing = policiesOn(work.given, from, "Egress").length > 0;
  if (!incoming && !outgoing)
    work.outcomes.dropped(
      turn,
      `no given policy closes ${fromName} or ${toName}: the connection is open already`,
    );
  if (incoming) allowInto(work, turn, to, { from, ports });
  if (outgoing)
    addPolicy(work, turn, from, {
      name: fitName(`${fromName}-to-${toName}`, 63),
      direction: "Egress",
      peers: [{ podSelector: { matchLabels: to.selector } }],
      ports,
    });
}

function allowInto(
  work: ObjectsWork,
  turn: Turn,
  to: GivenWorkload,
  { from, ports }: { readonly from: GivenWorkload; readonly ports: readonly PolicyPort[] },
): void {
  addPolicy(work, turn, to, {
    name: fitName(`${to.name}-from-${from.name}`, 63),
    direction: "Ingress",
    peers: [{ podSelector: { matchLabels: from.selector } }],
    ports,
  });
}

function sameNamespace(work: ObjectsWork, turn: Turn, from: GivenWorkload, to: GivenWorkload): boolean {
  if (from.namespace === to.namespace) return true;
  work.outcomes.ask(
    "agent/ambiguous-object",
    `${turnText(turn)}: ${from.name} and ${to.name} stand in two namespaces; connections between namespaces are not made yet`,
  );
  return false;
}

/** One policy that lets these in and, being a policy, nobody else. */
export function restrictGiven(work: ObjectsWork, turn: Turn<RestrictOperation>): void {
  const { workload: name, allowFrom } = turn.operation;
  const workload = theWorkload(work, turn, name);
  if (workload === undefined) return;
  if (!work.outcomes.claim(`who may connect to ${name}`, [...allowFrom].sort().join(", "), turn)) return;
  for (const opening of work.opened.get(name) ?? []) {
    if (allowFrom.includes(opening.from)) continue;
    work.outcomes.ask(
      "agent/conflict",
      `${turnText(opening.turn)} opens ${name} to ${opening.from}, and ${turnText(turn)} closes it to all but ${allowFrom.join(", ") || "nobody"}: which one?`,
    );
  }
  const others = policiesOn(work.given, workload, "Ingress").filter((policy) => {
    const rules = valueAt(policy, ["spec", "ingress"]);
    return isArray(rules) && rules.length > 0;
  });
  for (const other of others)
    work.outcomes.ask(
      "agent/conflict",
      `${turnText(turn)} closes ${name}, and ${printable(keyText(objectKey(other)))} opens it: policies only add, so take that one out first`,
    );
  const peers = allowFrom.flatMap((from) => {
    const source = theWorkload(work, turn, from);
    if (source === undefined || !sameNamespace(work, turn, source, workload)) return [];
    if (policiesOn(work.given, source, "Egress").length > 0)
      addPolicy(work, turn, source, {
        name: fitName(`${from}-to-${name}`, 63),
        direction: "Egress",
        peers: [{ podSelector: { matchLabels: workload.selector } }],
        ports: workload.ports,
      });
    return [{ podSelector: { matchLabels: source.selector } }];
  });
  if (peers.length < allowFrom.length) return;
  addPolicy(work, turn, workload, {
    name: fitName(`${name}-restricted`, 63),
    direction: "Ingress",
    peers,
    ports: workload.ports,
  });
}

/** A Service where none serves the port yet, an opening where a policy closes it, and an Ingress for a host. */
export function exposeGiven(work: ObjectsWork, turn: Turn<ExposeOperation>): void {
  const { workload: name, port, host, tlsSecret } = turn.operation;
  const workload = theWorkload(work, turn, name);
  if (workload === undefined) return;
  work.opened.set(name, [...(work.opened.get(name) ?? []), { from: "every Pod of the cluster", turn }]);
  const service = serviceFor(work, workload, port) ?? newService(work, turn, workload, port);
  if (policiesOn(work.given, workload, "Ingress").length > 0)
    addPolicy(work, turn, workload, {
      name: fitName(`${name}-from-cluster`, 63),
      direction: "Ingress",
      peers: [{ namespaceSelector: {} }],
      ports: [{ port, protocol: "TCP" }],
    });
  if (host === undefined) return;
  if (!work.outcomes.claim(`host ${host}`, `${name}:${port}`, turn)) return;
  addObject(work, turn, {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: besideWorkload(workload, fitName(`${name}-${host}`.replaceAll(".", "-"), 63)),
    spec: {
      ...(tlsSecret === undefined ? {} : { tls: [{ hosts: [host], secretName: tlsSecret }] }),
      rules: [
        {
          host,
          http: {
            paths: [
              {
                path: "/",
                pathType: "Prefix",
                backend: { service: { name: service.name, port: { number: service.port } } },
              },
            ],
          },
        },
      ],
    },
  });
}

interface ServicePort {
  readonly name: string;
  readonly port: number;
}

/** The given Service that leads to a port of a workload. */
function serviceFor(work: ObjectsWork, workload: GivenWorkload, port: number): ServicePort | undefined {
  const names = workload.ports.flatMap((one) =>
    one.port === port && one.name !== undefined ? [one.name] : [],
  );
  for (const object of work.given) {
    const key = objectKey(object);
    if (key.group !== "" || key.kind !== "Service" || key.namespace !== workload.namespace) continue;
    const selector = valueAt(object, ["spec", "selector"]);
    if (!matchesMap(selector, workload.labels)) continue;
    const ports = valueAt(object, ["spec", "ports"]);
    for (const entry of isArray(ports) ? ports : []) {
      const target = valueAt(entry, ["targetPort"]) ?? valueAt(entry, ["port"]);
      const number = valueAt(entry, ["port"]);
      const leads = target === port || (typeof target === "string" && names.includes(target));
      if (leads && typeof number === "number") return { name: key.name, port: number };
    }
  }
  return undefined;
}

function newService(work: ObjectsWork, turn: Turn, workload: GivenWorkload, port: number): ServicePort {
  const name = workload.name;
  addObject(work, turn, {
    apiVersion: "v1",
    kind: "Service",
    metadata: besideWorkload(workload, name),
    spec: {
      type: "ClusterIP",
      selector: workload.selector,
      ports: [{ name: `tcp-${port}`, port, protocol: "TCP", targetPort: port }],
    },
  });
  return { name, port };
}

interface Policy {
  readonly name: string;
  readonly direction: "Ingress" | "Egress";
  readonly peers: readonly JsonObject[];
  readonly ports: readonly PolicyPort[];
}

function addPolicy(work: ObjectsWork, turn: Turn, workload: GivenWorkload, policy: Policy): void {
  const { name, direction, peers, ports } = policy;
  const [side, member] = direction === "Ingress" ? ["from", "ingress"] : ["to", "egress"];
  const rule: JsonObject = {
    [side]: peers,
    ...(ports.length === 0 ? {} : { ports: ports.map(({ port, protocol }): Json => ({ port, protocol })) }),
  };
  addObject(work, turn, {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: besideWorkload(workload, name),
    spec: {
      podSelector: { matchLabels: workload.selector },
      policyTypes: [direction],
      // No peer at all is no rule: an empty `from` would let everybody in.
      [member]: peers.length === 0 ? [] : [rule],
    },
  });
}

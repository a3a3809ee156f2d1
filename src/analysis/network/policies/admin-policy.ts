import { isObject, type Json, type JsonPath } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { isProtocol } from "../model/read-workloads.ts";
import { type IpSet, noIps, unionIps } from "../sets/ip-set.ts";
import { MAX_POINT, type PortRange, type Protocol } from "../sets/port-space.ts";
import {
  type Action,
  anyPorts,
  type Direction,
  noPorts,
  type Peers,
  type Policy,
  type PortName,
  type Ports,
  type Rule,
  stages,
  type Term,
} from "./policy.ts";
import { type PolicyReader, shown } from "./reading.ts";

/** How the two generations of the API write the same thing. */
interface Dialect {
  readonly actions: ReadonlyMap<string, Action>;
  readonly ports: "ports" | "protocols";
  /** `networks` match pods inside of the cluster, too (v1alpha2 types, Networks). */
  readonly networksMeanPods: boolean;
}

const v1alpha1: Dialect = {
  actions: new Map<string, Action>([
    ["Allow", "allow"],
    ["Deny", "deny"],
    ["Pass", "pass"],
  ]),
  ports: "ports",
  networksMeanPods: false,
};
const baselineV1alpha1: Dialect = {
  ...v1alpha1,
  actions: new Map<string, Action>([
    ["Allow", "allow"],
    ["Deny", "deny"],
  ]),
};
const v1alpha2: Dialect = {
  actions: new Map<string, Action>([
    ["Accept", "allow"],
    ["Deny", "deny"],
    ["Pass", "pass"],
  ]),
  ports: "protocols",
  networksMeanPods: true,
};

/** policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy. */
export function readAdminNetworkPolicy(reader: PolicyReader): readonly Policy[] {
  return readPolicy(reader, v1alpha1, stages.admin, priorityOf(reader));
}

/** policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy: there is one, named `default`. */
export function readBaselineAdminNetworkPolicy(reader: PolicyReader): readonly Policy[] {
  if (objectKey(reader.object).name !== "default")
    reader.problem("invalid", ["metadata", "name"], 'a BaselineAdminNetworkPolicy must be called "default"');
  return readPolicy(reader, baselineV1alpha1, stages.baseline, 0);
}

/** policy.networking.k8s.io/v1alpha2 and v1beta1 ClusterNetworkPolicy. */
export function readClusterNetworkPolicy(reader: PolicyReader): readonly Policy[] {
  const tier = reader.at(["spec", "tier"]);
  if (tier !== "Admin" && tier !== "Baseline") {
    reader.problem("invalid", ["spec", "tier"], `${shown(tier)} must be Admin or Baseline`);
    return [];
  }
  return readPolicy(reader, v1alpha2, tier === "Admin" ? stages.admin : stages.baseline, priorityOf(reader));
}

function priorityOf(reader: PolicyReader): number {
  const priority = reader.at(["spec", "priority"]);
  if (typeof priority === "number" && Number.isInteger(priority) && priority >= 0 && priority <= 1000)
    return priority;
  reader.problem("invalid", ["spec", "priority"], `${shown(priority)} is no number from 0 to 1000`);
  return 1000;
}

function readPolicy(
  reader: PolicyReader,
  dialect: Dialect,
  stage: number,
  priority: number,
): readonly Policy[] {
  const key = objectKey(reader.object);
  if (!isObject(reader.at(["spec"]))) reader.problem("invalid", ["spec"], "must be a mapping");
  const subject = podsTerm(reader, ["spec", "subject"]);
  if (subject === undefined && !reader.invalid)
    reader.problem("invalid", ["spec", "subject"], "must name exactly one of namespaces and pods");
  const rules = {
    ingress: readRules(reader, "ingress", dialect, priority),
    egress: readRules(reader, "egress", dialect, priority),
  };
  if (reader.invalid || subject === undefined) return [];
  return [
    {
      kind: key.kind,
      namespace: "",
      name: key.name,
      object: reader.object,
      stage,
      subject: [subject],
      isolates: { ingress: false, egress: false },
      applies: { ingress: rules.ingress.length > 0, egress: rules.egress.length > 0 },
      rules,
    },
  ];
}

/** Rules of a policy are read in their order, and at most this many of them (MaxItems is 100 in v1alpha1, 25 in v1alpha2). */
export const PLACES = 1024;

function readRules(
  reader: PolicyReader,
  direction: Direction,
  dialect: Dialect,
  priority: number,
): readonly Rule[] {
  return reader.list(["spec", direction]).map((rule, index) => {
    const path: JsonPath = ["spec", direction, index];
    const written = reader.at([...path, "action"]);
    const action = typeof written === "string" ? dialect.actions.get(written) : undefined;
    if (action === undefined)
      reader.problem(
        "invalid",
        [...path, "action"],
        `${shown(written)} must be one of ${[...dialect.actions.keys()].join(", ")}`,
      );
    const name = isObject(rule) && typeof rule["name"] === "string" ? rule["name"] : "";
    const peers = readPeers(reader, [...path, direction === "ingress" ? "from" : "to"], dialect, direction);
    const failsClosed = peers.unknown;
    return {
      // What a reader does not understand must not open anything: Accept matches nothing, Deny and Pass deny everything.
      action: failsClosed && action !== undefined && action !== "allow" ? "deny" : (action ?? "deny"),
      peers: failsClosed
        ? action === "allow"
          ? { ...peers.known, terms: [], ips: noIps, everybody: false }
          : { everybody: true, terms: [], ips: noIps, ipsMeanPods: false }
        : peers.known,
      ports:
        failsClosed && action !== "allow" ? anyPorts : readPorts(reader, [...path, dialect.ports], dialect),
      order: priority * PLACES + Math.min(index, PLACES - 1),
      path,
      name,
    };
  });
}

function podsTerm(reader: PolicyReader, path: JsonPath): Term | undefined {
  const namespaces = reader.has([...path, "namespaces"]);
  const pods = reader.has([...path, "pods"]);
  if (namespaces === pods) return undefined;
  if (namespaces) {
    const selector = reader.selector([...path, "namespaces"]);
    return selector === undefined ? undefined : { namespace: selector, pods: [] };
  }
  // Both selectors of `pods` are required; a missing one is the empty one, as the types decode it.
  const namespace = reader.has([...path, "pods", "namespaceSelector"])
    ? reader.selector([...path, "pods", "namespaceSelector"])
    : [];
  const selector = reader.has([...path, "pods", "podSelector"])
    ? reader.selector([...path, "pods", "podSelector"])
    : [];
  return namespace === undefined || selector === undefined ? undefined : { namespace, pods: selector };
}

interface PeersRead {
  readonly known: Peers;
  /** There is a peer of a kind that is not known here. */
  readonly unknown: boolean;
}

const peerKinds: ReadonlySet<string> = new Set(["namespaces", "pods", "nodes", "networks", "domainNames"]);

function readPeers(reader: PolicyReader, path: JsonPath, dialect: Dialect, direction: Direction): PeersRead {
  const listed = reader.list(path);
  if (listed.length === 0) reader.problem("invalid", path, "must name at least one peer");
  const terms: Term[] = [];
  const blocks: IpSet[] = [];
  let unknown = false;
  for (const [index, peer] of listed.entries()) {
    const at = [...path, index];
    const kinds = isObject(peer) ? Object.keys(peer) : [];
    if (kinds.length > 1) reader.problem("invalid", at, "must be of exactly one kind");
    const [kind] = kinds;
    if (kind === "namespaces" || kind === "pods") {
      const term = podsTerm(reader, at);
      if (term !== undefined) terms.push(term);
    } else if (kind === "networks" && direction === "egress") {
      for (const cidr of reader.list([...at, kind]).keys()) blocks.push(reader.cidr([...at, kind, cidr]));
    } else if (kind === "nodes" && direction === "egress") {
      reader.selector([...at, kind]);
      reader.problem(
        "unmodelled",
        at,
        "peers that are nodes are not modelled: traffic to nodes counts as allowed",
      );
    } else if (kind === "domainNames" && direction === "egress") {
      reader.problem(
        "unmodelled",
        at,
        "host names are not resolved: the rule counts as one for no address, so that more may be allowed than is shown",
      );
    } else {
      // The API server of an older version keeps an unknown kind of peer as an empty one.
      unknown = true;
      const name = kind !== undefined && !peerKinds.has(kind) ? kind : "an empty peer";
      reader.problem(
        kind === undefined || peerKinds.has(kind) ? "invalid" : "unmodelled",
        at,
        `${shown(name)} is no kind of peer here: the rule fails closed`,
      );
    }
  }
  return {
    known: {
      everybody: false,
      terms,
      ips: unionIps(blocks),
      ipsMeanPods: dialect.networksMeanPods,
    },
    unknown,
  };
}

function readPorts(reader: PolicyReader, path: JsonPath, dialect: Dialect): Ports {
  const listed = reader.list(path);
  if (listed.length === 0) return anyPorts;
  const ranges: PortRange[] = [];
  const names: PortName[] = [];
  const read = dialect.ports === "ports" ? readPort : readProtocol;
  for (const [index, port] of listed.entries()) {
    const at = [...path, index];
    if (isObject(port) && Object.keys(port).length === 1) read(reader, at, port, ranges, names);
    else reader.problem("invalid", at, "must be of exactly one kind");
  }
  return ranges.length + names.length === 0 ? noPorts : { all: false, ranges, names };
}

function readPort(
  reader: PolicyReader,
  at: JsonPath,
  port: Json,
  ranges: PortRange[],
  names: PortName[],
): void {
  const [kind = ""] = Object.keys(isObject(port) ? port : {});
  const path = [...at, kind];
  if (kind === "namedPort") {
    const name = reader.at(path);
    if (typeof name === "string" && name !== "") names.push({ protocol: undefined, name });
    else reader.problem("invalid", path, "must be the name of a port");
  } else if (kind === "portNumber") {
    const number = reader.port([...path, "port"]);
    const protocol = protocolAt(reader, [...path, "protocol"], undefined);
    if (number !== undefined && protocol !== undefined) ranges.push({ protocol, from: number, to: number });
  } else if (kind === "portRange") {
    const protocol = protocolAt(reader, [...path, "protocol"], "TCP");
    const range = rangeAt(reader, path);
    if (range !== undefined && protocol !== undefined) ranges.push({ protocol, ...range });
  } else reader.problem("invalid", at, "must be one of portNumber, portRange, namedPort");
}

function protocolAt(
  reader: PolicyReader,
  path: JsonPath,
  absent: Protocol | undefined,
): Protocol | undefined {
  const protocol = reader.at(path) ?? absent;
  if (isProtocol(protocol)) return protocol;
  reader.problem("invalid", path, `${shown(protocol)} must be TCP, UDP or SCTP`);
  return undefined;
}

function rangeAt(
  reader: PolicyReader,
  path: JsonPath,
): { readonly from: number; readonly to: number } | undefined {
  const from = reader.port([...path, "start"]);
  const to = reader.port([...path, "end"]);
  if (from === undefined || to === undefined) return undefined;
  if (from < to) return { from, to };
  reader.problem("invalid", path, `start ${from} must be less than end ${to}`);
  return undefined;
}

const transports: ReadonlyMap<string, Protocol> = new Map<string, Protocol>([
  ["tcp", "TCP"],
  ["udp", "UDP"],
  ["sctp", "SCTP"],
]);

function readProtocol(
  reader: PolicyReader,
  at: JsonPath,
  port: Json,
  ranges: PortRange[],
  names: PortName[],
): void {
  const [kind = ""] = Object.keys(isObject(port) ? port : {});
  const path = [...at, kind];
  const protocol = transports.get(kind);
  if (kind === "destinationNamedPort") {
    const name = reader.at(path);
    if (typeof name === "string" && name !== "") names.push({ protocol: undefined, name });
    else reader.problem("invalid", path, "must be the name of a port");
  } else if (protocol === undefined)
    reader.problem("invalid", at, "must be one of tcp, udp, sctp, destinationNamedPort");
  else if (!reader.has([...path, "destinationPort"])) ranges.push({ protocol, from: 1, to: MAX_POINT });
  else if (reader.has([...path, "destinationPort", "range"])) {
    const range = rangeAt(reader, [...path, "destinationPort", "range"]);
    if (range !== undefined) ranges.push({ protocol, ...range });
  } else {
    const number = reader.port([...path, "destinationPort", "number"]);
    if (number !== undefined) ranges.push({ protocol, from: number, to: number });
  }
}

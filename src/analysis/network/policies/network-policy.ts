import { isObject, type JsonPath } from "../../../kube/json.ts";
import { namespaceOf, objectKey } from "../../../kube/object-key.ts";
import { isProtocol } from "../model/read-workloads.ts";
import { type IpSet, unionIps } from "../sets/ip-set.ts";
import { MAX_POINT, type PortRange, type Protocol } from "../sets/port-space.ts";
import {
  anyPorts,
  type Direction,
  everybody,
  type Peers,
  type Policy,
  type PortName,
  type Ports,
  type Rule,
  stages,
  type Term,
} from "./policy.ts";
import { type PolicyReader, shown } from "./reading.ts";

/**
 * networking.k8s.io/v1 NetworkPolicy (k8s.io/api networking/v1; validation: pkg/apis/networking/validation). Undefined
 * where the API server refuses it.
 */
export function readNetworkPolicy(reader: PolicyReader): readonly Policy[] {
  const key = objectKey(reader.object);
  const namespace = namespaceOf(reader.object);
  // A missing spec is the empty one, as the field is no pointer: it selects every pod and isolates it for ingress.
  if (reader.has(["spec"]) && !isObject(reader.at(["spec"]))) {
    reader.problem("invalid", ["spec"], "must be a mapping");
    return [];
  }
  // A missing podSelector is the empty one: the field is no pointer.
  const pods = reader.has(["spec", "podSelector"]) ? reader.selector(["spec", "podSelector"]) : [];
  const written = policyTypes(reader);
  const types = reader.rulesBeatTypes ? withRules(reader, written) : written;
  const rules = {
    ingress: directionRules(reader, "ingress", namespace),
    egress: directionRules(reader, "egress", namespace),
  };
  if (reader.invalid || pods === undefined) return [];
  return [
    {
      kind: "NetworkPolicy",
      namespace,
      name: key.name,
      object: reader.object,
      stage: stages.policies,
      subject: [{ namespace, pods }],
      isolates: types,
      applies: types,
      // Rules of a direction that is not in policyTypes have no effect.
      rules: { ingress: types.ingress ? rules.ingress : [], egress: types.egress ? rules.egress : [] },
    },
  ];
}

/** A direction with rules counts, whatever policyTypes says (cilium pkg/k8s/network_policy.go ParseNetworkPolicy). */
function withRules(
  reader: PolicyReader,
  types: Readonly<Record<Direction, boolean>>,
): Readonly<Record<Direction, boolean>> {
  const has = (direction: Direction): boolean => reader.list(["spec", direction]).length > 0;
  return { ingress: types.ingress || has("ingress"), egress: types.egress || has("egress") };
}

/** Ingress always by default; egress by default only if there is an egress rule (defaults.go SetDefaults_NetworkPolicy). */
function policyTypes(reader: PolicyReader): Readonly<Record<Direction, boolean>> {
  const listed = reader.list(["spec", "policyTypes"]);
  if (listed.length === 0) return { ingress: true, egress: reader.list(["spec", "egress"]).length > 0 };
  for (const [index, type] of listed.entries()) {
    if (type !== "Ingress" && type !== "Egress")
      reader.problem("invalid", ["spec", "policyTypes", index], `${shown(type)} must be Ingress or Egress`);
  }
  return { ingress: listed.includes("Ingress"), egress: listed.includes("Egress") };
}

function directionRules(reader: PolicyReader, direction: Direction, namespace: string): readonly Rule[] {
  return reader.list(["spec", direction]).map((rule, index) => {
    const path: JsonPath = ["spec", direction, index];
    if (!isObject(rule)) reader.problem("invalid", path, "must be a mapping");
    return {
      action: "allow",
      peers: readPeers(reader, [...path, direction === "ingress" ? "from" : "to"], namespace),
      ports: readPorts(reader, [...path, "ports"]),
      order: 1000,
      path,
      name: "",
    };
  });
}

function readPeers(reader: PolicyReader, path: JsonPath, namespace: string): Peers {
  const listed = reader.list(path);
  // Missing and empty mean the same: everybody.
  if (listed.length === 0) return everybody;
  const terms: Term[] = [];
  const blocks: IpSet[] = [];
  for (const index of listed.keys()) {
    const peer = [...path, index];
    if (reader.has([...peer, "ipBlock"])) {
      if (reader.has([...peer, "podSelector"]) || reader.has([...peer, "namespaceSelector"]))
        reader.problem("invalid", peer, "ipBlock cannot stand beside podSelector or namespaceSelector");
      blocks.push(reader.block([...peer, "ipBlock", "cidr"], [...peer, "ipBlock", "except"]));
      continue;
    }
    const term = peerTerm(reader, peer, namespace);
    if (term !== undefined) terms.push(term);
  }
  return { everybody: false, terms, ips: unionIps(blocks), ipsMeanPods: false };
}

/** The pods of one entry: both of its selectors must hold; without namespaceSelector they are those of its own namespace. */
function peerTerm(reader: PolicyReader, peer: JsonPath, namespace: string): Term | undefined {
  const byPods = reader.has([...peer, "podSelector"]);
  const byNamespaces = reader.has([...peer, "namespaceSelector"]);
  if (!byPods && !byNamespaces) {
    reader.problem("invalid", peer, "must name a podSelector, a namespaceSelector or an ipBlock");
    return undefined;
  }
  const pods = byPods ? reader.selector([...peer, "podSelector"]) : [];
  const namespaces = byNamespaces ? reader.selector([...peer, "namespaceSelector"]) : undefined;
  if (pods === undefined || (byNamespaces && namespaces === undefined)) return undefined;
  return { namespace: namespaces ?? namespace, pods };
}

function readPorts(reader: PolicyReader, path: JsonPath): Ports {
  const listed = reader.list(path);
  if (listed.length === 0) return anyPorts;
  const ranges: PortRange[] = [];
  const names: PortName[] = [];
  for (const [index, port] of listed.entries()) {
    const at = [...path, index];
    if (!isObject(port)) {
      reader.problem("invalid", at, "must be a mapping");
      continue;
    }
    const protocol = port["protocol"] ?? "TCP";
    if (!isProtocol(protocol)) {
      reader.problem("invalid", [...at, "protocol"], `${shown(protocol)} must be TCP, UDP or SCTP`);
      continue;
    }
    if (typeof port["port"] === "string") {
      if (!isPortName(port["port"]))
        reader.problem("invalid", [...at, "port"], `${shown(port["port"])} is no name of a port`);
      if (port["endPort"] !== undefined)
        reader.problem("invalid", [...at, "endPort"], "cannot be used with a named port");
      names.push({ protocol, name: port["port"] });
    } else ranges.push(...numericPorts(reader, at, protocol));
  }
  return { all: false, ranges, names };
}

/** A name of a port: an IANA service name (util/validation IsValidPortName). */
export function isPortName(name: string): boolean {
  return /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9](?:-?[a-z0-9])*$/.test(name);
}

function numericPorts(reader: PolicyReader, at: JsonPath, protocol: Protocol): readonly PortRange[] {
  const hasEnd = reader.has([...at, "endPort"]);
  if (!reader.has([...at, "port"])) {
    if (hasEnd) reader.problem("invalid", [...at, "endPort"], "needs a port to start from");
    return [{ protocol, from: 1, to: MAX_POINT }];
  }
  const from = reader.port([...at, "port"]);
  if (from === undefined) return [];
  if (!hasEnd) return [{ protocol, from, to: from }];
  const to = reader.port([...at, "endPort"]);
  if (to === undefined) return [];
  if (to < from) {
    reader.problem("invalid", [...at, "endPort"], `${to} must not be less than port ${from}`);
    return [];
  }
  return [{ protocol, from, to: reader.endPorts ? to : from }];
}

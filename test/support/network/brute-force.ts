import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../../src/kube/json.ts";

/**
 * Packet by packet, straight from the documents, slow and without any of the engine's code: what one packet needs to pass.
 * It knows NetworkPolicy v1, AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy.
 */
export interface Packet {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly protocol: string;
  readonly port: number;
}

export interface Endpoint {
  /** Undefined: outside of the cluster. */
  readonly namespace: string | undefined;
  readonly namespaceLabels: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** IPv4 addresses of four numbers. Undefined: not known. */
  readonly ip: string | undefined;
  readonly ports: readonly { readonly port: number; readonly name: string; readonly protocol: string }[];
}

export interface BruteOptions {
  /** Blocks of every kind of policy mean pods, too, not only those of ClusterNetworkPolicy. */
  readonly blocksMeanPods?: boolean;
}

export function passes(policies: readonly JsonObject[], packet: Packet, options: BruteOptions = {}): boolean {
  return side(policies, packet, "egress", options) && side(policies, packet, "ingress", options);
}

type Side = "ingress" | "egress";
type Decision = "allow" | "deny" | "pass" | undefined;

export function side(
  policies: readonly JsonObject[],
  packet: Packet,
  direction: Side,
  options: BruteOptions = {},
): boolean {
  const self = direction === "egress" ? packet.from : packet.to;
  if (self.namespace === undefined) return true;
  const admin = tier(
    policies,
    packet,
    direction,
    ["AdminNetworkPolicy", "ClusterNetworkPolicy/Admin"],
    options,
  );
  if (admin === "allow" || admin === "deny") return admin === "allow";
  const v1 = policies.filter(
    (policy) => policy["kind"] === "NetworkPolicy" && applies(policy, self, direction),
  );
  if (v1.length > 0) return v1.some((policy) => allows(policy, packet, direction, options));
  return (
    tier(
      policies,
      packet,
      direction,
      ["BaselineAdminNetworkPolicy", "ClusterNetworkPolicy/Baseline"],
      options,
    ) !== "deny"
  );
}

// --- NetworkPolicy

function list(value: Json | undefined): readonly JsonObject[] {
  return isArray(value) ? value.filter(isObject) : [];
}

function applies(policy: JsonObject, self: Endpoint, direction: Side): boolean {
  if (valueAt(policy, ["metadata", "namespace"]) !== self.namespace) return false;
  if (!selects(valueAt(policy, ["spec", "podSelector"]), self.labels)) return false;
  const types = valueAt(policy, ["spec", "policyTypes"]);
  if (isArray(types) && types.length > 0)
    return types.includes(direction === "ingress" ? "Ingress" : "Egress");
  return direction === "ingress" || list(valueAt(policy, ["spec", "egress"])).length > 0;
}

function allows(policy: JsonObject, packet: Packet, direction: Side, options: BruteOptions): boolean {
  const peer = direction === "egress" ? packet.to : packet.from;
  return list(valueAt(policy, ["spec", direction])).some((rule) => {
    const peers = list(rule[direction === "egress" ? "to" : "from"]);
    const ports = list(rule["ports"]);
    const byPeer = peers.length === 0 || peers.some((one) => isPeer(one, peer, policy, options));
    return byPeer && (ports.length === 0 || ports.some((port) => isPort(port, packet)));
  });
}

function isPeer(entry: JsonObject, peer: Endpoint, policy: JsonObject, options: BruteOptions): boolean {
  if (entry["ipBlock"] !== undefined) {
    if (peer.namespace !== undefined && options.blocksMeanPods !== true) return false;
    const excepts = valueAt(entry, ["ipBlock", "except"]);
    return (
      inBlock(peer.ip, valueAt(entry, ["ipBlock", "cidr"])) &&
      !(isArray(excepts) ? excepts : []).some((except) => inBlock(peer.ip, except))
    );
  }
  if (peer.namespace === undefined) return false;
  const namespaces = entry["namespaceSelector"];
  const inNamespace =
    namespaces === undefined
      ? peer.namespace === valueAt(policy, ["metadata", "namespace"])
      : selects(namespaces, peer.namespaceLabels);
  return inNamespace && (entry["podSelector"] === undefined || selects(entry["podSelector"], peer.labels));
}

function isPort(entry: JsonObject, packet: Packet): boolean {
  if ((entry["protocol"] ?? "TCP") !== packet.protocol) return false;
  const { port, endPort } = entry;
  if (port === undefined) return true;
  if (typeof port === "string") return isNamed(packet, port);
  if (typeof port !== "number") return false;
  return typeof endPort === "number" ? port <= packet.port && packet.port <= endPort : port === packet.port;
}

function isNamed(packet: Packet, name: string): boolean {
  return packet.to.ports.some(
    (port) => port.name === name && port.port === packet.port && port.protocol === packet.protocol,
  );
}

// --- the admin tiers

function tier(
  policies: readonly JsonObject[],
  packet: Packet,
  direction: Side,
  kinds: readonly string[],
  options: BruteOptions,
): Decision {
  const ordered = policies
    .filter((policy) => {
      const kind = policy["kind"];
      const of = valueAt(policy, ["spec", "tier"]);
      if (typeof kind !== "string") return false;
      return kinds.includes(typeof of === "string" ? `${kind}/${of}` : kind);
    })
    .toSorted(
      (a, b) => Number(valueAt(a, ["spec", "priority"]) ?? 0) - Number(valueAt(b, ["spec", "priority"]) ?? 0),
    );
  const self = direction === "egress" ? packet.from : packet.to;
  const peer = direction === "egress" ? packet.to : packet.from;
  for (const policy of ordered) {
    if (!isPods(valueAt(policy, ["spec", "subject"]), self)) continue;
    const cluster = policy["kind"] === "ClusterNetworkPolicy";
    for (const rule of list(valueAt(policy, ["spec", direction]))) {
      const peers = list(rule[direction === "egress" ? "to" : "from"]);
      if (
        !peers.some(
          (one) => isPods(one, peer) || isNetwork(one, peer, cluster || options.blocksMeanPods === true),
        )
      )
        continue;
      const ports = list(rule[cluster ? "protocols" : "ports"]);
      if (ports.length > 0 && !ports.some((port) => isAdminPort(port, packet))) continue;
      const { action } = rule;
      if (action === "Pass") return "pass";
      return action === "Deny" ? "deny" : "allow";
    }
  }
  return undefined;
}

function isPods(entry: Json | undefined, peer: Endpoint): boolean {
  if (peer.namespace === undefined || !isObject(entry)) return false;
  if (entry["namespaces"] !== undefined) return selects(entry["namespaces"], peer.namespaceLabels);
  return (
    entry["pods"] !== undefined &&
    selects(valueAt(entry, ["pods", "namespaceSelector"]), peer.namespaceLabels) &&
    selects(valueAt(entry, ["pods", "podSelector"]), peer.labels)
  );
}

function isNetwork(entry: JsonObject, peer: Endpoint, meansPods: boolean): boolean {
  const networks = entry["networks"];
  if (!isArray(networks) || (peer.namespace !== undefined && !meansPods)) return false;
  return networks.some((network) =>
    peer.ip === undefined ? network === "0.0.0.0/0" || network === "::/0" : inBlock(peer.ip, network),
  );
}

function isAdminPort(entry: JsonObject, packet: Packet): boolean {
  const name = entry["namedPort"] ?? entry["destinationNamedPort"];
  if (typeof name === "string") return isNamed(packet, name);
  const number = entry["portNumber"];
  if (isObject(number)) return number["protocol"] === packet.protocol && number["port"] === packet.port;
  const range = entry["portRange"];
  if (isObject(range))
    return (
      range["protocol"] === packet.protocol &&
      Number(range["start"]) <= packet.port &&
      packet.port <= Number(range["end"])
    );
  const transport = entry[packet.protocol.toLowerCase()];
  if (!isObject(transport)) return false;
  const port = transport["destinationPort"];
  if (!isObject(port)) return true;
  if (port["number"] !== undefined) return port["number"] === packet.port;
  return (
    Number(valueAt(port, ["range", "start"])) <= packet.port &&
    packet.port <= Number(valueAt(port, ["range", "end"]))
  );
}

// --- labels and addresses

export function selects(selector: Json | undefined, labels: Readonly<Record<string, string>>): boolean {
  const wanted = valueAt(selector, ["matchLabels"]);
  if (isObject(wanted) && Object.entries(wanted).some(([key, value]) => labels[key] !== value)) return false;
  return list(valueAt(selector, ["matchExpressions"])).every(({ key, operator, values }) => {
    const value = typeof key === "string" ? labels[key] : undefined;
    const among = value !== undefined && isArray(values) && values.includes(value);
    if (operator === "In") return among;
    if (operator === "NotIn") return !among;
    return operator === "Exists" ? value !== undefined : value === undefined;
  });
}

/** Bits of an address, as text; IPv4 and IPv6 differ in length. */
function bits(address: string): string {
  if (!address.includes(":"))
    return address
      .split(".")
      .map((part) => Number(part).toString(2).padStart(8, "0"))
      .join("");
  const [left = "", right = ""] = address.split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const missing = address.includes("::") ? 8 - groups(left).length - groups(right).length : 0;
  return [...groups(left), ...Array.from({ length: missing }, () => "0"), ...groups(right)]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0"))
    .join("");
}

function inBlock(address: string | undefined, block: Json | undefined): boolean {
  if (address === undefined || typeof block !== "string") return false;
  const [base = "", length = "0"] = block.split("/");
  if (base.includes(":") !== address.includes(":")) return false;
  return bits(address).startsWith(bits(base).slice(0, Number(length)));
}

import type { WorkloadIntent } from "../../intent/intent.ts";
import { literal, type ServiceContext } from "../context.ts";
import { isDnsLabel } from "../names.ts";
import type { Ledger } from "../tree/ledger.ts";
import { portRange, protocolOf } from "../syntax/ports.ts";
import {
  booleanOf,
  isNull,
  itemsOf,
  listOf,
  malformed,
  type MapNode,
  mapOf,
  member,
  namesOf,
  type Node,
  textOf,
} from "../tree/node.ts";

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/;

export function isIp(text: string): boolean {
  if (ipv4.test(text)) return true;
  if (!/^[0-9A-Fa-f:.]{2,45}$/.test(text) || !text.includes(":") || text.includes(":::")) return false;
  const halves = text.split("::");
  if (halves.length > 2) return false;
  let groups = 0;
  for (const group of halves.flatMap((half) => (half === "" ? [] : half.split(":")))) {
    if (ipv4.test(group)) groups += 2;
    else if (/^[0-9A-Fa-f]{1,4}$/.test(group)) groups++;
    else return false;
  }
  return halves.length === 2 ? groups < 8 : groups === 8;
}

function addAlias(service: ServiceContext, node: Node, text: string, note?: string): void {
  const { ledger } = service.project;
  const name = text.toLowerCase();
  if (!isDnsLabel(name) || !/^[a-z]/.test(name)) {
    ledger.mark(node, "dropped", "it is no name of a Service: letters, digits and - only");
    return;
  }
  if (name !== service.name && service.project.services.has(name)) {
    ledger.mark(node, "dropped", "another service has this name");
    return;
  }
  if (name !== service.name) service.draft.aliases = [...new Set([...service.draft.aliases, name])];
  if (note === undefined) ledger.mark(node, "used");
  else ledger.mark(node, "changed", note);
}

/** `networks` of a service: a list of names, or a mapping with aliases. */
export function readNetworks(service: ServiceContext, node: Node): void {
  const { ledger, networks } = service.project;
  const names = namesOf(node);
  const found: string[] = [];
  for (const [name, part] of names.entries) {
    if (name !== "default" && !networks.has(name))
      malformed(part, `names the network ${name}, which is not defined under networks`);
    found.push(name);
    if (isNull(part) || (part.kind === "map" && part.entries.size === 0)) {
      ledger.mark(part, "used");
      continue;
    }
    const aliases = member(mapOf(part), "aliases");
    if (aliases !== undefined)
      for (const item of listOf(aliases).items) addAlias(service, item, textOf(item));
    for (const [key, value] of mapOf(part).entries)
      if (key !== "aliases")
        ledger.mark(value, "dropped", "the network plug-in of the cluster assigns addresses and interfaces");
  }
  if (found.length > 0) service.draft.networks = found;
  else ledger.mark(node, "used");
}

export function readNetworkMode(service: ServiceContext, node: Node): void {
  const { ledger } = service.project;
  const mode = textOf(node);
  if (mode === "none") service.draft.networks = [];
  else if (mode === "host") service.draft.hostNetwork = true;
  else if (/^(?:service|container):/.test(mode)) {
    ledger.mark(node, "dropped", "every service has a Pod, and so a network address, of its own");
    return;
  } else if (mode !== "bridge" && mode !== "default") {
    ledger.mark(node, "dropped", "the network plug-in of the cluster connects every Pod");
    return;
  }
  ledger.mark(node, "used");
}

export function readContainerName(service: ServiceContext, node: Node): void {
  addAlias(
    service,
    node,
    textOf(node),
    "the name of a container is a name of the service: others reach it by it",
  );
}

export function readHostname(service: ServiceContext, node: Node, name: "hostname" | "domainname"): void {
  const text = literal(service.project, node, name);
  if (text === undefined) return;
  if (isDnsLabel(text)) {
    service.draft[name] = text;
    service.project.ledger.mark(node, "used");
  } else
    service.project.ledger.mark(
      node,
      "dropped",
      "Kubernetes takes a DNS label here: small letters, digits and -",
    );
}

/** `links`: a wish to reach another service, perhaps by another name. */
export function readLinks(service: ServiceContext, node: Node): void {
  const { ledger, services, excluded } = service.project;
  for (const item of listOf(node).items) {
    const [target = "", alias] = textOf(item).split(":");
    const other = services.get(target);
    if (other === undefined) {
      if (!excluded.has(target))
        malformed(item, `links to ${target}, which is no service of this application`);
      ledger.mark(item, "dropped", excluded.get(target));
      continue;
    }
    service.linkAliases.set(alias ?? target, target);
    service.links.push({ target, node: item });
    if (alias === undefined || alias === target) ledger.mark(item, "used");
    else
      addAlias(other, item, alias, "every service of the application sees the other name, not only this one");
  }
}

/** `extra_hosts`: `HOST=IP`, `HOST:IP`, or a mapping. */
export function readExtraHosts(service: ServiceContext, node: Node): void {
  const { ledger } = service.project;
  const add = (host: string, address: string, part: Node): void => {
    const ip = address.replaceAll(/^\[|\]$/g, "");
    if (!isIp(ip)) {
      ledger.mark(
        part,
        "dropped",
        ip === "host-gateway" ? "a Pod knows no gateway of its host" : "it names no address",
      );
      return;
    }
    if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host)) {
      ledger.mark(part, "dropped", "Kubernetes takes a DNS name here: small letters, digits, - and .");
      return;
    }
    const before = service.draft.extraHosts.find((each) => each.ip === ip);
    const rest = service.draft.extraHosts.filter((each) => each.ip !== ip);
    service.draft.extraHosts = [
      ...rest,
      { ip, hostnames: [...new Set([...(before?.hostnames ?? []), host])] },
    ];
    ledger.mark(part, "used");
  };
  if (node.kind === "map") {
    for (const [host, value] of node.entries)
      for (const item of itemsOf(value)) add(host, textOf(item), item);
    return;
  }
  for (const item of itemsOf(node)) {
    const match = /^([^=:]+)[=:](.*)$/s.exec(textOf(item));
    if (match === null) malformed(item, "must be HOST=IP");
    add(match[1] ?? "", match[2] ?? "", item);
  }
}

export function readDns(
  service: ServiceContext,
  node: Node,
  what: "nameservers" | "searches" | "options",
): void {
  const { ledger } = service.project;
  for (const item of itemsOf(node)) {
    const text = literal(service.project, item, what);
    if (text === undefined) continue;
    const before = service.draft.dns ?? { nameservers: [], searches: [], options: [] };
    if (what === "nameservers" && !isIp(text)) {
      ledger.mark(item, "dropped", "it names no address");
      continue;
    }
    if (what === "options") {
      const colon = text.indexOf(":");
      const option =
        colon < 0 ? { name: text } : { name: text.slice(0, colon), value: text.slice(colon + 1) };
      service.draft.dns = { ...before, options: [...before.options, option] };
    } else service.draft.dns = { ...before, [what]: [...new Set([...before[what], text])] };
    ledger.mark(item, "used");
  }
}

type Egress = NonNullable<WorkloadIntent["egress"]>[number];

/** `x-kubeops: { egress: [ { cidr, ports: [443/tcp] } ] }`: addresses outside that the service may reach. */
export function readExtension(service: ServiceContext, node: Node): void {
  const egress = member(mapOf(node), "egress");
  if (egress === undefined) return;
  service.draft.egress = listOf(egress).items.map((item) => egressOf(service, mapOf(item)));
  if (listOf(egress).items.length === 0) service.project.ledger.mark(egress, "used");
}

function egressOf(service: ServiceContext, rule: MapNode): Egress {
  const cidrNode = member(rule, "cidr") ?? malformed(rule, "needs cidr");
  const cidr = textOf(cidrNode);
  const [address = "", length = ""] = cidr.split("/");
  const longest = address.includes(":") ? 128 : 32;
  if (!isIp(address) || !/^\d{1,3}$/.test(length) || Number(length) > longest)
    malformed(cidrNode, "must be a range of addresses, as 192.0.2.0/24");
  const ports: { port: number; protocol: "TCP" | "UDP" | "SCTP" }[] = [];
  const portsNode = member(rule, "ports");
  for (const item of portsNode === undefined ? [] : itemsOf(portsNode)) {
    const [number = "", protocolText = "tcp"] = textOf(item).split("/");
    const range = portRange(number);
    const protocol = protocolOf(protocolText);
    if (range === undefined || range.first !== range.last || protocol === undefined)
      malformed(item, "must be a port, as 443/tcp");
    ports.push({ port: range.first, protocol });
    service.project.ledger.mark(item, "used");
  }
  if (portsNode?.kind === "list" && portsNode.items.length === 0)
    service.project.ledger.mark(portsNode, "used");
  service.project.ledger.mark(cidrNode, "used");
  return { cidr, ports };
}

/** Top-level `networks`: only names and `internal` mean something in a cluster. */
export function readTopLevelNetwork(node: Node, ledger: Ledger): void {
  if (isNull(node) || (node.kind === "map" && node.entries.size === 0)) {
    ledger.mark(node, "used");
    return;
  }
  const internal = member(mapOf(node), "internal");
  if (internal === undefined) return;
  // Whatever it says: no service reaches anything outside unless x-kubeops.egress opens the way.
  if (booleanOf(internal)) ledger.mark(internal, "used");
  else
    ledger.mark(internal, "dropped", "no service reaches anything outside unless x-kubeops.egress says so");
}

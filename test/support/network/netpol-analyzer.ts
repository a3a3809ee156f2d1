import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { connections } from "../../../src/analysis/network/engine/connectivity.ts";
import { exposure } from "../../../src/analysis/network/engine/exposure.ts";
import { buildNetwork, type Network } from "../../../src/analysis/network/engine/network.ts";
import { genericProfile, type Profile } from "../../../src/analysis/network/engine/profiles.ts";
import {
  addressSet,
  allIps,
  type IpSet,
  intersectIps,
  ipKey,
  unionIps,
} from "../../../src/analysis/network/sets/ip-set.ts";
import {
  type PortRange,
  PortSpace,
  type PortSetId,
  type Protocol,
} from "../../../src/analysis/network/sets/port-space.ts";
import type { JsonObject } from "../../../src/kube/json.ts";
import { readDocuments } from "../../../src/kube/yaml/read-documents.ts";
import { readObjects } from "../../../src/kube/read-objects.ts";

/** netpol-analyzer knows no hostNetwork: such pods are pods like others. */
export const analyzerProfile: Profile = { ...genericProfile, hostNetwork: "pod" };

export function readFolder(folder: string): readonly JsonObject[] {
  const files: string[] = [];
  const walk = (path: string): void => {
    for (const name of readdirSync(path).toSorted()) {
      const inner = join(path, name);
      if (statSync(inner).isDirectory()) walk(inner);
      else if (/\.(?:ya?ml|json)$/.test(name)) files.push(inner);
    }
  };
  walk(folder);
  const documents = files.flatMap((file) => readDocuments(file, readFileSync(file)));
  return readObjects(documents).objects.map(({ object }) => object);
}

export function networkOf(folder: string): Network {
  return buildNetwork(readFolder(folder), { profile: analyzerProfile });
}

export function goldens(
  folder: string,
  ending: string,
): readonly { readonly name: string; readonly text: string }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .toSorted()
    .map((name) => ({ name: name.slice(0, -ending.length), text: readFileSync(join(folder, name), "utf8") }));
}

export function isThere(folder: string): boolean {
  return existsSync(folder);
}

/** `TCP 80,443,UDP 53` and the like as a set; a word is the name of a port. */
export function parsePorts(space: PortSpace, text: string): PortSetId {
  const wanted = text.trim();
  if (wanted === "All Connections") return PortSpace.all;
  if (wanted === "No Connections" || wanted === "") return PortSpace.none;
  const ranges: PortRange[] = [];
  let protocol: Protocol = "TCP";
  for (const part of wanted.split(",")) {
    const match = /^(?:(TCP|UDP|SCTP)\s+)?(.*)$/.exec(part.trim());
    if (match?.[1] !== undefined) protocol = match[1] as Protocol;
    const ports = match?.[2] ?? "";
    const numbers = /^(\d+)(?:-(\d+))?$/.exec(ports);
    if (numbers === null) ranges.push(space.named(protocol, ports));
    else ranges.push({ protocol, from: Number(numbers[1]), to: Number(numbers[2] ?? numbers[1]) });
  }
  return space.of(ranges);
}

const EXTERNAL = /^([\d.]+)(?:-([\d.]+))?\[External\]$/;

export function parseAddresses(text: string): IpSet | undefined {
  const match = EXTERNAL.exec(text);
  const from = addressSet(match?.[1] ?? "");
  const to = addressSet(match?.[2] ?? match?.[1] ?? "");
  return from === undefined || to === undefined
    ? undefined
    : { v4: [from.v4[0] ?? 0, to.v4[0] ?? 0], v6: [] };
}

/** Flows as text, addresses of equal flows put together: comparable whatever the cuts. */
export class Flows {
  readonly #found = new Map<string, IpSet[]>();

  add(from: string | IpSet, to: string | IpSet, what: string): void {
    const key = `${typeof from === "string" ? from : "outside"} => ${typeof to === "string" ? to : "outside"} : ${what}`;
    const ips = typeof from === "string" ? (typeof to === "string" ? undefined : to) : from;
    const row = this.#found.get(key) ?? [];
    if (ips !== undefined) {
      // The goldens show addresses of IPv4 only.
      const four = intersectIps(ips, { v4: allIps.v4, v6: [] });
      if (four.v4.length === 0) return;
      row.push(four);
    }
    this.#found.set(key, row);
  }

  texts(): readonly string[] {
    return [...this.#found]
      .map(([key, ips]) => (ips.length === 0 ? key : `${key} @ ${ipKey(unionIps(ips))}`))
      .toSorted();
  }
}

export function workloadName(net: Pick<Network, "workloads">, number: number): string {
  const workload = net.workloads[number];
  return workload === undefined ? "" : `${workload.namespace}/${workload.name}[${workload.kind}]`;
}

/** The lines `source => destination : ports` of a golden list. */
export function goldenFlows(space: PortSpace, text: string): readonly string[] {
  const flows = new Flows();
  for (const line of text.split("\n")) {
    const match = /^([^\t]*?) => ([^\t]*?) : (.*)$/.exec(line.trim());
    if (match === null || line.includes("\t")) continue;
    const [, from = "", to = "", ports = ""] = match;
    flows.add(parseAddresses(from) ?? from, parseAddresses(to) ?? to, space.text(parsePorts(space, ports)));
  }
  return flows.texts();
}

/** The same of ours; what comes in over an Ingress or a Route stands as `{ingress-controller}`. */
export function ourFlows(net: Network): readonly string[] {
  const flows = new Flows();
  for (const { from, to, ports } of connections(net)) {
    const source = typeof from === "number" ? workloadName(net, from) : from;
    const target = typeof to === "number" ? workloadName(net, to) : to;
    if (source !== target) flows.add(source, target, net.space.text(ports));
  }
  for (const [target, ports] of controllerPorts(net))
    flows.add("{ingress-controller}", target, net.space.text(ports));
  return flows.texts();
}

/** Ports that the controller of Ingresses and Routes reaches, by workload. */
export function controllerPorts(net: Network): ReadonlyMap<string, PortSetId> {
  const found = new Map<string, PortSetId>();
  const { entries } = exposure(net);
  for (const { entry, open } of entries) {
    if (entry.kind !== "ingress" || open === PortSpace.none || !/^(?:Ingress|Route) /.test(entry.by))
      continue;
    const name = workloadName(net, entry.workload);
    found.set(name, net.space.union(found.get(name) ?? PortSpace.none, open));
  }
  return found;
}

/** Words of one list that the other lacks. */
export function lacking(left: readonly string[], right: readonly string[]): readonly string[] {
  const known = new Set(right);
  return left.filter((text) => !known.has(text));
}

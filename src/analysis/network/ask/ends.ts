import { glob } from "../../../kube/glob.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import { printable } from "../../../kube/printable.ts";
import {
  portsMeant,
  readServices,
  type ServiceModel,
  targetPorts,
  workloadsBehind,
} from "../entry/services.ts";
import type { Network } from "../engine/network.ts";
import { addressSet, allIps, cidrSet, type IpSet } from "../sets/ip-set.ts";
import { type PortRange, type PortSetId, type Protocol, protocols } from "../sets/port-space.ts";

/** What a person names as one end of a question. */
export type NamedEnd =
  | { readonly kind: "workloads"; readonly text: string; readonly numbers: readonly number[] }
  | { readonly kind: "addresses"; readonly text: string; readonly ips: IpSet }
  /** Pods that do not exist yet, in a namespace, or undefined: in a namespace that does not exist either. */
  | { readonly kind: "fresh"; readonly text: string; readonly namespace: string | undefined };

export interface NamedTarget {
  readonly end: NamedEnd;
  /** Ports of the containers, by number of the workload; one set for everything else. */
  readonly ports: (number: number | undefined) => PortSetId;
  readonly portText: string;
  /** What a Service made of the name and the port. */
  readonly note?: string;
}

/**
 * `NAMESPACE/[KIND/]NAME`, with `*` for any part of it; `internet`, an address or a CIDR block; `new` for a pod in a new
 * namespace, `new:NAMESPACE` for a new pod of a namespace.
 * @throws {OpsError} USAGE
 */
export function parseEnd(net: Network, text: string): NamedEnd {
  if (text === "internet") return { kind: "addresses", text, ips: allIps };
  if (text === "new") return { kind: "fresh", text: "a new pod in a new namespace", namespace: undefined };
  if (text.startsWith("new:")) {
    const namespace = text.slice(4);
    if (!net.namespaces.has(namespace))
      throw unknown(`there is no namespace ${printable(namespace)} in the input`);
    return { kind: "fresh", text: `a new pod in ${namespace}`, namespace };
  }
  const ips = cidrSet(text) ?? addressSet(text);
  if (ips !== undefined) return { kind: "addresses", text, ips };
  const numbers = matching(net, text);
  if (numbers.length > 0) return { kind: "workloads", text, numbers };
  const service = readServices(net.objects).get(text);
  const behind = service === undefined ? [] : workloadsBehind(service, net.workloads);
  if (behind.length > 0) return { kind: "workloads", text, numbers: behind };
  throw unknown(`there is no workload ${printable(text)} in the input`, nearest(net, text));
}

function unknown(message: string, hint?: string): OpsError {
  return new OpsError("USAGE", message, {
    hint:
      hint ?? "ends are NAMESPACE/NAME, NAMESPACE/KIND/NAME, internet, a CIDR block, new or new:NAMESPACE",
  });
}

function nearest(net: Network, text: string): string | undefined {
  const name = text.slice(text.lastIndexOf("/") + 1);
  const found = net.workloads.filter((workload) => workload.name === name || workload.namespace === name);
  if (found.length === 0) return undefined;
  const shown = found.slice(0, 3).map((workload) => printable(`${workload.namespace}/${workload.name}`));
  return `did you mean ${shown.join(" or ")}?`;
}

function matching(net: Network, text: string): readonly number[] {
  const parts = text.split("/");
  if (parts.length < 2 || parts.length > 3) return [];
  const [namespace = "", kind = "", name = ""] = parts.length === 2 ? [parts[0], "*", parts[1]] : parts;
  return net.workloads.flatMap((workload, number) =>
    glob(namespace, workload.namespace) &&
    (kind === "*" || kind.toLowerCase() === workload.kind.toLowerCase()) &&
    glob(name, workload.name)
      ? [number]
      : [],
  );
}

/** An end with `:PORT` behind it: a number, `53/udp`, or the name of a port of the container or the Service. */
export function parseTarget(net: Network, text: string): NamedTarget {
  // A colon of an IPv6 address is no port; [2001:db8::1]:443 names one.
  const bracketed = /^\[([^\]]+)\](?::(.+))?$/.exec(text);
  const plain =
    cidrSet(text) ??
    addressSet(text) ??
    (text.startsWith("new:") && !text.slice(4).includes(":") ? text : undefined);
  const split = plain === undefined ? text.lastIndexOf(":") : -1;
  const name = bracketed?.[1] ?? (split < 0 ? text : text.slice(0, split));
  const port = bracketed === null ? (split < 0 ? undefined : text.slice(split + 1)) : bracketed[2];
  return targetOf(net, name, port);
}

export function targetOf(net: Network, name: string, port: string | undefined): NamedTarget {
  const end = parseEnd(net, name);
  const service =
    end.kind === "workloads" && matching(net, name).length === 0
      ? readServices(net.objects).get(name)
      : undefined;
  if (service !== undefined) return throughService(net, end, service, port);
  if (port === undefined) {
    const all = net.space.of(protocols.map((protocol) => ({ protocol, from: 1, to: 65_535 })));
    return { end, ports: () => all, portText: "any port" };
  }
  const numeric = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/i.exec(port);
  if (numeric !== null) {
    const number = Number(numeric[1]);
    if (number < 1 || number > 65_535) throw unknown(`${port} is no port from 1 to 65535`);
    const protocol = (numeric[2] ?? "tcp").toUpperCase() as Protocol;
    const set = net.space.of([{ protocol, from: number, to: number }]);
    return { end, ports: () => set, portText: `${protocol} ${number}` };
  }
  if (end.kind !== "workloads") throw unknown(`${printable(port)} is no number of a port`);
  const named = (at: number): readonly PortRange[] =>
    (net.workloads[at]?.ports ?? [])
      .filter((each) => each.name === port)
      .map((each) => ({ protocol: each.protocol, from: each.port, to: each.port }));
  if (end.numbers.every((at) => named(at).length === 0))
    throw unknown(`${printable(name)} has no port called ${printable(port)}`, "name the number of the port");
  return {
    end,
    ports: (at) => (at === undefined ? 0 : net.space.of(named(at))),
    portText: `port ${printable(port)}`,
  };
}

function throughService(
  net: Network,
  end: NamedEnd,
  service: ServiceModel,
  port: string | undefined,
): NamedTarget {
  const wanted =
    port === undefined ? undefined : /^\d+(?:\/\w+)?$/.test(port) ? Number.parseInt(port, 10) : port;
  const ports = portsMeant(service, wanted);
  const name = `${service.namespace}/${service.name}`;
  if (ports.length === 0) throw unknown(`Service ${printable(name)} has no port ${printable(port ?? "")}`);
  const shown = ports.map((each) => `${each.protocol} ${each.port} leads to container port ${each.target}`);
  return {
    end,
    portText: ports.map((each) => `${each.protocol} ${each.port}`).join(", "),
    note: printable(`Service ${name}: ${shown.join(", ")}; policies see the port of the container`),
    ports: (at) => {
      const workload = at === undefined ? undefined : net.workloads[at];
      if (workload === undefined) return 0;
      return net.space.of(
        ports.flatMap((each) =>
          targetPorts(workload, each).map((to) => ({ protocol: each.protocol, from: to, to })),
        ),
      );
    },
  };
}

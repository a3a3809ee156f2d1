import type { JsonObject } from "../../../kube/json.ts";
import type { Network } from "../engine/network.ts";
import { PortSpace, type PortSetId } from "../sets/port-space.ts";
import { ingressBackends } from "./ingress.ts";
import type { Backend } from "./backend.ts";
import { gatewayBackends } from "./gateway.ts";
import { routeBackends } from "./openshift-route.ts";
import {
  portsMeant,
  readServices,
  type ServiceModel,
  type ServicePort,
  targetPorts,
  workloadsBehind,
} from "./services.ts";

export type EntryKind =
  | "ingress"
  | "load-balancer"
  | "node-port"
  | "external-ip"
  | "host-port"
  | "host-network";

/** A way from outside of the cluster to a port of a workload. */
export interface Entry {
  readonly kind: EntryKind;
  readonly by: string;
  readonly at: string;
  /** `Service shop/web`; empty where there is none between. */
  readonly via: string;
  readonly workload: number;
  readonly ports: PortSetId;
  readonly sourceRanges: readonly string[];
  /** The client's address arrives at the pod. */
  readonly keepsSource: boolean;
  readonly object: JsonObject;
}

/** A way that leads nowhere, and why. */
export interface DeadEnd {
  readonly by: string;
  readonly at: string;
  readonly why: string;
  readonly object: JsonObject;
}

export interface Entries {
  readonly entries: readonly Entry[];
  readonly deadEnds: readonly DeadEnd[];
}

/**
 * The ways into the cluster: Ingresses, Routes and routes of Gateways, Services of type LoadBalancer and NodePort and with
 * external addresses, ports of the host and pods in its network. Policies are not asked here.
 */
export function readEntries(net: Network): Entries {
  const services = readServices(net.objects);
  const entries: Entry[] = [];
  const deadEnds: DeadEnd[] = [];
  const backends = [
    ...ingressBackends(net.objects),
    ...routeBackends(net.objects),
    ...gatewayBackends(net.objects, net.namespaces),
  ];
  for (const backend of backends) {
    const found = followBackend(net, services, backend);
    if (typeof found === "string")
      deadEnds.push({ by: backend.by, at: backend.at, why: found, object: backend.object });
    else entries.push(...found);
  }
  for (const service of services.values()) entries.push(...serviceEntries(net, service));
  entries.push(...hostEntries(net));
  return { entries, deadEnds };
}

function followBackend(
  net: Network,
  services: ReadonlyMap<string, ServiceModel>,
  backend: Backend,
): readonly Entry[] | string {
  if (backend.refused !== undefined) return backend.refused;
  const id = `${backend.namespace}/${backend.service}`;
  const service = services.get(id);
  if (service === undefined) return `Service ${id} is not there`;
  if (service.type === "ExternalName")
    return `Service ${id} leads out of the cluster, to ${service.externalName}`;
  const ports =
    backend.byTarget === true ? byTarget(service, backend.port) : portsMeant(service, backend.port);
  if (ports.length === 0) return `Service ${id} has no port ${backend.port ?? ""}`;
  if (service.selector === undefined) return `the endpoints of Service ${id} are set by hand`;
  const found = behind(net, service, ports).map(({ workload, open }) => ({
    kind: "ingress" as const,
    by: backend.by,
    at: backend.at,
    via: `Service ${id}`,
    workload,
    ports: open,
    sourceRanges: [],
    keepsSource: false,
    object: backend.object,
  }));
  return found.length === 0 ? `no workload listens behind Service ${id}` : found;
}

/** OpenShift Routes name the port of the container, by number or by the name of the Service's port. */
function byTarget(service: ServiceModel, wanted: number | string | undefined): readonly ServicePort[] {
  if (wanted === undefined) return service.ports;
  return service.ports.filter((port) => port.target === wanted || port.name === wanted);
}

function behind(
  net: Network,
  service: ServiceModel,
  ports: readonly ServicePort[],
): readonly { readonly workload: number; readonly open: PortSetId }[] {
  return workloadsBehind(service, net.workloads).flatMap((number) => {
    const workload = net.workloads[number];
    if (workload === undefined) return [];
    const open = net.space.of(
      ports.flatMap((port) =>
        targetPorts(workload, port).map((to) => ({ protocol: port.protocol, from: to, to })),
      ),
    );
    return open === PortSpace.none ? [] : [{ workload: number, open }];
  });
}

function serviceEntries(net: Network, service: ServiceModel): readonly Entry[] {
  const kinds: EntryKind[] = [];
  if (service.type === "LoadBalancer") kinds.push("load-balancer");
  if (service.type === "NodePort") kinds.push("node-port");
  if (service.externalIps.length > 0) kinds.push("external-ip");
  const name = `Service ${service.namespace}/${service.name}`;
  return kinds.flatMap((kind) =>
    behind(net, service, service.ports).map(({ workload, open }) => ({
      kind,
      by: name,
      at: kind === "external-ip" ? service.externalIps.join(", ") : "",
      via: "",
      workload,
      ports: open,
      sourceRanges: kind === "load-balancer" ? service.sourceRanges : [],
      keepsSource: service.keepsSource,
      object: service.object,
    })),
  );
}

function hostEntries(net: Network): readonly Entry[] {
  return net.workloads.flatMap((workload, number): readonly Entry[] => {
    const base = {
      at: "",
      via: "",
      workload: number,
      sourceRanges: [],
      keepsSource: true,
      object: workload.object,
    };
    const by = `${workload.kind} ${workload.namespace}/${workload.name}`;
    if (workload.hostNetwork) {
      const ports = workload.ports.map(({ protocol, port }) => ({ protocol, from: port, to: port }));
      return [{ ...base, kind: "host-network" as const, by, ports: net.space.of(ports) }];
    }
    const hosted = workload.ports.filter(({ hostPort }) => hostPort !== undefined);
    if (hosted.length === 0) return [];
    const open = net.space.of(hosted.map(({ protocol, port }) => ({ protocol, from: port, to: port })));
    const at = hosted.map(({ protocol, hostPort }) => `${protocol} ${hostPort ?? ""}`).join(", ");
    return [{ ...base, kind: "host-port" as const, by, at, ports: open }];
  });
}

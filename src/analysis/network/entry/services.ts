import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../../kube/json.ts";
import { namespaceOf, objectKey } from "../../../kube/object-key.ts";
import { type LabelIndex, labelIndex } from "../../../kube/label-index.ts";
import { mapSelector } from "../../../kube/selector.ts";
import { isProtocol } from "../model/read-workloads.ts";
import type { Workload } from "../model/workload.ts";
import type { Protocol } from "../sets/port-space.ts";

export interface ServicePort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** Port of the container, or its name; that of the Service where nothing is written. */
  readonly target: number | string;
  readonly nodePort: number | undefined;
}

export interface ServiceModel {
  readonly namespace: string;
  readonly name: string;
  readonly type: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
  readonly ports: readonly ServicePort[];
  /** Undefined: its endpoints are set by somebody else. */
  readonly selector: JsonObject | undefined;
  readonly externalName: string;
  readonly externalIps: readonly string[];
  readonly sourceRanges: readonly string[];
  /** The address of the client arrives (`externalTrafficPolicy: Local`). */
  readonly keepsSource: boolean;
  readonly object: JsonObject;
}

/** The Services of the objects, by `namespace/name`. */
export function readServices(objects: readonly JsonObject[]): ReadonlyMap<string, ServiceModel> {
  const services = new Map<string, ServiceModel>();
  for (const object of objects) {
    const key = objectKey(object);
    if (key.group !== "" || key.kind !== "Service") continue;
    const spec = isObject(object["spec"]) ? object["spec"] : {};
    const type = spec["type"];
    const selector = spec["selector"];
    services.set(`${namespaceOf(object)}/${key.name}`, {
      namespace: namespaceOf(object),
      name: key.name,
      type: type === "NodePort" || type === "LoadBalancer" || type === "ExternalName" ? type : "ClusterIP",
      ports: listAt(spec, ["ports"]).flatMap(readPort),
      selector: isObject(selector) && Object.keys(selector).length > 0 ? selector : undefined,
      externalName: typeof spec["externalName"] === "string" ? spec["externalName"] : "",
      externalIps: texts(listAt(spec, ["externalIPs"])),
      sourceRanges: texts(listAt(spec, ["loadBalancerSourceRanges"])),
      keepsSource: spec["externalTrafficPolicy"] === "Local",
      object,
    });
  }
  return services;
}

export function listAt(value: Json | undefined, path: readonly (string | number)[]): readonly Json[] {
  const list = valueAt(value, path);
  return isArray(list) ? list : [];
}

function texts(list: readonly Json[]): readonly string[] {
  return list.filter((item) => typeof item === "string");
}

function readPort(value: Json): readonly ServicePort[] {
  if (!isObject(value)) return [];
  const { port, protocol = "TCP", name = "", nodePort, targetPort } = value;
  if (typeof port !== "number" || !isProtocol(protocol) || typeof name !== "string") return [];
  const target =
    typeof targetPort === "number" || (typeof targetPort === "string" && targetPort !== "")
      ? targetPort
      : port;
  return [{ name, protocol, port, target, nodePort: typeof nodePort === "number" ? nodePort : undefined }];
}

/** Numbers of the workloads behind a Service. */
export function workloadsBehind(service: ServiceModel, workloads: readonly Workload[]): readonly number[] {
  const selector = mapSelector(service.selector);
  if (selector === undefined || service.type === "ExternalName") return [];
  return indexOf(workloads).get(service.namespace)?.matching(selector) ?? [];
}

/** Numbers of workloads by namespace and labels, built once for an array: Services are many, and so are workloads. */
function indexOf(workloads: readonly Workload[]): ReadonlyMap<string, LabelIndex<number>> {
  const known = indexes.get(workloads);
  if (known !== undefined) return known;
  const numbers = Map.groupBy(workloads.keys(), (number) => workloads[number]?.namespace ?? "");
  const index = new Map(
    [...numbers].map(([namespace, own]) => [
      namespace,
      labelIndex(own, (number) => workloads[number]?.labels ?? {}),
    ]),
  );
  indexes.set(workloads, index);
  return index;
}

const indexes = new WeakMap<readonly Workload[], ReadonlyMap<string, LabelIndex<number>>>();

/** Ports of a workload to which a port of a Service leads; none where it has no port of that name. */
export function targetPorts(workload: Workload, port: ServicePort): readonly number[] {
  if (typeof port.target === "number") return [port.target];
  return workload.ports
    .filter(({ name, protocol }) => name === port.target && protocol === port.protocol)
    .map((each) => each.port);
}

/** The ports of a Service that a reference means: by number, by name, or all where it names none. */
export function portsMeant(
  service: ServiceModel,
  wanted: number | string | undefined,
): readonly ServicePort[] {
  if (wanted === undefined) return service.ports;
  return service.ports.filter((port) =>
    typeof wanted === "number" ? port.port === wanted : port.name === wanted,
  );
}

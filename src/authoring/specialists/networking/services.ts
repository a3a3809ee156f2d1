import type { JsonObject } from "../../../kube/json.ts";
import { selectorLabels, workloadMetadata } from "../manifests/labels.ts";
import { byText } from "../../../kube/by-text.ts";
import { members, unlessEmpty } from "../members.ts";
import { fitName, isServiceName } from "../names.ts";
import type { Application, Workload } from "../workload.ts";

/** Name of the headless Service that gives the Pods of a StatefulSet their names. */
export function headlessName(workload: Workload): string {
  return `${fitName(serviceName(workload.intent.name), 54)}-headless`;
}

/** A Service's name starts with a letter (RFC 1035); a workload's need not. */
export function serviceName(name: string): string {
  return isServiceName(name) ? name : fitName(`svc-${name}`, 63);
}

/**
 * Services: one a workload that offers ports or that others connect to, under the name by which the input knows it; the
 * same under its aliases; and a headless one a StatefulSet. All are ClusterIP: nothing is opened to the outside.
 */
export function services(application: Application): JsonObject[] {
  const { ledger } = application;
  const taken = new Map<string, string>();
  const made: JsonObject[] = [];
  const make = (workload: Workload, name: string, spec: JsonObject): void => {
    taken.set(name, workload.intent.name);
    made.push({
      apiVersion: "v1",
      kind: "Service",
      metadata: workloadMetadata(application, workload, name),
      spec: members({
        ...spec,
        selector: selectorLabels(application, workload.intent.name),
      }),
    });
  };
  const offering = application.workloads.filter((workload) => isReached(application, workload));
  // Names of workloads first: an alias never takes one away.
  for (const workload of offering) {
    const name = serviceName(workload.intent.name);
    if (name !== workload.intent.name)
      ledger.note(
        "network/service-name",
        workload.intent.name,
        `a Service's name starts with a letter: it is reached as ${name}.`,
      );
    make(workload, name, clusterService(application, workload));
  }
  for (const workload of application.workloads)
    if (workload.kind === "StatefulSet") make(workload, headlessName(workload), headlessService(workload));
  for (const workload of application.workloads) aliases(application, workload, taken, make);
  return made;
}

function isReached(application: Application, workload: Workload): boolean {
  return workload.ports.length > 0 || application.edges.some((edge) => edge.to === workload.intent.name);
}

function aliases(
  application: Application,
  workload: Workload,
  taken: ReadonlyMap<string, string>,
  make: (workload: Workload, name: string, spec: JsonObject) => void,
): void {
  const { name, aliases } = workload.intent;
  for (const alias of [...new Set(aliases)].sort(byText)) {
    if (alias === name) continue;
    const owner = taken.get(alias);
    if (!isServiceName(alias))
      application.ledger.note(
        "network/alias",
        name,
        `the alias ${JSON.stringify(alias)} is left out: a Service's name is a DNS label that starts with a letter.`,
      );
    else if (owner !== undefined || application.byName.has(alias))
      application.ledger.note(
        "network/alias",
        name,
        `the alias ${alias} is left out: ${owner ?? alias} has that name.`,
      );
    else make(workload, alias, clusterService(application, workload));
  }
}

function clusterService(application: Application, workload: Workload): JsonObject {
  const ports = servicePorts(application, workload);
  // Without a port only the names of Pods can be served, which a headless Service does.
  return ports.length === 0 ? { clusterIP: "None" } : { type: "ClusterIP", ports };
}

function headlessService(workload: Workload): JsonObject {
  return members({
    clusterIP: "None",
    ports: unlessEmpty(
      workload.ports.map((port) =>
        members({
          name: port.name,
          port: port.port,
          protocol: port.protocol,
          targetPort: port.name,
          appProtocol: port.appProtocol,
        }),
      ),
    ),
  });
}

/**
 * The ports of a Service: the container's own numbers, by which other services connect in Compose, and the published ones
 * beside them.
 */
function servicePorts(application: Application, workload: Workload): JsonObject[] {
  const numbers = new Set(workload.ports.map((port) => `${port.protocol}/${port.port}`));
  const names = new Set(workload.ports.map((port) => port.name));
  const list = workload.ports.map((port) =>
    members({
      name: port.name,
      port: port.port,
      protocol: port.protocol,
      targetPort: port.name,
      appProtocol: port.appProtocol,
    }),
  );
  for (const port of workload.ports)
    for (const number of port.servicePorts) {
      const name = `${port.name}-${number}`;
      const key = `${port.protocol}/${number}`;
      if (numbers.has(key) || names.has(name)) {
        application.ledger.note(
          "network/service-port",
          workload.intent.name,
          `published port ${number}/${port.protocol} is left out: the Service already has that port.`,
        );
        continue;
      }
      numbers.add(key);
      names.add(name);
      list.push(
        members({
          name,
          port: number,
          protocol: port.protocol,
          targetPort: port.name,
          appProtocol: port.appProtocol,
        }),
      );
    }
  return list;
}

import type { AutoscaleIntent, MountIntent, ProbeIntent } from "../../intent/intent.ts";
import { shellCredentials } from "../../../analysis/checks/secrets/command-credentials.ts";
import { literal, type ServiceContext } from "../context.ts";
import { dnsLabel, isDnsLabel } from "../names.ts";
import { shellWords } from "../../../analysis/checks/secrets/shell-words.ts";
import { byteCount } from "../syntax/units.ts";
import { booleanOf, integerOf, malformed, type Node, textOf } from "../tree/node.ts";
import type { KomposeProbe } from "../kompose-settings.ts";
import { portOf } from "./ports.ts";

/**
 * Labels by which kompose users say what Compose cannot (kubernetes/kompose pkg/loader/compose, docs/user-guide.md). A
 * handler takes the label; a text says why it has no effect. Labels are read before the rest of a service is settled.
 */
type Row = string | ((service: ServiceContext, node: Node) => void);

function take(service: ServiceContext, node: Node): void {
  service.project.ledger.mark(node, "used");
}
function drop(service: ServiceContext, node: Node, reason: string): void {
  service.project.ledger.mark(node, "dropped", reason);
}

function choice<T extends string>(node: Node, choices: readonly T[]): T {
  const found = choices.find((each) => each.toLowerCase() === textOf(node).toLowerCase());
  return found ?? malformed(node, `must be one of ${choices.join(", ")}`);
}

function autoscale(service: ServiceContext, node: Node, part: Partial<AutoscaleIntent>): void {
  // Defaults of kompose (pkg/transformer/kubernetes/k8sutils.go): 1 to 3 Pods.
  const before: AutoscaleIntent = service.draft.autoscale ?? { min: 1, max: 3 };
  service.draft.autoscale = { ...before, ...part };
  take(service, node);
}

function probe(
  service: ServiceContext,
  which: "liveness" | "readiness",
  part: { path?: string; port?: number; tcp?: number; test?: readonly string[] },
): void {
  service.kompose[which] = { ...service.kompose[which], ...part };
}

const exposure =
  "it would open the application beyond the cluster: kubeops makes ClusterIP Services, and an edge is asked for on its own";
const readinessTimes = "readiness keeps the times of the health check";

const rows: Readonly<Record<string, Row>> = {
  cmd: "it tells kompose how it was called",
  version: "it tells kompose how it was called",
  "controller.port.expose": "no port of a node is opened: the Service offers it",
  "controller.type": (service, node) => {
    const kind = choice(node, ["deployment", "daemonset", "statefulset", "replicationcontroller"]);
    service.draft.controller =
      kind === "daemonset" ? "DaemonSet" : kind === "statefulset" ? "StatefulSet" : "Deployment";
    if (kind === "daemonset") service.draft.mode = "global";
    if (kind === "replicationcontroller")
      service.project.ledger.mark(node, "changed", "a Deployment has taken its place");
    else take(service, node);
  },
  "cronjob.schedule": (service, node) => {
    const schedule = textOf(node).trim();
    if (
      !/^(?:@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)|[\d*,/?LWA-Za-z-]+(?:\s+[\d*,/?LWA-Za-z#-]+){4})$/.test(
        schedule,
      )
    )
      malformed(node, "must be a schedule of five fields, as 0 3 * * *");
    service.draft.mode = "cron";
    service.draft.schedule = schedule;
    take(service, node);
  },
  "cronjob.concurrency_policy": (service, node) => {
    service.draft.concurrencyPolicy = choice(node, ["Allow", "Forbid", "Replace"]);
    take(service, node);
  },
  "cronjob.backoff_limit": (service, node) => {
    service.draft.backoffLimit = integerOf(node);
    take(service, node);
  },
  "ephemeral-storage.limit": "kubeops sets requests and limits of ephemeral storage itself",
  "ephemeral-storage.request": "kubeops sets requests and limits of ephemeral storage itself",
  "hpa.cpu": (service, node) => autoscale(service, node, { cpuPercent: percentOf(node) }),
  "hpa.memory": (service, node) => autoscale(service, node, { memoryPercent: percentOf(node) }),
  "hpa.replicas.min": (service, node) => autoscale(service, node, { min: integerOf(node, 1) }),
  "hpa.replicas.max": (service, node) => autoscale(service, node, { max: integerOf(node, 1) }),
  "image-pull-policy": (service, node) => {
    service.draft.imagePullPolicy = choice(node, ["Always", "IfNotPresent", "Never"]);
    take(service, node);
  },
  "image-pull-secret": (service, node) => {
    const name = textOf(node);
    if (!isDnsLabel(name)) malformed(node, "must be the name of a Secret");
    service.draft.imagePullSecrets = [...(service.draft.imagePullSecrets ?? []), name];
    take(service, node);
  },
  "init.containers.command":
    "kubeops writes no init containers from labels; make it a service that others depend on",
  "init.containers.image":
    "kubeops writes no init containers from labels; make it a service that others depend on",
  "init.containers.name":
    "kubeops writes no init containers from labels; make it a service that others depend on",
  "security-context.fsgroup": (service, node) => {
    service.draft.fsGroup = integerOf(node);
    take(service, node);
  },
  "service.expose": exposure,
  "service.expose.ingress-class-name": exposure,
  "service.expose.path": exposure,
  "service.expose.tls-secret": exposure,
  "service.external-traffic-policy": exposure,
  "service.nodeport.port": exposure,
  "service.group": "every service has a Pod of its own",
  "service.name_override": (service, node) => {
    const name = dnsLabel(textOf(node));
    if (literal(service.project, node, "name", textOf(node)) === undefined) return;
    service.draft.aliases = [...new Set([...service.draft.aliases, name])];
    service.project.ledger.mark(node, "changed", "it becomes a second name beside the service's own");
  },
  "service.type": (service, node) => {
    const type = textOf(node).toLowerCase();
    if (type === "clusterip") take(service, node);
    else if (type === "headless")
      drop(service, node, "a Service has one virtual address; a StatefulSet has a headless one besides");
    else drop(service, node, exposure);
  },
  "service.healthcheck.liveness.http_get_path": (service, node) => {
    const path = literal(service.project, node, "path");
    if (path === undefined) return;
    probe(service, "liveness", { path });
    take(service, node);
  },
  "service.healthcheck.liveness.http_get_port": (service, node) => {
    probe(service, "liveness", { port: portOf(node) });
    take(service, node);
  },
  "service.healthcheck.liveness.tcp_port": (service, node) => {
    probe(service, "liveness", { tcp: portOf(node) });
    take(service, node);
  },
  "service.healthcheck.readiness.disable": (service, node) => {
    if (booleanOf(node))
      drop(service, node, "a Pod without a readiness check is sent requests that it cannot answer");
    else take(service, node);
  },
  "service.healthcheck.readiness.http_get_path": (service, node) => {
    const path = literal(service.project, node, "path");
    if (path === undefined) return;
    probe(service, "readiness", { path });
    take(service, node);
  },
  "service.healthcheck.readiness.http_get_port": (service, node) => {
    probe(service, "readiness", { port: portOf(node) });
    take(service, node);
  },
  "service.healthcheck.readiness.tcp_port": (service, node) => {
    probe(service, "readiness", { tcp: portOf(node) });
    take(service, node);
  },
  "service.healthcheck.readiness.test": (service, node) => {
    const text = literal(service.project, node, "test");
    if (text === undefined) return;
    if (shellCredentials(text, []).length > 0) {
      drop(
        service,
        node,
        "a credential stands in it, and Kubernetes puts no variable into the command of a probe",
      );
      return;
    }
    // kompose runs it as a list of words (pkg/loader/compose/utils.go).
    probe(service, "readiness", { test: shellWords(text).words });
    take(service, node);
  },
  "service.healthcheck.readiness.interval": readinessTimes,
  "service.healthcheck.readiness.retries": readinessTimes,
  "service.healthcheck.readiness.start_period": readinessTimes,
  "service.healthcheck.readiness.timeout": readinessTimes,
  "serviceaccount-name": (service, node) => {
    const name = textOf(node);
    if (!isDnsLabel(name)) malformed(node, "must be the name of a ServiceAccount");
    service.draft.serviceAccount = name;
    take(service, node);
  },
  "volume.selector": "the storage class of the cluster provides the volume",
  "volume.size": (service, node) => {
    service.kompose.volumeSize = sizeOf(node);
    take(service, node);
  },
  "volume.storage-class-name": (service, node) => {
    service.kompose.storageClass = storageClassOf(node);
    take(service, node);
  },
  "volume.subpath": (service, node) => {
    const text = literal(service.project, node, "subpath");
    if (text === undefined) return;
    if (text.startsWith("/") || text.split("/").includes(".."))
      malformed(node, "must be a path inside the volume");
    service.kompose.subPath = text;
    take(service, node);
  },
  "volume.type": (service, node) => {
    if (/^(?:persistentvolumeclaim|configmap)$/i.test(textOf(node)))
      drop(service, node, "each mount says by itself whether it is a claim or files");
    else drop(service, node, "named volumes become claims, and no path of a node is mounted");
  },
};

function percentOf(node: Node): number {
  const value = integerOf(node, 1);
  return value > 1000 ? malformed(node, "must be a percentage") : value;
}

/** A Kubernetes quantity or a Compose size: `500Mi`, `1g`. */
export function sizeOf(node: Node): number {
  return byteCount(textOf(node)) ?? malformed(node, "must be a size, as 1Gi");
}

export function storageClassOf(node: Node): string {
  const name = textOf(node);
  return name.split(".").every((part) => isDnsLabel(part))
    ? name
    : malformed(node, "must be the name of a storage class");
}

export function isKomposeLabel(key: string): boolean {
  return key.startsWith("kompose.");
}

export function readKomposeLabel(service: ServiceContext, key: string, node: Node): void {
  const name = key.slice("kompose.".length);
  const row = Object.hasOwn(rows, name) ? rows[name] : undefined;
  if (row === undefined) drop(service, node, "not a label of kompose that kubeops knows");
  else if (typeof row === "string") drop(service, node, row);
  else row(service, node);
}

/** Labels of kompose by name, with the reason of those that have no effect: for the reference page. */
export const komposeLabels: readonly { readonly name: string; readonly dropped?: string }[] = Object.entries(
  rows,
).map(([name, row]) =>
  typeof row === "string" ? { name: `kompose.${name}`, dropped: row } : { name: `kompose.${name}` },
);

function probeOf(probe: KomposeProbe | undefined): ProbeIntent | undefined {
  if (probe === undefined) return undefined;
  if (probe.port !== undefined) return { kind: "http", path: probe.path ?? "/", port: probe.port };
  if (probe.tcp !== undefined) return { kind: "tcp", port: probe.tcp };
  return probe.test === undefined ? undefined : { kind: "exec", command: probe.test };
}

/** Puts what the labels say into the workload, after its own fields are read. */
export function applyKompose(service: ServiceContext): void {
  const { liveness, readiness, subPath } = service.kompose;
  const test = probeOf(liveness);
  const ready = probeOf(readiness);
  const first = test ?? service.draft.health?.test ?? ready;
  if (first !== undefined && (test !== undefined || ready !== undefined)) {
    const same = ready === undefined || JSON.stringify(ready) === JSON.stringify(first);
    service.draft.health = { ...service.health, test: first, ...(same ? {} : { readiness: ready }) };
    const node = service.node.entries.get("healthcheck");
    if (node?.kind === "map") {
      for (const name of ["interval", "timeout", "retries", "start_period", "start_interval"]) {
        const part = node.entries.get(name);
        if (part !== undefined) service.project.ledger.mark(part, "used");
      }
    }
  }
  if (subPath !== undefined)
    service.draft.mounts = service.draft.mounts.map(
      (mount): MountIntent => (mount.kind === "claim" ? { ...mount, subPath } : mount),
    );
}

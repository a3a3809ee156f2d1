import { literal, type ServiceContext } from "../context.ts";
import { isLabelValue, isQualifiedName } from "../names.ts";
import { durationSeconds } from "../syntax/units.ts";
import {
  integerOf,
  listOf,
  malformed,
  type MapNode,
  mapOf,
  member,
  type Node,
  textOf,
} from "../tree/node.ts";
import { readLabels } from "./labels.ts";
import { readDeployResources } from "./resources.ts";

/** `deploy` (compose-spec deploy.md). */
export function readDeploy(service: ServiceContext, node: Node): void {
  const deploy = mapOf(node);
  const { ledger } = service.project;
  const mode = member(deploy, "mode");
  if (mode !== undefined) readMode(service, mode);
  const replicas = member(deploy, "replicas");
  if (replicas !== undefined) readReplicas(service, replicas);
  const resources = member(deploy, "resources");
  if (resources !== undefined) readDeployResources(service, resources);
  const restart = member(deploy, "restart_policy");
  if (restart !== undefined) readRestartPolicy(service, mapOf(restart));
  const update = member(deploy, "update_config");
  if (update !== undefined) readUpdate(service, mapOf(update));
  const placement = member(deploy, "placement");
  if (placement !== undefined) readPlacement(service, mapOf(placement));
  const labels = member(deploy, "labels");
  if (labels !== undefined) readLabels(service, labels, "label");
  const endpoint = member(deploy, "endpoint_mode");
  if (endpoint !== undefined) {
    if (textOf(endpoint) === "vip") ledger.mark(endpoint, "used");
    else ledger.mark(endpoint, "dropped", "a Service has one virtual address");
  }
}

function readMode(service: ServiceContext, node: Node): void {
  const { ledger } = service.project;
  switch (textOf(node)) {
    case "replicated":
      break;
    case "global":
      service.draft.mode = "global";
      break;
    case "replicated-job":
      service.draft.mode = "job";
      break;
    case "global-job":
      service.draft.mode = "job";
      ledger.mark(node, "changed", "a Job runs a number of Pods, not one on every node");
      return;
    default:
      malformed(node, "must be replicated, global, replicated-job or global-job");
  }
  ledger.mark(node, "used");
}

function readReplicas(service: ServiceContext, node: Node): void {
  const count = integerOf(node);
  if (service.draft.mode === "job") service.draft.completions = count;
  else if (service.draft.mode === "replicated") service.draft.replicas = count;
  else {
    service.project.ledger.mark(node, "dropped", "one container runs on every node");
    return;
  }
  service.project.ledger.mark(node, "used");
}

/** `scale`: the older form of `deploy.replicas`, which wins. */
export function readScale(service: ServiceContext, node: Node): void {
  if (service.draft.replicas !== undefined && service.draft.replicas !== integerOf(node))
    service.project.ledger.mark(node, "dropped", "the deploy section says otherwise");
  else readReplicas(service, node);
}

function readRestartPolicy(service: ServiceContext, policy: MapNode): void {
  const { ledger } = service.project;
  const condition = member(policy, "condition");
  const text = condition === undefined ? "any" : textOf(condition);
  const restart = text === "none" ? "never" : text === "any" ? "always" : text;
  if (condition !== undefined && restart !== "never" && restart !== "always" && restart !== "on-failure")
    malformed(condition, "must be none, on-failure or any");
  service.draft.restart = restart === "never" || restart === "on-failure" ? restart : "always";
  service.restartNode = condition;
  const attempts = member(policy, "max_attempts");
  if (attempts !== undefined) service.attempts = { count: integerOf(attempts), node: attempts };
  for (const name of ["delay", "window"]) {
    const part = member(policy, name);
    if (part !== undefined)
      ledger.mark(
        part,
        "dropped",
        "Kubernetes waits longer and longer between restarts, from 10 seconds to 5 minutes",
      );
  }
}

function readUpdate(service: ServiceContext, update: MapNode): void {
  const { ledger } = service.project;
  const order = member(update, "order");
  const parallelism = member(update, "parallelism");
  const delay = member(update, "delay");
  if (order !== undefined && !["start-first", "stop-first"].includes(textOf(order)))
    malformed(order, "must be start-first or stop-first");
  const seconds = delay === undefined ? undefined : durationSeconds(textOf(delay));
  if (delay !== undefined && seconds === undefined) malformed(delay, "must be a duration, as 10s");
  const count = parallelism === undefined ? undefined : integerOf(parallelism);
  service.draft.update = {
    order: order !== undefined && textOf(order) === "start-first" ? "start-first" : "stop-first",
    ...(count === undefined || count === 0 ? {} : { parallelism: count }),
    ...(seconds === undefined || seconds === 0 ? {} : { minReadySeconds: Math.ceil(seconds) }),
  };
  for (const part of [order, parallelism]) if (part !== undefined) ledger.mark(part, "used");
  if (delay !== undefined)
    ledger.mark(delay, "changed", "a new Pod must be ready for so long before the next is replaced");
  const lost = {
    failure_action: "a rollout that fails stops; it is undone by a plan",
    monitor: "readiness decides whether an update goes on",
    max_failure_ratio: "readiness decides whether an update goes on",
  };
  for (const [name, reason] of Object.entries(lost)) {
    const part = member(update, name);
    if (part !== undefined) ledger.mark(part, "dropped", reason);
  }
}

const nodeAttributes: Readonly<Record<string, string>> = {
  "node.hostname": "kubernetes.io/hostname",
  "node.platform.os": "kubernetes.io/os",
  "node.platform.arch": "kubernetes.io/arch",
};
const architectures: Readonly<Record<string, string>> = {
  x86_64: "amd64",
  aarch64: "arm64",
  armhf: "arm",
  armel: "arm",
};
function architectureOf(name: string): string {
  return (Object.hasOwn(architectures, name) ? architectures[name] : undefined) ?? name;
}

/** Labels that Swarm clusters use by convention, by their well-known names. */
const knownLabels: Readonly<Record<string, string>> = {
  zone: "topology.kubernetes.io/zone",
  region: "topology.kubernetes.io/region",
};

function readPlacement(service: ServiceContext, placement: MapNode): void {
  const { ledger } = service.project;
  const constraints = member(placement, "constraints");
  if (constraints !== undefined) for (const item of listOf(constraints).items) readConstraint(service, item);
  const preferences = member(placement, "preferences");
  if (preferences !== undefined) {
    for (const item of listOf(preferences).items) {
      const spread = member(mapOf(item), "spread");
      const key = spread === undefined ? undefined : spreadKey(textOf(spread));
      if (spread === undefined || key === undefined) {
        ledger.mark(item, "dropped", "it names no label of a node (node.labels.NAME, node.hostname)");
        continue;
      }
      service.draft.spreadBy = [...new Set([...(service.draft.spreadBy ?? []), key])];
      ledger.mark(item, "used");
    }
  }
  const most = member(placement, "max_replicas_per_node");
  if (most === undefined) return;
  if (integerOf(most, 0) === 0) {
    ledger.mark(most, "used");
    return;
  }
  service.draft.spreadBy = [...new Set([...(service.draft.spreadBy ?? []), "kubernetes.io/hostname"])];
  ledger.mark(most, "changed", "the Pods are spread over the nodes; there is no hard limit for a node");
}

function spreadKey(text: string): string | undefined {
  if (text === "node.hostname") return "kubernetes.io/hostname";
  const label = /^node\.labels\.(.+)$/.exec(text)?.[1];
  if (label === undefined || !isQualifiedName(label)) return undefined;
  return Object.hasOwn(knownLabels, label) ? knownLabels[label] : label;
}

function readConstraint(service: ServiceContext, item: Node): void {
  const { ledger } = service.project;
  const match = /^\s*([\w./-]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(textOf(item));
  const [, attribute = "", operator, value = ""] = match ?? [];
  const label = /^node\.labels\.(.+)$/.exec(attribute)?.[1];
  const key =
    label !== undefined && isQualifiedName(label)
      ? label
      : Object.hasOwn(nodeAttributes, attribute)
        ? nodeAttributes[attribute]
        : undefined;
  if (match === null || key === undefined || operator === "!=" || !isLabelValue(value)) {
    ledger.mark(
      item,
      "dropped",
      operator === "!="
        ? "a node selector can only ask for a value, not against one"
        : "it names nothing that a node of Kubernetes has as a label",
    );
    return;
  }
  const wanted = key === "kubernetes.io/arch" ? architectureOf(value) : value;
  const text = literal(service.project, item, key, wanted);
  if (text === undefined) return;
  service.draft.nodeSelector = { ...service.draft.nodeSelector, [key]: text };
  ledger.mark(item, "used");
}

/** `platform`: `os[/arch[/variant]]`. */
export function readPlatform(service: ServiceContext, node: Node): void {
  const [os = "", arch, variant] = textOf(node).split("/");
  const { ledger } = service.project;
  if ((os !== "linux" && os !== "windows") || (arch !== undefined && !/^[a-z0-9_]+$/.test(arch))) {
    ledger.mark(node, "dropped", "no node of Kubernetes has this platform; it needs a RuntimeClass");
    return;
  }
  service.draft.nodeSelector = {
    ...service.draft.nodeSelector,
    "kubernetes.io/os": os,
    ...(arch === undefined ? {} : { "kubernetes.io/arch": architectureOf(arch) }),
  };
  if (variant === undefined) ledger.mark(node, "used");
  else ledger.mark(node, "changed", "nodes are chosen by system and architecture, not by variant");
}

import type { ResourcesIntent } from "../../intent/intent.ts";
import type { ServiceContext } from "../context.ts";
import { byteCount, milliCores } from "../syntax/units.ts";
import { integerOf, malformed, mapOf, member, type Node, numberOf, textOf } from "../tree/node.ts";

type Name = keyof ResourcesIntent;

/** Sets a resource; the `deploy` section is read first and wins over the older fields beside it. */
function set(service: ServiceContext, name: Name, value: number, node: Node): void {
  const { ledger } = service.project;
  const before = service.draft.resources[name];
  if (before !== undefined && before !== value) {
    ledger.mark(node, "dropped", "the deploy section says otherwise");
    return;
  }
  service.draft.resources = { ...service.draft.resources, [name]: value };
  ledger.mark(node, "used");
}

/** A limit of zero is no limit (compose-spec 05-services.md "cpus"). */
function unlimited(service: ServiceContext, node: Node): void {
  service.project.ledger.mark(node, "used");
}

export function readCpus(
  service: ServiceContext,
  name: "cpuLimitMilli" | "cpuRequestMilli",
  node: Node,
): void {
  const milli = milliCores(textOf(node)) ?? malformed(node, "must be a number of cores, as 0.5");
  if (milli === 0) unlimited(service, node);
  else set(service, name, milli, node);
}

export function readMemory(
  service: ServiceContext,
  name: "memoryLimitBytes" | "memoryRequestBytes",
  node: Node,
): void {
  const bytes = byteCount(textOf(node)) ?? malformed(node, "must be a size, as 512M");
  if (bytes === 0) unlimited(service, node);
  else set(service, name, bytes, node);
}

export function readPids(service: ServiceContext, node: Node): void {
  const pids = numberOf(node);
  if (pids <= 0) unlimited(service, node);
  else set(service, "pids", integerOf(node), node);
}

/** `deploy.resources` (compose-spec deploy.md). */
export function readDeployResources(service: ServiceContext, node: Node): void {
  const resources = mapOf(node);
  const { ledger } = service.project;
  const limits = member(resources, "limits");
  const reservations = member(resources, "reservations");
  if (limits !== undefined) {
    const part = (name: string): Node | undefined => member(mapOf(limits), name);
    const [cpus, memory, pids] = [part("cpus"), part("memory"), part("pids")];
    if (cpus !== undefined) readCpus(service, "cpuLimitMilli", cpus);
    if (memory !== undefined) readMemory(service, "memoryLimitBytes", memory);
    if (pids !== undefined) readPids(service, pids);
  }
  if (reservations === undefined) return;
  const part = (name: string): Node | undefined => member(mapOf(reservations), name);
  const [cpus, memory, pids] = [part("cpus"), part("memory"), part("pids")];
  if (cpus !== undefined) readCpus(service, "cpuRequestMilli", cpus);
  if (memory !== undefined) readMemory(service, "memoryRequestBytes", memory);
  if (pids !== undefined) ledger.mark(pids, "dropped", "Kubernetes reserves no processes");
  for (const name of ["devices", "generic_resources"]) {
    const devices = part(name);
    if (devices !== undefined) ledger.mark(devices, "dropped", "devices need a device plugin of the cluster");
  }
}

/** `cpu_quota` of each `cpu_period` (100 ms by default) is a limit in cores (docker run --cpu-quota). */
export function readCpuQuota(service: ServiceContext, quotaNode: Node, periodNode: Node | undefined): void {
  const microseconds = (node: Node): number => {
    const match = /^(\d+(?:\.\d+)?)(us|ms|s)?$/.exec(textOf(node));
    if (match === null) return malformed(node, "must be a number of microseconds");
    return Number(match[1]) * (match[2] === "ms" ? 1000 : match[2] === "s" ? 1_000_000 : 1);
  };
  const period = periodNode === undefined ? 100_000 : microseconds(periodNode);
  if (periodNode !== undefined && period === 0) malformed(periodNode, "must be more than zero");
  const milli = Math.ceil((microseconds(quotaNode) / period) * 1000);
  if (milli <= 0) unlimited(service, quotaNode);
  else set(service, "cpuLimitMilli", milli, quotaNode);
  if (periodNode !== undefined) service.project.ledger.mark(periodNode, "used");
}

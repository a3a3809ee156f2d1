import type { JsonObject, JsonPath } from "../../../kube/json.ts";
import { printable } from "../../../kube/printable.ts";
import type { Network, PodClass } from "../engine/network.ts";
import type { NetworkFindingCode } from "./finding-table.ts";

/** Takes a finding about an object: where in it, and what its row of the table says it about. */
export type Report = (
  code: NetworkFindingCode,
  object: JsonObject,
  path: JsonPath,
  what: string,
  other?: string,
) => void;

/** A workload that stands for its class. */
export function someOf(net: Network, { workloads }: PodClass): string {
  const workload = net.workloads[workloads[0] ?? -1];
  return workload === undefined
    ? "its pods"
    : printable(`${workload.kind} ${workload.namespace}/${workload.name}`);
}

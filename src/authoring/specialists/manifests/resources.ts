import type { JsonObject } from "../../../kube/json.ts";
import type { KnownImage } from "../../images/known-image.ts";
import type { WorkloadIntent } from "../../intent/intent.ts";
import type { Ledger } from "../ledger.ts";
import { members } from "../members.ts";
import { binaryQuantity } from "./storage/claims.ts";

/** What a container gets when the input is silent. CPU has no limit: a limit only slows a container down while cores idle. */
export const DEFAULT_CPU_MILLI = 100;
export const DEFAULT_MEMORY_BYTES: number = 512 * 1024 ** 2;
const ephemeral = { request: "128Mi", limit: "2Gi" } as const;

/**
 * Requests and limits. Memory: what is asked for is also the limit, so that the node never runs out of what it promised;
 * a CPU limit only where the input sets one.
 */
export function resourcesOf(
  workload: WorkloadIntent,
  known: KnownImage | undefined,
  ledger: Ledger,
): JsonObject {
  const { name, resources } = workload;
  const fallback = Math.max(DEFAULT_MEMORY_BYTES, (known?.memoryMiB ?? 0) * 1024 ** 2);
  const cpuLimit = positive(resources.cpuLimitMilli);
  const cpuRequest = positive(resources.cpuRequestMilli) ?? DEFAULT_CPU_MILLI;
  const wanted = positive(resources.memoryRequestBytes);
  const memoryLimit = positive(resources.memoryLimitBytes) ?? Math.max(wanted ?? 0, fallback);
  if (resources.memoryLimitBytes === undefined)
    ledger.note(
      "resources/assumed",
      name,
      `the input limits no memory: ${binaryQuantity(memoryLimit)} is the limit. Watch what it uses and set deploy.resources.`,
    );
  if (wanted !== undefined && wanted > memoryLimit)
    ledger.note(
      "resources/request-above-limit",
      name,
      `the input reserves more memory than its limit: ${binaryQuantity(memoryLimit)} is asked for.`,
    );
  if (resources.pids !== undefined)
    ledger.note(
      "resources/pids",
      name,
      `a limit of ${resources.pids} processes is not set: Kubernetes limits them per node (podPidsLimit of the kubelet), not per Pod.`,
    );
  return {
    requests: {
      cpu: cpuQuantity(cpuLimit === undefined ? cpuRequest : Math.min(cpuRequest, cpuLimit)),
      memory: binaryQuantity(Math.min(wanted ?? memoryLimit, memoryLimit)),
      "ephemeral-storage": ephemeral.request,
    },
    limits: members({
      cpu: cpuLimit === undefined ? undefined : cpuQuantity(cpuLimit),
      memory: binaryQuantity(memoryLimit),
      "ephemeral-storage": ephemeral.limit,
    }),
  };
}

/** Zero and less mean "no limit" in Compose. */
function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}

function cpuQuantity(milli: number): string {
  const whole = Math.max(1, Math.ceil(milli));
  return whole % 1000 === 0 ? String(whole / 1000) : `${whole}m`;
}

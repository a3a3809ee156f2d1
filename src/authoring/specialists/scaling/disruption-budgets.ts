import type { JsonObject } from "../../../kube/json.ts";
import { selectorLabels, workloadMetadata } from "../manifests/labels.ts";
import type { Application, Workload } from "../workload.ts";
import { isAutoscaled } from "./autoscalers.ts";

/** Pods that run at least, by what the input says. */
export function leastPods(workload: Workload): number {
  if (workload.kind !== "Deployment" && workload.kind !== "StatefulSet") return 0;
  const { autoscale, replicas } = workload.intent;
  return isAutoscaled(workload) ? Math.max(1, autoscale?.min ?? 1) : (replicas ?? 1);
}

/**
 * A budget for every workload of more than one Pod: a drained node takes one Pod at a time. One Pod gets none: a budget
 * could then only block every drain. Pods that are not ready may always go (a broken one would block the drain for ever).
 */
export function disruptionBudgets(application: Application): JsonObject[] {
  return application.workloads
    .filter((workload) => leastPods(workload) > 1)
    .map((workload) => ({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: workloadMetadata(application, workload, workload.objectName),
      spec: {
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: "AlwaysAllow",
        selector: { matchLabels: selectorLabels(application, workload.intent.name) },
      },
    }));
}

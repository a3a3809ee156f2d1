import type { JsonObject } from "../../../kube/json.ts";
import { workloadMetadata } from "../manifests/labels.ts";
import type { Application, Workload } from "../workload.ts";

/** Share of the requested CPU at which Pods are added when the input names no target. */
export const DEFAULT_CPU_PERCENT = 80;

/** Whether a HorizontalPodAutoscaler sets the number of Pods: then the workload names none. */
export function isAutoscaled(workload: Workload): boolean {
  return (
    workload.intent.autoscale !== undefined &&
    (workload.kind === "Deployment" || workload.kind === "StatefulSet")
  );
}

/** Autoscalers, only where the input asks for one. */
export function autoscalers(application: Application): JsonObject[] {
  return application.workloads.flatMap((workload) => {
    const { autoscale, name } = workload.intent;
    if (autoscale === undefined) return [];
    if (!isAutoscaled(workload)) {
      application.ledger.note(
        "scaling/not-scalable",
        name,
        `autoscaling is left out: a ${workload.kind} has no number of Pods to set.`,
      );
      return [];
    }
    const min = Math.max(1, autoscale.min);
    const { cpuPercent, memoryPercent } = autoscale;
    if (cpuPercent === undefined && memoryPercent === undefined)
      application.ledger.note(
        "scaling/assumed-target",
        name,
        `autoscaling names no target: Pods are added at ${DEFAULT_CPU_PERCENT} % of the requested CPU.`,
      );
    application.ledger.note(
      "scaling/needs-metrics",
      name,
      "autoscaling works only in a cluster that serves resource metrics (metrics-server).",
    );
    const targets = [
      ["cpu", cpuPercent ?? (memoryPercent === undefined ? DEFAULT_CPU_PERCENT : undefined)],
      ["memory", memoryPercent],
    ] as const;
    return [
      {
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: workloadMetadata(application, workload, workload.objectName),
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: workload.kind, name: workload.objectName },
          minReplicas: min,
          maxReplicas: Math.max(min, autoscale.max),
          metrics: targets.flatMap(([resource, percent]) =>
            percent === undefined
              ? []
              : [
                  {
                    type: "Resource",
                    resource: {
                      name: resource,
                      target: { type: "Utilization", averageUtilization: Math.max(1, percent) },
                    },
                  },
                ],
          ),
        },
      },
    ];
  });
}

import type { JsonObject } from "../../../kube/json.ts";
import type { Application, Workload } from "../workload.ts";

/**
 * How Pods are replaced. By default a new Pod is ready before an old one goes. A Deployment that alone writes to a volume
 * stops before it starts: two Pods must not write to it.
 */
export function updateStrategy(application: Application, workload: Workload): Record<string, JsonObject> {
  const { intent, kind } = workload;
  const { update, name } = intent;
  if (kind === "StatefulSet") {
    if (update !== undefined)
      application.ledger.note(
        "scaling/update",
        name,
        `update order ${update.order} and parallelism are not kept: a StatefulSet replaces one Pod at a time, the old one first.`,
      );
    return { updateStrategy: { type: "RollingUpdate" } };
  }
  const parallelism = update?.parallelism ?? 1;
  // Zero means all at once in Compose.
  const step = parallelism <= 0 ? "100%" : parallelism;
  if (kind === "DaemonSet")
    return {
      updateStrategy: {
        type: "RollingUpdate",
        rollingUpdate:
          update?.order === "start-first"
            ? { maxSurge: step, maxUnavailable: 0 }
            : { maxSurge: 0, maxUnavailable: step },
      },
    };
  const exclusive = workload.claims.some((claim) => !claim.shared);
  if (exclusive) {
    if (update?.order === "start-first")
      application.ledger.note(
        "scaling/update",
        name,
        "update order start-first is not kept: two Pods would use its volume at once.",
      );
    return { strategy: { type: "Recreate" } };
  }
  return {
    strategy: {
      type: "RollingUpdate",
      rollingUpdate:
        update?.order === "stop-first"
          ? { maxSurge: 0, maxUnavailable: step }
          : { maxSurge: step, maxUnavailable: 0 },
    },
  };
}

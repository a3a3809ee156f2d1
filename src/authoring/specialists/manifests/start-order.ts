import type { Application, Workload } from "../workload.ts";

/**
 * Kubernetes starts all Pods at once. What the input orders is said, with what takes its place: readiness keeps traffic
 * away from what is not ready, and a container that ends because a dependency is missing is started again.
 */
export function noteStartOrder(application: Application): void {
  for (const workload of application.workloads)
    for (const { workload: target, condition, required } of workload.intent.dependsOn) {
      const other = application.byName.get(target);
      const optional = required ? "" : " It is optional in the input.";
      if (other === undefined)
        application.ledger.note(
          "order/unknown",
          workload.intent.name,
          `it depends on ${target}, which is no service of this application.${optional}`,
        );
      else
        application.ledger.note(
          `order/${condition}`,
          workload.intent.name,
          `${sentence(condition, target, other)}${optional}`,
        );
    }
}

function sentence(condition: "started" | "healthy" | "completed", target: string, other: Workload): string {
  if (condition === "completed")
    return other.kind === "Job" || other.kind === "CronJob"
      ? `it does not wait for the ${other.kind} ${target} to complete: until then it may fail and is started again. Where that does harm, apply ${target} first.`
      : `it does not wait for ${target} to complete: ${target} runs as a ${other.kind} and never completes.`;
  return condition === "healthy"
    ? `it does not wait for ${target} to be healthy: ${target} gets connections only when it is ready, and until then it may fail and is started again.`
    : `it does not wait for ${target} to start: until then it may fail and is started again.`;
}

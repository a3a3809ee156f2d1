import type { JsonObject } from "../../../kube/json.ts";
import { members, unlessEmpty } from "../members.ts";
import { headlessName } from "../networking/services.ts";
import { isAutoscaled } from "../scaling/autoscalers.ts";
import { updateStrategy } from "../scaling/update.ts";
import type { Application, Workload } from "../workload.ts";
import { claimTemplates } from "./storage/claims.ts";
import { jobSpec } from "./jobs.ts";
import { runningLabels, selectorLabels } from "./labels.ts";
import { podTemplate } from "./pod.ts";

/** The object that runs a workload. */
export function workloadObject(application: Application, workload: Workload): JsonObject {
  const { kind } = workload;
  const metadata = {
    name: workload.objectName,
    namespace: application.intent.namespace,
    labels: runningLabels(application, workload),
  };
  const template = podTemplate(application, workload);
  if (kind === "Job")
    return { apiVersion: "batch/v1", kind, metadata, spec: jobSpec(application, workload, template) };
  if (kind === "CronJob") return cronJob(application, workload, metadata, template);
  return {
    apiVersion: "apps/v1",
    kind,
    metadata,
    spec: members({
      replicas: replicas(application, workload),
      minReadySeconds: workload.intent.update?.minReadySeconds,
      selector: { matchLabels: selectorLabels(application, workload.intent.name) },
      serviceName: kind === "StatefulSet" ? headlessName(workload) : undefined,
      ...updateStrategy(application, workload),
      template,
      volumeClaimTemplates: kind === "StatefulSet" ? unlessEmpty(claimTemplates(workload.claims)) : undefined,
    }),
  };
}

function replicas(application: Application, workload: Workload): number | undefined {
  const { intent, kind } = workload;
  noteRestart(application, workload);
  if (kind === "DaemonSet") {
    if (intent.replicas !== undefined)
      application.ledger.note(
        "workload/replicas",
        intent.name,
        `replicas: ${intent.replicas} is left out: a DaemonSet runs one Pod on every node.`,
      );
    return undefined;
  }
  if (isAutoscaled(workload)) {
    if (intent.replicas !== undefined)
      application.ledger.note(
        "workload/replicas",
        intent.name,
        `replicas: ${intent.replicas} is left out: the autoscaler sets the number of Pods.`,
      );
    return undefined;
  }
  return intent.replicas ?? 1;
}

/** Pods of these kinds are always started again; Compose can leave them. */
function noteRestart(application: Application, { intent, kind }: Workload): void {
  if (intent.restart === "always") return;
  application.ledger.note(
    "workload/restart",
    intent.name,
    `restart: ${intent.restart === "never" ? "no" : intent.restart} is not kept: a ${kind} starts its containers again whenever they end. If it runs to completion, make it a job (deploy.mode: replicated-job).`,
  );
}

function cronJob(
  application: Application,
  workload: Workload,
  metadata: JsonObject,
  template: JsonObject,
): JsonObject {
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata,
    spec: members({
      schedule: workload.intent.schedule,
      concurrencyPolicy: workload.intent.concurrencyPolicy ?? "Forbid",
      // A start that was missed for longer is left out: not all missed starts at once after an outage.
      startingDeadlineSeconds: 300,
      jobTemplate: { spec: jobSpec(application, workload, template) },
    }),
  };
}

import type { JsonObject } from "../../../kube/json.ts";
import { members } from "../members.ts";
import type { Application, Workload } from "../workload.ts";

/** Kubernetes' own default number of retries of a Job (pkg/apis/batch/v1/defaults.go). */
const DEFAULT_RETRIES = 6;

/**
 * The spec of a Job. It is kept when it is done: a reconciler would run a Job again that removes itself
 * (`ttlSecondsAfterFinished`).
 */
export function jobSpec(application: Application, workload: Workload, template: JsonObject): JsonObject {
  const { intent, kind } = workload;
  const { ledger } = application;
  const count = intent.completions ?? intent.replicas;
  if (kind === "Job") {
    ledger.note(
      "workload/job-kept",
      intent.name,
      "a Job runs once and stays when it is done; its template cannot be changed: another image needs another name or the old Job deleted.",
    );
  }
  if (intent.restart === "always")
    ledger.note(
      "workload/restart",
      intent.name,
      "restart: always is not kept: a Job starts its container again only when it fails.",
    );
  return members({
    completions: count,
    parallelism: count,
    backoffLimit: intent.backoffLimit ?? retries(application, workload),
    template,
  });
}

/** A Job that the input never restarts is not retried, unless it may only have failed because others were not ready yet. */
function retries(application: Application, { intent }: Workload): number {
  if (intent.restart !== "never") return DEFAULT_RETRIES;
  if (intent.dependsOn.length === 0) return 0;
  application.ledger.note(
    "workload/job-retried",
    intent.name,
    `restart: no is not kept: since nothing waits for what it depends on, it is tried up to ${DEFAULT_RETRIES + 1} times. Where that does harm, set backoffLimit: 0.`,
  );
  return DEFAULT_RETRIES;
}

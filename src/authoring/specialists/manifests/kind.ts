import type { KnownImage } from "../../images/known-image.ts";
import type { ApplicationIntent, WorkloadIntent } from "../../intent/intent.ts";
import type { Ledger } from "../ledger.ts";
import type { WorkloadKind } from "../workload.ts";
import type { VolumeUse } from "./storage/claims.ts";

/**
 * The kind of object that runs a workload.
 * - `job`, `cron`, `global` say it themselves; a kind that the input names wins over the last.
 * - A workload that others wait for to complete is a Job even without the mode: it ends, and a Deployment would start it again.
 * - A StatefulSet is made for a program that must not run twice on the same data: an image that is known to keep state, and
 *   a single Pod that alone writes to a volume. A StatefulSet never starts a second Pod before the first is gone, which a
 *   Deployment with the Recreate strategy does not promise when a node is lost.
 * - Several Pods of anything else that share a volume are a Deployment, and the volume must allow many writers.
 */
export function resolveKind(
  intent: ApplicationIntent,
  workload: WorkloadIntent,
  known: KnownImage | undefined,
  uses: ReadonlyMap<string, VolumeUse>,
  ledger: Ledger,
): WorkloadKind {
  if (workload.mode === "cron" || workload.mode === "job") return runToEnd(workload, ledger);
  if (workload.controller !== undefined) return workload.controller;
  if (workload.mode === "global") return "DaemonSet";
  if (workload.restart !== "always" && isAwaited(intent, workload.name)) {
    ledger.note(
      "workload/job-from-restart",
      workload.name,
      "another service waits until it has completed and it is not restarted always: it is a Job.",
    );
    return "Job";
  }
  const own = workload.mounts.flatMap((mount) => {
    const use = mount.kind === "claim" && !mount.readOnly ? uses.get(mount.volume) : undefined;
    return use?.workloads.size === 1 ? [use.volume] : [];
  });
  const single = (workload.replicas ?? 1) <= 1 && (workload.autoscale?.max ?? 1) <= 1;
  if (own.length === 0) return "Deployment";
  if (single) return "StatefulSet";
  // Of a claim that exists already there is one for all Pods.
  if (known?.stateful !== true || own.some((volume) => volume.external === true)) return "Deployment";
  ledger.note(
    "workload/independent-replicas",
    workload.name,
    `each of its Pods has a volume of its own: they are separate ${known.component ?? "program"}s unless their configuration joins them.`,
  );
  return "StatefulSet";
}

function runToEnd(workload: WorkloadIntent, ledger: Ledger): WorkloadKind {
  const { name, controller, mode } = workload;
  if (controller !== undefined)
    ledger.note("workload/controller", name, `it runs to completion, so ${controller} is not used for it.`);
  if (mode === "cron" && workload.schedule !== undefined) return "CronJob";
  if (mode === "cron")
    ledger.note("workload/no-schedule", name, "it has no schedule: it is a Job that runs once.");
  return "Job";
}

/** Another workload waits for it to complete. */
export function isAwaited(intent: ApplicationIntent, name: string): boolean {
  return intent.workloads.some((other) =>
    other.dependsOn.some((edge) => edge.workload === name && edge.condition === "completed"),
  );
}

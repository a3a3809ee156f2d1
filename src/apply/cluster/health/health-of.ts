import type { JsonObject } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { healthRows } from "./health-rows.ts";
import { because, type Health, type HealthView, viewOf } from "./health-view.ts";

export type { Health, HealthState } from "./health-view.ts";

/**
 * Whether an object is healthy, by kstatus' rules (fluxcd/cli-utils pkg/kstatus/status) made stricter where they say
 * "current" too early: a Job that has started, a Pod that has failed, a PodDisruptionBudget that is not computed, a
 * LoadBalancer without an address (apply facts 3.18–3.23).
 */
export function healthOf(object: JsonObject, now: number): Health {
  const view = viewOf(object, now);
  if (view.text("metadata", "deletionTimestamp") !== undefined)
    return { state: "terminating", message: "it is being deleted" };
  const { group, kind } = objectKey(object);
  const row = healthRows.find((each) => each.kinds.includes(`${group}/${kind}`));
  const generation = view.number("metadata", "generation");
  const observed = view.number("status", "observedGeneration");
  if (generation !== undefined && observed !== undefined && observed !== generation)
    return {
      state: "progressing",
      message: `its controller has seen generation ${observed} of ${generation}`,
    };
  if (generation !== undefined && observed === undefined && row?.observed === true)
    return { state: "progressing", message: "its controller has not looked at it yet" };
  const stalled = view.condition("Stalled");
  if (stalled?.status === "True") return { state: "failed", message: `stalled${because(stalled)}` };
  const reconciling = view.condition("Reconciling");
  if (reconciling?.status === "True")
    return { state: "progressing", message: `reconciling${because(reconciling)}` };
  return row?.judge(view) ?? byReady(view);
}

/** Kinds that no row knows: the condition Ready, where there is one. */
function byReady(view: HealthView): Health {
  const ready = view.condition("Ready");
  if (ready === undefined)
    return { state: "assumed", message: "its kind says nothing about its health: it is there" };
  if (ready.status === "True") return { state: "healthy", message: "ready" };
  return { state: "progressing", message: `not ready${because(ready)}` };
}

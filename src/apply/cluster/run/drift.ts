import { isObject, type JsonObject, valueAt } from "../../../kube/json.ts";
import { identity, keyText } from "../../../kube/object-key.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import { printable } from "../../../kube/printable.ts";
import type { ClusterState } from "../../../plan/cluster-state.ts";
import type { Change } from "../../../plan/plan.ts";
import type { ClusterPlan } from "../../run/git-plan.ts";
import { uidOf } from "../observe/live-facts.ts";
import { liveMac } from "../../../plan/change/object-mac.ts";
import { differingFields, sameState } from "./live-state.ts";
import { maskLive } from "../../../plan/change/mask.ts";

/**
 * Says which object is no longer what the plan saw. Everything else that differs is found when the plan is made again.
 * @throws {OpsError} TARGET_DRIFT
 */
export function refuseDrift(plan: ClusterPlan, state: ClusterState, macKey: Uint8Array): void {
  for (const change of plan.changes) {
    if (change.live === undefined) continue;
    const live = state.objects.get(identity(change.key))?.live ?? null;
    const what = identityDrift(change, live);
    if (what !== undefined) throw driftError(change, what, "since the plan was made", live);
    if (live !== null && change.beforeMac !== null && liveMac(macKey, live) !== change.beforeMac)
      throw driftError(change, "was changed", "since the plan was made", live);
  }
}

/**
 * The same right before a write, against the object that the run itself saw: here the fields can be named.
 * @throws {OpsError} TARGET_DRIFT
 */
export function refuseMoved(change: Change, before: JsonObject | null, live: JsonObject | null): void {
  const what = identityDrift(change, live);
  if (what !== undefined) throw driftError(change, what, "while the plan was carried out", live);
  if (sameState(before, live)) return;
  const fields =
    before === null || live === null ? "" : ` in ${differingFields(maskLive(before), maskLive(live))}`;
  throw driftError(change, `was changed${fields}`, "while the plan was carried out", live);
}

/**
 * What stands where this run deleted an object to make it again.
 * @throws {OpsError} TARGET_DRIFT
 */
export function refuseSuccessor(change: Change, live: JsonObject | null): void {
  if (live === null) return;
  const again = uidOf(live) === change.live?.uid;
  const what = again ? "is still there" : "was made by somebody else";
  throw driftError(change, what, "after this run deleted it to make it again", live);
}

function identityDrift(change: Change, live: JsonObject | null): string | undefined {
  const planned = change.live?.uid ?? null;
  if (planned === null) return live === null ? undefined : "has appeared";
  if (live === null) return "was deleted";
  return uidOf(live) === planned ? undefined : "was deleted and made anew";
}

function driftError(change: Change, what: string, when: string, live: JsonObject | null): OpsError {
  const by = live === null ? undefined : lastWriter(live);
  return new OpsError(
    "TARGET_DRIFT",
    `${printable(keyText(change.key))} ${what} ${when}${by === undefined ? "" : ` (last written by ${by})`}`,
    { hint: "make a new plan" },
  );
}

/** The manager whose entry is the latest, as the server keeps them. */
function lastWriter(live: JsonObject): string | undefined {
  const entries = valueAt(live, ["metadata", "managedFields"]);
  if (!Array.isArray(entries)) return undefined;
  let latest: { readonly time: string; readonly manager: string } | undefined;
  for (const entry of entries) {
    if (!isObject(entry) || entry["subresource"] === "status") continue;
    const { time, manager } = entry;
    if (typeof time !== "string" || typeof manager !== "string") continue;
    if (latest === undefined || time >= latest.time) latest = { time, manager };
  }
  return latest === undefined ? undefined : printable(JSON.stringify(latest.manager));
}

import { identity } from "../../../kube/object-key.ts";
import type { ApprovalStatement } from "../../../plan/approval-statement.ts";
import type { LiveObject } from "../../../plan/cluster-state.ts";
import type { Change, LiveChange } from "../../../plan/plan.ts";
import type { ClusterPlan } from "../../run/git-plan.ts";
import type { PlannedRequest } from "../client/request/planned-request.ts";
import { markerRequest } from "../inventory/approval-marker.ts";
import { deletionRequest, handOverRequest, removalRequest, writeRequest } from "../observe/change-request.ts";

/** A change that a run carries out. */
export type LiveWrite = Change & { readonly live: LiveChange };

/** The changes that write something. @throws {TypeError} for a plan that no `buildPlan` made. */
export function writesOf(plan: ClusterPlan): readonly LiveWrite[] {
  return plan.changes
    .filter(({ operation }) => operation !== "unchanged")
    .map((change) => {
      const { live } = change;
      if (live === undefined) throw new TypeError("a change of a cluster's plan says what it is bound to");
      return { ...change, live };
    });
}

/** Every request that carrying out the plan may send besides reads, reviews and dry runs (kernel K13). */
export interface PlannedWrites {
  /** By identity: the write, or the deletion; of what is made again, its creation. */
  readonly changes: ReadonlyMap<string, PlannedRequest>;
  /** By identity: the deletion of what is made again. */
  readonly removals: ReadonlyMap<string, PlannedRequest>;
  /** By identity: what lets fields pass to us; the entries of other managers may be others by then. */
  readonly handOvers: ReadonlyMap<string, PlannedRequest>;
  /** By nonce. */
  readonly markers: ReadonlyMap<string, PlannedRequest>;
}

export function plannedWrites(
  plan: ClusterPlan,
  approvals: readonly ApprovalStatement[],
  given: { readonly inventory: string; readonly before: ReadonlyMap<string, LiveObject> },
): PlannedWrites {
  const { inventory, before } = given;
  return {
    changes: new Map(writesOf(plan).map((change) => [identity(change.key), requestOf(change)])),
    removals: new Map(
      writesOf(plan)
        .filter(({ operation }) => operation === "recreate")
        .map(({ key, live }) => [identity(key), removalRequest(key, live, uidIn(live))]),
    ),
    handOvers: new Map(
      writesOf(plan)
        .filter(({ live }) => live.takesOver !== undefined)
        .map(({ key, live }) => {
          const standing = before.get(identity(key))?.live ?? null;
          if (standing === null) throw new TypeError("what passes to us stands there");
          return [identity(key), handOverRequest(key, live, standing, uidIn(live))];
        }),
    ),
    markers: new Map(approvals.map((statement) => [statement.nonce, markerRequest(inventory, statement)])),
  };
}

function requestOf(change: LiveWrite): PlannedRequest {
  const { key, operation, object, live } = change;
  if (operation === "delete") {
    return deletionRequest(key, live, uidIn(live));
  }
  if (object === null) throw new TypeError("a write has an object");
  if (operation === "recreate") return writeRequest(key, live, object, null);
  if ((operation === "create") !== (live.uid === null))
    throw new TypeError("a creation names no UID, an update does");
  return writeRequest(key, live, object, live.uid);
}

function uidIn({ uid }: LiveChange): string {
  if (uid === null) throw new TypeError("a deletion names the UID of what it deletes");
  return uid;
}

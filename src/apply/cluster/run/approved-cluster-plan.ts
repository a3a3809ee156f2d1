import type { AuditLog } from "../../../audit/log-store.ts";
import type { Clock } from "../../../kube/clock.ts";
import type { JsonObject } from "../../../kube/json.ts";
import { identity, keyText, objectKey } from "../../../kube/object-key.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import { printable } from "../../../kube/printable.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
import type { SignatureVerifier } from "../../../plan/approval-statement.ts";
import { reproducePlan } from "../../../plan/build-plan.ts";
import type { CharterClusterTarget } from "../../../plan/charter.ts";
import type { ClusterState, LiveObject } from "../../../plan/cluster-state.ts";
import { charterTargetFor } from "../../../plan/target.ts";
import { type CountedApproval, countApprovals } from "../../run/count-approvals.ts";
import { currentTrustRoot } from "../../run/current-trust-root.ts";
import { requireCharter } from "../../run/require-charter.ts";
import type { ClusterPlan } from "../../run/git-plan.ts";
import type { StateFolder } from "../../state/state-folder.ts";
import type { TrustRoot } from "../../trust-root/trust-root.ts";
import type { KubePlanner } from "../client/writer.ts";
import { refuseForeignSet } from "../inventory/applyset-parent.ts";
import { findMarker, requireInventory } from "../inventory/approval-marker.ts";
import { observeCluster, touchedNamespaces } from "../observe/observe-cluster.ts";
import { readSurroundings, touchesRoles } from "../observe/surroundings.ts";
import { refuseDrift } from "./drift.ts";
import { type LiveWrite, plannedWrites, type PlannedWrites, writesOf } from "./planned-writes.ts";
import type { WrittenObject } from "./ports.ts";
import { sameState } from "./live-state.ts";
import { stateBefore } from "./standing.ts";

declare const brand: unique symbol;

/**
 * A plan that may be carried out in its cluster now: everything about it was verified in this process a moment ago. Only
 * `loadApprovedClusterPlan` makes one, and `assertApprovedForCluster` tells one from anything that looks like it.
 */
export interface ApprovedClusterPlan {
  readonly [brand]: true;
  readonly plan: ClusterPlan;
  /** The objects as they stood before the plan, by identity, with what the server promised. */
  readonly before: ReadonlyMap<string, LiveObject>;
  readonly approvals: readonly CountedApproval[];
  readonly requests: PlannedWrites;
  readonly inventory: string;
  /** What lay around a moment ago. */
  readonly surroundings: readonly JsonObject[];
}

/** What verification looks at. All of it is read anew each time. */
export interface ClusterVerification {
  readonly reader: KubePlanner;
  readonly state: Pick<StateFolder, "approvals">;
  readonly log: Pick<AuditLog, "extends">;
  readonly trustRoot: TrustRoot;
  readonly verifier: SignatureVerifier;
  readonly clock: Clock;
  readonly toolVersion: string;
  readonly minor: number;
  /** Nonces of runs that have ended. */
  readonly endedNonces: ReadonlySet<string>;
  /** Markers that the run which is resumed made: nonce and UID. */
  readonly ownMarkers: ReadonlyMap<string, string>;
  /** What the run which is resumed wrote, and the objects as they stood before it. */
  readonly written: ReadonlyMap<string, WrittenObject>;
  /** What it deleted to make it again, and has not made yet. */
  readonly removed: ReadonlyMap<string, LiveWrite>;
  /** What passed to us by it, and is not written yet. */
  readonly handed: ReadonlyMap<string, LiveWrite>;
  readonly preimages: ReadonlyMap<string, LiveObject>;
}

const approved = new WeakSet<object>();

/** @throws {TypeError} for anything that `loadApprovedClusterPlan` did not give: a bug of the caller. */
export function assertApprovedForCluster(plan: ApprovedClusterPlan): void {
  if (!approved.has(plan)) throw new TypeError("this is no approved plan");
}

/**
 * Before a connection: the trust root as it lies on disk now holds the plan's charter (kernel K6), and that charter pins
 * exactly the cluster that the plan names (K14).
 * @throws {OpsError} PLAN_DENIED, CHARTER_CHANGED, TARGET_DRIFT
 */
export function charterTargetOf(
  plan: ClusterPlan,
  started: TrustRoot,
): { readonly trustRoot: TrustRoot; readonly target: CharterClusterTarget } {
  const trustRoot = currentTrustRoot(started);
  requireCharter(plan, trustRoot);
  const target = charterTargetFor(trustRoot.charter, plan.target);
  if (target === undefined || !("cluster" in target))
    throw new OpsError("PLAN_DENIED", `the charter has no cluster named ${printable(plan.target.name)}`);
  const { url, caKeySha256, kubeSystemUid } = target.cluster;
  const { pin } = plan.target;
  if (url !== pin.url || caKeySha256 !== pin.caKeySha256 || kubeSystemUid !== pin.kubeSystemUid) {
    throw new OpsError(
      "TARGET_DRIFT",
      `the charter pins another cluster under the name ${printable(plan.target.name)} than the plan was made for`,
      { hint: "make a new plan" },
    );
  }
  return { trustRoot, target };
}

/**
 * The one place where it is decided that a plan may be carried out in a cluster. Verified in this order: trust root,
 * charter and pin (K6, K14); that every object stands as the plan saw it; that these credentials may do all of it; the whole
 * plan, made again from live state and dry runs (K1, K2, K3); the verdict; signatures, approvers, validity by the
 * later of the local and the server's clock, target, presence and log of the approvals (K9, K10, K19); that their markers
 * are not in the cluster (K11).
 * @throws {OpsError} with the code of what does not hold.
 */
export async function loadApprovedClusterPlan(
  plan: ClusterPlan,
  world: ClusterVerification,
): Promise<ApprovedClusterPlan> {
  const { reader } = world;
  const { trustRoot, target } = charterTargetOf(plan, world.trustRoot);
  const inventory = target.cluster.inventory;
  await requireInventory(reader, inventory);
  await refuseForeignSet(reader, target);
  const begun = new Map<string, { readonly key: ObjectKey }>([
    ...world.written,
    ...world.removed,
    ...world.handed,
  ]);
  const now = await observeCluster({
    reader,
    name: plan.target.name,
    pin: plan.target.pin,
    objects: plan.changes.flatMap(({ object }) => (object === null ? [] : [object])),
    deletions: plan.request.deletions,
    // What is half written has its dry runs from before; each is repeated right before its write.
    dryRun: begun.size === 0,
    recreate: plan.request.recreate === true,
    takeOver: plan.request.takeOver === true,
  });
  const state = begun.size === 0 ? now : stateBefore(now, world.preimages, begun);
  refuseDrift(plan, state, trustRoot.macKey);
  refuseForbidden(now, new Set(world.written.keys()));
  reproducePlan(plan, {
    cluster: state,
    charter: trustRoot.charter,
    charterOwner: trustRoot.owner.fingerprint,
    macKey: trustRoot.macKey,
    toolVersion: world.toolVersion,
    minor: world.minor,
  });
  if (plan.verdict.decision === "denied") {
    const reason = plan.verdict.reasons.find(({ decision }) => decision === "denied");
    throw new OpsError(
      "PLAN_DENIED",
      `the charter denies the plan${reason === undefined ? "" : `: ${printable(reason.message)}`}`,
      { hint: "kubeops show gives all reasons" },
    );
  }
  const writes = writesOf(plan);
  if (writes.length === 0) throw new OpsError("PLAN_EMPTY", "the plan changes nothing");
  const approvals = await approvalsOf(plan, trustRoot, inventory, world);
  const statements = approvals.map(({ signed }) => signed.statement);
  const result = Object.freeze({
    plan,
    before: state.objects,
    approvals,
    requests: plannedWrites(plan, statements, { inventory, before: state.objects }),
    inventory,
    surroundings: now.surroundings,
  }) as ApprovedClusterPlan;
  approved.add(result);
  return result;
}

/**
 * Right before the first write: the trust root still holds the charter, the same approvals still count, and what the facts
 * relied on lies around as it did (kernel K3). What an object is, each write looks at itself.
 * @throws {OpsError} CHARTER_CHANGED, APPROVAL_…, TARGET_DRIFT
 */
export async function confirmApproved(
  approvedPlan: ApprovedClusterPlan,
  world: ClusterVerification,
): Promise<void> {
  assertApprovedForCluster(approvedPlan);
  const { plan, approvals, inventory } = approvedPlan;
  const { trustRoot } = charterTargetOf(plan, world.trustRoot);
  const again = await approvalsOf(plan, trustRoot, inventory, world);
  const nonces = (of: readonly CountedApproval[]): string =>
    of.map(({ signed }) => signed.statement.nonce).join();
  if (nonces(again) !== nonces(approvals))
    throw new OpsError("APPROVAL_INVALID", "the approvals of the plan were changed while the command ran", {
      hint: "run the command again",
    });
  refuseMovedSurroundings(
    plan,
    approvedPlan.surroundings,
    await readSurroundings(world.reader, touchedNamespaces(plan.changes), touchesRoles(plan.changes)),
  );
}

/** Whatever came, went or was changed in namespaces that the plan does not bring itself. @throws {OpsError} TARGET_DRIFT */
function refuseMovedSurroundings(
  plan: ClusterPlan,
  before: readonly JsonObject[],
  now: readonly JsonObject[],
): void {
  // Each write looks at its own object, and what comes up in a namespace that the run makes was not relied on.
  const written = new Set(writesOf(plan).map(({ key }) => identity(key)));
  const made = new Set(
    plan.changes
      .filter(({ key, operation }) => operation === "create" && key.group === "" && key.kind === "Namespace")
      .map(({ key }) => key.name),
  );
  const byIdentity = (objects: readonly JsonObject[]): ReadonlyMap<string, JsonObject> =>
    new Map(objects.map((object) => [identity(objectKey(object)), object]));
  const [was, is] = [byIdentity(before), byIdentity(now)];
  for (const [id, object] of [...was, ...is]) {
    const key = objectKey(object);
    if (written.has(id) || made.has(key.namespace)) continue;
    const left = was.get(id) ?? null;
    const right = is.get(id) ?? null;
    if (sameState(left, right)) continue;
    const what = left === null ? "has appeared" : right === null ? "was deleted" : "was changed";
    throw new OpsError(
      "TARGET_DRIFT",
      `${printable(keyText(key))}, which the plan relies on, ${what} while the plan was carried out`,
      { hint: "make a new plan" },
    );
  }
}

function approvalsOf(
  plan: ClusterPlan,
  trustRoot: TrustRoot,
  inventory: string,
  world: ClusterVerification,
): Promise<readonly CountedApproval[]> {
  const { reader } = world;
  return countApprovals(plan, trustRoot, {
    state: world.state,
    log: world.log,
    verifier: world.verifier,
    now: Math.max(world.clock.now(), reader.serverTime() ?? 0),
    isUsed: async (nonce) => {
      if (world.endedNonces.has(nonce)) return true;
      const marker = await findMarker(reader, inventory, nonce);
      const own = world.ownMarkers.get(nonce);
      // The run's own marker is known by its UID; one that is gone was in a store that was set back.
      return marker === null ? own !== undefined : marker.uid !== own || marker.plan !== plan.digest;
    },
    chosenNonces: [...world.ownMarkers.keys()],
  });
}

/** Nothing is begun that these credentials cannot finish. @throws {OpsError} CLUSTER_FORBIDDEN */
function refuseForbidden(state: ClusterState, written: ReadonlySet<string>): void {
  const missing = [...state.objects].flatMap(([id, { key, access }]) =>
    written.has(id)
      ? []
      : access.filter(({ allowed }) => !allowed).map(({ verb }) => `${verb} ${printable(keyText(key))}`),
  );
  if (missing.length === 0) return;
  const shown = missing.slice(0, 5).join("; ");
  throw new OpsError(
    "CLUSTER_FORBIDDEN",
    `the credentials do not allow ${missing.length} of the plan's requests: ${shown}${missing.length > 5 ? "; and more" : ""}`,
    { hint: "nothing was written; apply with credentials that may do all of the plan" },
  );
}

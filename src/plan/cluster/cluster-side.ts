import { canonicalJson } from "../../kube/canonical-json.ts";
import type { JsonObject } from "../../kube/json.ts";
import { identity, keyText, objectKey } from "../../kube/object-key.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import { distinct } from "../assemble/desired-objects.ts";
import { digestOf, macOf, type Side, sorted } from "../assemble/side.ts";
import { applySetId, inventoryParent, isMember, membersOf, withoutMembership } from "../change/applyset.ts";
import { maskLive, maskResult } from "../change/mask.ts";
import { reversibilityOf } from "../change/reversibility.ts";
import { semanticDiff } from "../change/semantic-diff.ts";
import type { CharterClusterTarget } from "../charter.ts";
import type { ClusterState, LiveObject } from "../cluster-state.ts";
import { byKey } from "../facts/build-facts.ts";
import type { ChangedObject, FolderView } from "../facts/widening/row.ts";
import type { Assumption, Change, Operation, Plan } from "../plan.ts";
import type { ClusterPlanInput } from "../plan-input.ts";
import { charterClusterTarget } from "../target.ts";
import { clusterFindings } from "./cluster-findings.ts";
import type { ClusterStep } from "./cluster-step.ts";
import { type ImmutableFields, immutableFields, noImmutableFields } from "./immutable.ts";
import { ownerRows, ownersOf } from "./owners.ts";
import { serverMade } from "./server-made.ts";
import { takesOver } from "./take-over.ts";
import { ownValues, projected } from "./projection.ts";
import { resetsOf } from "./resets.ts";

/**
 * What a request means in a cluster. Diff, facts and findings come from what the server says the objects become (kernel
 * K2), and hold no live value that is not the request's own (K17).
 * @throws {OpsError} INPUT_DUPLICATE, INPUT_REFUSED, TARGET_UNSAFE for the deletion of what is not ours, TARGET_DRIFT for a
 *   state that was not gathered for this request.
 */
export function clusterSide(input: ClusterPlanInput, requested: ReadonlyMap<string, JsonObject>): Side {
  const { cluster, charter, macKey } = input;
  if (cluster.minor !== input.minor) {
    throw new OpsError(
      "TARGET_DRIFT",
      `the request is for Kubernetes 1.${input.minor}, and the cluster serves 1.${cluster.minor}`,
      { hint: "make a new plan" },
    );
  }
  const row = charter === null ? undefined : charterClusterTarget(charter, cluster.name);
  const set = row === undefined ? null : applySetId(inventoryParent(row));
  const { steps, absent } = changeSet(input, requested, set);
  const changed = steps.flatMap((step) => changedObject(step, set, macKey));
  const changes = steps.map((step) => changeOf(step, macKey));
  return {
    target: {
      kind: "cluster",
      name: cluster.name,
      pin: {
        url: cluster.pin.url,
        caKeySha256: cluster.pin.caKeySha256,
        kubeSystemUid: cluster.pin.kubeSystemUid,
      },
      serverVersion: cluster.serverVersion,
    },
    asked: { cluster: cluster.name },
    row,
    readSet: readSet(cluster, { absent, changes, macKey }),
    changes,
    changed,
    view: viewOf(cluster, steps, changed, macKey),
    absent,
    findings: clusterFindings(steps, {
      set,
      undoes: input.request.undoes !== undefined,
      minor: cluster.minor,
    }),
    assumptions: [...notDryRun(steps), ...underAnotherName(steps), ...afterTakeOver(steps)],
    resets: steps.flatMap(resetsOf),
    files: () => [],
  };
}

/**
 * The objects as they are applied: members of our ApplySet, where the charter names the cluster. What is undone becomes
 * what it was, membership included. Whoever gathers the state dry-runs exactly these.
 * @throws {OpsError} INPUT_REFUSED for a member of another set.
 */
export function objectsToApply(
  objects: readonly JsonObject[],
  given: { readonly row: CharterClusterTarget | undefined; readonly undoes: boolean },
): readonly JsonObject[] {
  return given.row === undefined || given.undoes
    ? objects
    : membersOf(objects, applySetId(inventoryParent(given.row)));
}

function changeSet(
  input: ClusterPlanInput,
  requested: ReadonlyMap<string, JsonObject>,
  set: string | null,
): { readonly steps: readonly ClusterStep[]; readonly absent: readonly ObjectKey[] } {
  const { cluster, request } = input;
  const undoes = request.undoes !== undefined;
  const steps: ClusterStep[] = [];
  const absent: ObjectKey[] = [];
  const objects = [...requested.values()];
  const toApply = set === null || undoes ? objects : membersOf(objects, set);
  for (const desired of toApply) steps.push(writingStep(input, desired));
  for (const key of distinct(input.deletions)) {
    if (requested.has(identity(key))) {
      throw new OpsError("INPUT_DUPLICATE", `${printable(keyText(key))} is to be written and to be deleted`);
    }
    const found = foundIn(cluster, key);
    if (found.live === null) {
      absent.push(key);
      continue;
    }
    if (!undoes && (set === null || !isMember(found.live, set))) {
      throw new OpsError(
        "TARGET_UNSAFE",
        `${printable(keyText(key))} is no member of our inventory: it is not deleted`,
        { hint: "delete it by hand" },
      );
    }
    const before = maskLive(found.live);
    const immutable = noImmutableFields;
    steps.push({
      key,
      operation: "delete",
      desired: null,
      found,
      takesOver: undefined,
      immutable,
      before,
      after: null,
    });
  }
  return { steps: steps.sort(byKey), absent };
}

function foundIn(cluster: ClusterState, key: ObjectKey): LiveObject {
  const found = cluster.objects.get(identity(key));
  if (found !== undefined) return found;
  throw new OpsError("TARGET_DRIFT", `nothing was read from the cluster about ${printable(keyText(key))}`, {
    hint: "make a new plan",
  });
}

function writingStep({ cluster, request, macKey }: ClusterPlanInput, desired: JsonObject): ClusterStep {
  const key = objectKey(desired);
  const found = foundIn(cluster, key);
  const immutable = immutableFields(key, desired, found);
  const before = found.live === null ? null : maskLive(found.live);
  const again = request.recreate === true ? recreated(found, immutable) : undefined;
  if (again !== undefined) {
    // Of an object that is made again nothing stays that the server once made up for the old one.
    const after = again.merged === null ? desired : maskResult(again.merged, { live: null, desired });
    return {
      key,
      operation: "recreate",
      desired,
      found: again,
      takesOver: undefined,
      immutable,
      before,
      after,
    };
  }
  const after = found.merged === null ? desired : maskResult(found.merged, { live: found.live, desired });
  const passes = request.takeOver === true && found.takenOver === true && found.live !== null;
  const takes = passes ? takesOver(found.live, macKey) : undefined;
  const operation = takes === undefined ? operationOf(before, after) : "update";
  return { key, operation, desired, found, takesOver: takes, immutable, before, after };
}

/**
 * What was found, as it counts for a recreation: asked for, and the server refuses nothing but changes of fields that cannot
 * be changed. Undefined for everything else.
 */
function recreated(found: LiveObject, immutable: ImmutableFields): LiveObject | undefined {
  const { recreation } = found;
  if (recreation === undefined || !immutable.explainsRefusal) return undefined;
  const { merged, notDryRun, refusal, warnings } = recreation;
  return { ...found, merged, notDryRun, refusal, warnings };
}

function operationOf(before: JsonObject | null, after: JsonObject): Operation {
  if (before === null) return "create";
  return canonicalJson(before) === canonicalJson(after) ? "unchanged" : "update";
}

function changeOf(step: ClusterStep, macKey: Uint8Array | null): Change {
  const { key, operation, desired, found, before, after } = step;
  const uid = found.live === null ? undefined : uidOf(found.live);
  return {
    key,
    operation,
    file: "",
    object: desired,
    digest: digestOf(desired),
    beforeMac: macOf(before, macKey),
    diff:
      (operation === "update" || operation === "recreate") && before !== null && after !== null
        ? semanticDiff(before, after, macKey, ownValues(desired))
        : operation === "create" && desired !== null && found.merged !== null && after !== null
          ? serverMade(desired, after, macKey)
          : [],
    reversibility:
      operation === "delete" || before === null
        ? reversibilityOf(key, before, after, "pruning")
        : step.immutable.reversibility,
    live: {
      resource: found.resource,
      namespaced: found.namespaced,
      uid: uid ?? null,
      mergedMac: found.merged === null ? null : macOf(after, macKey),
      notDryRun: operation === "delete" ? null : found.notDryRun,
      ...(step.takesOver === undefined ? {} : { takesOver: step.takesOver }),
      ...(goes(operation) && found.dependents !== undefined && found.dependents.length > 0
        ? { dependents: distinct(found.dependents) }
        : {}),
      owners: ownerRows(ownersOf(step)),
      warnings: [...found.warnings],
    },
  };
}

function goes(operation: Operation): boolean {
  return operation === "delete" || operation === "recreate";
}

function uidOf(live: JsonObject): string {
  const uid = (live["metadata"] as JsonObject | undefined)?.["uid"];
  return typeof uid === "string" ? uid : "";
}

/** The forms that facts look at. Our own mark of membership is no label of the request. */
function changedObject(
  step: ClusterStep,
  set: string | null,
  macKey: Uint8Array | null,
): readonly ChangedObject[] {
  const { key, operation, desired, before, after } = step;
  if (operation === "unchanged") return [];
  const own = ownValues(desired);
  const form = (object: JsonObject | null): JsonObject | null =>
    object === null ? null : projected(set === null ? object : withoutMembership(object, set), own, macKey);
  return [
    {
      key,
      operation,
      before: form(before),
      after: form(after),
      owners: ownersOf(step),
      ...(step.takesOver === undefined ? {} : { takesOver: step.takesOver }),
    },
  ];
}

/** Everything of the cluster that is known, before and after. */
function viewOf(
  cluster: ClusterState,
  steps: readonly ClusterStep[],
  changed: readonly ChangedObject[],
  macKey: Uint8Array | null,
): FolderView {
  const none = ownValues(null);
  const standing = new Map<string, JsonObject>();
  for (const object of cluster.surroundings) {
    standing.set(identity(objectKey(object)), projected(maskLive(object), none, macKey));
  }
  const after = new Map(standing);
  for (const { key, operation, before } of steps) {
    after.delete(identity(key));
    if (operation !== "unchanged" || before === null) continue;
    const form = projected(before, none, macKey);
    standing.set(identity(key), form);
    after.set(identity(key), form);
  }
  for (const { key, before, after: becomes } of changed) {
    if (before !== null) standing.set(identity(key), before);
    if (becomes !== null) after.set(identity(key), becomes);
  }
  return { before: sorted([...standing.values()]), after: sorted([...after.values()]), partial: true };
}

/** What the plan relied on: every object that was read, by its UID and the MAC of its masked form (kernel K3). */
function readSet(
  cluster: ClusterState,
  asked: {
    readonly absent: readonly ObjectKey[];
    readonly changes: readonly Change[];
    readonly macKey: Uint8Array | null;
  },
): Plan["readSet"] {
  const { absent, changes, macKey } = asked;
  const read = new Map<string, string>();
  const macs = new Map(changes.map(({ key, beforeMac }) => [identity(key), beforeMac]));
  const version = (id: string, live: JsonObject): string =>
    `${uidOf(live)} ${(macs.has(id) ? macs.get(id) : macOf(maskLive(live), macKey)) ?? "unbound"}`;
  for (const object of cluster.surroundings) {
    const id = identity(objectKey(object));
    // Read for itself: of what changes, the form that the change was computed from stands below.
    if (!macs.has(id)) read.set(id, version(id, object));
  }
  for (const { key, live } of cluster.objects.values()) {
    read.set(identity(key), live === null ? "absent" : version(identity(key), live));
  }
  for (const key of absent) read.set(identity(key), "absent");
  return [...read]
    .map(([id, is]) => ({ what: `cluster:${id}`, version: is }))
    .sort((left, right) => (left.what < right.what ? -1 : left.what > right.what ? 1 : 0));
}

/** Kernel K2: what could not be dry-run is a printed assumption. */
function notDryRun(steps: readonly ClusterStep[]): readonly Assumption[] {
  const without = steps.filter(
    ({ operation, found }) => operation !== "delete" && found.notDryRun !== null && found.merged === null,
  );
  if (without.length === 0) return [];
  const names = without.map(({ key, found }) => `${keyText(key)} (${found.notDryRun ?? ""})`);
  return [
    {
      id: "cluster/not-dry-run",
      text: `No server dry run, so that the object itself stands for its result and neither defaults nor admission are seen: ${names.join("; ")} (K2).`,
    },
  ];
}

/** The old object stands in the way of a dry run of the new one under its own name. */
function underAnotherName(steps: readonly ClusterStep[]): readonly Assumption[] {
  const names = steps
    .filter(({ operation, found }) => operation === "recreate" && found.merged !== null)
    .map(({ key }) => keyText(key));
  return names.length === 0
    ? []
    : [
        {
          id: "cluster/recreation-dry-run",
          text: `What the server makes of an object that is made again was asked under another name, as the old one still stands: ${names.join("; ")}. Whatever depends on the name, and what somebody does between deletion and creation, is seen only then: apply asks again before it creates, and stops where the answer is another (K2).`,
        },
      ];
}

/** Server-side apply has no dry run over fields that are not ours yet. */
function afterTakeOver(steps: readonly ClusterStep[]): readonly Assumption[] {
  const names = steps.filter((step) => step.takesOver !== undefined).map(({ key }) => keyText(key));
  return names.length === 0
    ? []
    : [
        {
          id: "cluster/take-over",
          text: `Before fields have passed to us, server-side apply has no dry run that shows what it takes away then: the result was put together here and dry-run as a patch, for ${names.join("; ")}. Apply lets the fields pass, asks for the real dry run, and stops before it writes where that says something else (K2). An undo gives back what the objects said, not who owned it.`,
        },
      ];
}

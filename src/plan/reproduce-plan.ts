import { author } from "../authoring/specialists/author.ts";
import type { Authored } from "../authoring/intent/intent.ts";
import { canonicalJson } from "../kube/canonical-json.ts";
import { jsonDigest } from "../kube/digest.ts";
import { isArray, isObject, type Json, type JsonObject, type JsonPath, pathText } from "../kube/json.ts";
import { identity, objectKey } from "../kube/object-key.ts";
import { OpsError } from "../kube/ops-error.ts";
import { printable } from "../kube/printable.ts";
import { assemblePlan, requestMac } from "./assemble-plan.ts";
import { readTargetFolder } from "./change/target-folder.ts";
import type { Charter } from "./charter.ts";
import { applySetId, inventoryParent, withoutMembership } from "./change/applyset.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { GitState } from "./git-state.ts";
import type { Change, Plan } from "./plan.ts";
import type { PlanInput } from "./plan-input.ts";
import { charterClusterTarget } from "./target.ts";

/** The world that a plan is held against: of a repository or of a cluster, as the plan's target is. */
export type World = GitWorld | ClusterWorld;

export interface GitWorld extends WorldCommon {
  readonly state: GitState;
}

export interface ClusterWorld extends WorldCommon {
  readonly cluster: ClusterState;
}

export interface WorldCommon {
  readonly charter: Charter | null;
  readonly charterOwner: string | null;
  readonly macKey: Uint8Array | null;
  readonly toolVersion: string;
  /** Newest minor of Kubernetes 1 that this program knows. The plan is made again for the one that its request names. */
  readonly minor: number;
}

/**
 * Kernel K1: a plan is a claim. Everything in it but request and intent is made again from its own objects and the live
 * state, and must be the same; request and intent are bound by their MAC under the trust root's key. An application's
 * objects are made again from the intent.
 * @throws {OpsError} PLAN_NOT_REPRODUCED naming the first part that differs, never its value; and what building throws.
 */
export function reproducePlan(plan: Plan, world: World): void {
  const { mac, ...request } = plan.request;
  if (world.macKey !== null && mac !== requestMac(world.macKey, request, plan.intent)) {
    throw differs("request.mac", "the request or the intent is not what this trust root's owner asked for");
  }
  if (world.macKey === null && mac !== null) {
    throw differs(
      "request.mac",
      "without the trust root's key nobody can tell whether the request is genuine",
    );
  }
  if (request.minor > world.minor)
    throw differs("request.minor", "it is for a newer Kubernetes than this program knows");
  const again = assemblePlan(inputAgain(plan, world));
  for (const part of parts) {
    const path = firstDifference(plan[part] as unknown as Json, again[part] as unknown as Json, [part]);
    if (path !== undefined) throw differs(pathText(path), ("cluster" in world ? clusterHints : hints)[part]);
  }
}

function inputAgain(plan: Plan, world: World): PlanInput {
  const { request } = plan;
  const common = {
    request,
    intent: plan.intent,
    deletions: request.deletions,
    charter: world.charter,
    charterOwner: world.charterOwner,
    macKey: world.macKey,
    toolVersion: world.toolVersion,
    minor: request.minor,
  };
  if ("cluster" in world) {
    if (!("cluster" in request.target))
      throw differs("target", "it is for a repository, and the world is a cluster");
    if (request.target.cluster !== world.cluster.name)
      throw differs("request.target", "it is for another cluster");
    return { ...common, ...desired(plan, clusterObject(plan, world)), cluster: world.cluster };
  }
  const { target } = request;
  if ("cluster" in target) throw differs("target", "it is for a cluster, and the world is a repository");
  const { folder, mode } = target;
  const standing = readTargetFolder(world.state, folder).objects;
  return {
    ...common,
    ...desired(plan, ({ key, object }) => object ?? standing.get(identity(key))?.object),
    state: world.state,
    folder,
    mode,
  };
}

/** The object that was asked for: what is applied is the same as a member of our inventory, unless it was so already. */
function clusterObject(plan: Plan, world: ClusterWorld): Standing {
  const row = world.charter === null ? undefined : charterClusterTarget(world.charter, world.cluster.name);
  const asked = new Set(
    plan.intent.source === "objects" ? plan.intent.objects.map(({ digest }) => digest) : [],
  );
  return ({ object }) => {
    if (object === null || row === undefined || asked.has(jsonDigest(object))) return object ?? undefined;
    return withoutMembership(object, applySetId(inventoryParent(row)));
  };
}

/** The parts of a plan in the order in which a difference is told: what moved in the world before what follows from it. */
const parts: readonly (keyof Plan)[] = [
  "apiVersion",
  "kind",
  "tool",
  "target",
  "readSet",
  "charter",
  "request",
  "intent",
  "changes",
  "files",
  "findings",
  "facts",
  "authoring",
  "assumptions",
  "verdict",
  "digest",
];

const hints: Partial<Record<keyof Plan, string>> = {
  tool: "the plan was made by another version of this program",
  target: "the branch, or the folder that is followed as a whole, is not what the plan saw",
  readSet: "a file that the plan relied on is not what the plan saw",
  charter: "the charter is not the one that judged the plan",
};

const clusterHints: Partial<Record<keyof Plan, string>> = {
  ...hints,
  target: "the cluster is not the one that the plan saw",
  readSet: "an object that the plan relied on is not what the plan saw",
  changes: "what stands in the cluster, or what the server would make of it, is not what the plan saw",
};

function differs(path: string, reason?: string): OpsError {
  return new OpsError(
    "PLAN_NOT_REPRODUCED",
    `the plan cannot be made again: ${printable(path)} differs${reason === undefined ? "" : ` (${reason})`}`,
    { hint: "make a new plan" },
  );
}

interface Made {
  readonly objects: readonly JsonObject[];
  readonly authored: Pick<Authored, "relaxations" | "prerequisites" | "notes">;
}

/** The object that a change asked for, as it was asked for; undefined when it is not there any more. */
type Standing = (change: Change) => JsonObject | undefined;

function desired(plan: Plan, standing: Standing): Made {
  if (plan.intent.source !== "objects") {
    const authored = author(plan.intent);
    return { objects: authored.objects, authored };
  }
  const objects = plan.changes.flatMap((change, index): readonly JsonObject[] => {
    if (change.operation === "delete") return [];
    // In Git an unchanged object is the one that stands there; if it is another by now, its digest differs below.
    const object = standing(change);
    if (object === undefined)
      throw differs(pathText(["changes", index]), "an object that was to stay is not there");
    return [object];
  });
  // The intent, bound by its MAC, says which objects were asked for.
  const asked = new Map(plan.intent.objects.map(({ key, digest }) => [identity(key), digest]));
  for (const object of objects) {
    const id = identity(objectKey(object));
    if (asked.get(id) !== jsonDigest(object))
      throw differs("changes", "an object is not one that was asked for");
    asked.delete(id);
  }
  if (asked.size > 0) throw differs("changes", "an object that was asked for is missing");
  return { objects, authored: { relaxations: [], prerequisites: [], notes: [] } };
}

/** Path of the first difference, members in sorted order; undefined when the two are the same. */
function firstDifference(
  left: Json | undefined,
  right: Json | undefined,
  path: JsonPath,
): JsonPath | undefined {
  if (isArray(left) && isArray(right)) {
    for (let index = 0; index < Math.max(left.length, right.length); index++) {
      const found = firstDifference(left[index], right[index], [...path, index]);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (isObject(left) && isObject(right)) {
    for (const name of [...new Set([...Object.keys(left), ...Object.keys(right)])].sort()) {
      const was = Object.hasOwn(left, name) ? left[name] : undefined;
      const is = Object.hasOwn(right, name) ? right[name] : undefined;
      const found = firstDifference(was, is, [...path, name]);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (left === undefined || right === undefined) return left === right ? undefined : path;
  return canonicalJson(left) === canonicalJson(right) ? undefined : path;
}

import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import { requireCharter } from "./require-charter.ts";
import { reproducePlan } from "../../plan/build-plan.ts";
import type { GitState } from "../../plan/git-state.ts";
import type { GitTargetPort } from "../git/git-target.ts";
import type { TrustRoot } from "../trust-root/trust-root.ts";
import type { GitPlan } from "./git-plan.ts";

/** What a plan is recomputed from, besides the target. */
export interface PlanWorld {
  readonly trustRoot: TrustRoot;
  readonly toolVersion: string;
  /** Kubernetes minor version whose tables are used. */
  readonly minor: number;
}

/**
 * Holds a plan against the world as it is now: the charter is the one that it names (kernel K6), the target stands where
 * it stood (K3, K18), and everything in the plan comes out again (K1). Gives the target's state.
 * @throws {OpsError} PLAN_DENIED without a charter, CHARTER_CHANGED, TARGET_DRIFT with what changed, PLAN_NOT_REPRODUCED
 */
export async function reproduceAgainst(
  plan: GitPlan,
  target: GitTargetPort,
  world: PlanWorld,
): Promise<GitState> {
  const { trustRoot } = world;
  requireCharter(plan, trustRoot);
  if (target.url !== plan.target.url || target.branch !== plan.target.branch) {
    throw new OpsError(
      "TARGET_DRIFT",
      `the plan names ${printable(plan.target.url)}@${printable(plan.target.branch)}; what stands there is ${printable(target.url)}@${printable(target.branch)}`,
      { hint: "make a new plan" },
    );
  }
  const state = await target.readState(plan.target.root);
  if (state.base !== plan.target.base) throw await drift(plan, target, state);
  reproducePlan(plan, {
    state,
    charter: trustRoot.charter,
    charterOwner: trustRoot.owner.fingerprint,
    macKey: trustRoot.macKey,
    toolVersion: world.toolVersion,
    minor: world.minor,
  });
  return state;
}

/** Which commit the branch names now, and what that changed below the root. */
async function drift(plan: GitPlan, target: GitTargetPort, state: GitState): Promise<OpsError> {
  const { base, branch, root } = plan.target;
  const stands = (commit: string | null): string => (commit === null ? "was not there" : `was at ${commit}`);
  const where = root === "" ? "in the tree" : `below ${printable(root)}`;
  let changed: string;
  try {
    const before = base === null ? [] : (await target.readStateAt(base, root)).files;
    const paths = changedPaths(before, state.files);
    const shown = paths.slice(0, 5).map((path) => printable(path));
    changed =
      paths.length === 0
        ? `nothing ${where} changed`
        : `${paths.length} ${paths.length === 1 ? "file" : "files"} ${where} changed: ${shown.join(", ")}${paths.length > 5 ? " and more" : ""}`;
  } catch (error) {
    if (!OpsError.is(error)) throw error;
    changed = `the commit of the plan cannot be read any more: ${error.message}`;
  }
  return new OpsError(
    "TARGET_DRIFT",
    `${printable(branch)} ${stands(base)} when the plan was made and ${state.base === null ? "is gone now" : `is at ${state.base} now`}; ${changed}`,
    { hint: "make a new plan" },
  );
}

function changedPaths(before: GitState["files"], after: GitState["files"]): readonly string[] {
  const kind = (file: GitState["files"][number]): string => `${file.mode} ${file.blob}`;
  const old = new Map(before.map((file) => [file.path, kind(file)]));
  const now = new Map(after.map((file) => [file.path, kind(file)]));
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((path) => old.get(path) !== now.get(path))
    .sort();
}

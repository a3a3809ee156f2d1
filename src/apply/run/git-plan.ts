import { OpsError } from "../../kube/ops-error.ts";
import type { ClusterTarget, GitTarget, Plan } from "../../plan/plan.ts";

export type GitPlan = Plan & { readonly target: GitTarget };
export type ClusterPlan = Plan & { readonly target: ClusterTarget };

/** @throws {OpsError} TARGET_INVALID for a plan that names a cluster. */
export function asGitPlan(plan: Plan): GitPlan {
  if (isGitPlan(plan)) return plan;
  throw new OpsError("TARGET_INVALID", "the plan names a cluster, not a repository");
}

/** @throws {OpsError} TARGET_INVALID for a plan that names a repository. */
export function asClusterPlan(plan: Plan): ClusterPlan {
  if (isClusterPlan(plan)) return plan;
  throw new OpsError("TARGET_INVALID", "the plan names a repository, not a cluster");
}

export function isGitPlan(plan: Plan): plan is GitPlan {
  return plan.target.kind === "git";
}

export function isClusterPlan(plan: Plan): plan is ClusterPlan {
  return plan.target.kind === "cluster";
}

import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";

/**
 * Refuses a branch name outside a narrow grammar: letters, digits and `._/+-`, as git's check-ref-format allows them.
 * A name that needs quoting, looks like an option or a revision expression is never handed to git.
 * @throws {OpsError} TARGET_INVALID
 */
export function checkBranchName(branch: string): void {
  const components = branch.split("/");
  const fine =
    branch.length <= 200 &&
    /^[A-Za-z0-9][A-Za-z0-9._/+-]*$/.test(branch) &&
    !branch.includes("..") &&
    components.every(
      (part) => /^[A-Za-z0-9_+-]/.test(part) && !part.endsWith(".") && !part.endsWith(".lock"),
    ) &&
    branch !== "HEAD";
  if (!fine) {
    throw new OpsError("TARGET_INVALID", `"${printable(branch)}" is no branch name that kubeops takes`, {
      hint: "use letters, digits and . _ / + - only",
    });
  }
}

/** `refs/heads/<branch>` of a checked name. */
export function branchReference(branch: string): string {
  checkBranchName(branch);
  return `refs/heads/${branch}`;
}

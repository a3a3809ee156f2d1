import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import { branchReference } from "./branch-name.ts";
import { type GitRunner, type GitTransport, gitSays, receivePack } from "./git-runner.ts";

export interface PushRequest {
  readonly url: string;
  readonly transport: GitTransport;
  readonly commit: string;
  readonly branch: string;
  /** What the branch must name before; null when it must not exist. */
  readonly expected: string | null;
  /** What the branch names now. */
  readonly head: () => Promise<string | null>;
}

/**
 * Moves one branch from `expected` to `commit`, or nothing. git compares `expected` with what the target announces and
 * sends that along; the target compares again under its lock, so no other push can come between. A branch that already
 * names the commit is a success.
 * @throws {OpsError} TARGET_DRIFT, TARGET_REFUSED, BRANCH_CHECKED_OUT, TARGET_UNREACHABLE
 */
export async function pushCommit(git: GitRunner, request: PushRequest): Promise<void> {
  const reference = branchReference(request.branch);
  const { status, stdout, stderr } = await git.reach(
    [
      "push",
      "--porcelain",
      "--atomic",
      "--no-verify",
      "--no-signed",
      "--no-follow-tags",
      `--force-with-lease=${reference}:${request.expected ?? ""}`,
      ...receivePack(request.transport),
      "--end-of-options",
      request.url,
      `${request.commit}:${reference}`,
    ],
    { accept: [1, 128] },
  );
  if (status === 0) return;
  const now = await request.head();
  if (now === request.commit) return;
  const reason = /^!\t[^\t]*\t(.*)$/m.exec(stdout.toString("utf8"))?.[1];
  if (reason?.includes("branch is currently checked out")) throw checkedOut(request.branch);
  if (now !== request.expected) {
    throw new OpsError(
      "TARGET_DRIFT",
      `branch ${request.branch} is no longer what the plan saw: it ${stands(now)}, expected was that it ${stands(request.expected)}`,
      { hint: "make a new plan" },
    );
  }
  if (reason?.startsWith("[remote rejected]") || reason?.startsWith("[remote failure]"))
    throw new OpsError("TARGET_REFUSED", `the target refused the push: ${printable(reason)}`);
  throw new OpsError(
    "TARGET_UNREACHABLE",
    `the push failed: ${reason ? printable(reason) : gitSays(stderr)}`,
  );
}

function stands(commit: string | null): string {
  return commit === null ? "does not exist" : `names ${commit}`;
}

/** @returns the refusal to move a branch that a working tree stands on. */
export function checkedOut(branch: string): OpsError {
  return new OpsError(
    "BRANCH_CHECKED_OUT",
    `branch ${branch} is checked out in a working tree of the target`,
    {
      hint: "check out another branch there, or let the plan make a branch of its own",
    },
  );
}

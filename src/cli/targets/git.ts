import { resolve } from "node:path";
import { LATEST_MINOR } from "../../kube/catalogue/catalogue.ts";
import { OpsError } from "../../kube/ops-error.ts";
import type { GitPlan } from "../../apply/run/git-plan.ts";
import { reproduceAgainst } from "../../apply/run/reproduce-against.ts";
import type { TrustRoot } from "../../apply/trust-root/trust-root.ts";
import { buildPlan } from "../../plan/build-plan.ts";
import type { Plan } from "../../plan/plan.ts";
import { prunable } from "../../plan/prune.ts";
import { charterGitTarget, type GitTargetSpec, parseTargetSpec } from "../../plan/target.ts";
import { undoRequest } from "../../plan/undo.ts";
import type { CliContext } from "../context.ts";
import { shortDigest } from "../display/plan-text.ts";
import type { GitAccessFlags } from "../flags.ts";
import { openTarget } from "../git-access.ts";
import type { AskedFor } from "../request.ts";
import type { Session } from "../session.ts";
import { toolVersion } from "../version.ts";

/** The repository that a target names. */
export function gitSpec(text: string): GitTargetSpec {
  const spec = parseTargetSpec(text);
  if (spec.kind === "git") return spec;
  throw new OpsError("USAGE", `cluster:${spec.name} is no repository`, {
    hint: "git:<path or https URL>[@branch]#folder",
  });
}

/** A local path is taken relative to the working folder; an https URL stays as it is. */
export function locationOf(context: CliContext, url: string): string {
  return url.startsWith("https://") ? url : resolve(context.cwd, url);
}

/** The plan of a request against a repository, as it is now. */
export async function planForGit(
  context: CliContext,
  flags: GitAccessFlags & { readonly prune: boolean; readonly onto: boolean },
  session: Session,
  { asked, spec, minor }: { readonly asked: AskedFor; readonly spec: GitTargetSpec; readonly minor: number },
): Promise<Plan> {
  for (const [asks, flag] of [
    [asked.request.recreate, "--recreate"],
    [asked.request.takeOver, "--take-over"],
  ] as const) {
    if (asks === true)
      throw new OpsError("USAGE", `${flag} is for clusters: what follows a repository decides for itself`);
  }
  const target = await openTarget(context, flags, {
    url: locationOf(context, spec.url),
    branch: spec.branch,
  });
  const done = context.onInterrupt(() => void target.close());
  try {
    const { trustRoot } = session;
    const row = trustRoot === undefined ? undefined : charterGitTarget(trustRoot.charter, target.url);
    const state = await target.readState(row?.git.root ?? spec.folder);
    return buildPlan({
      ...asked,
      deletions: flags.prune ? prunable(state, spec.folder, asked.objects) : [],
      state,
      folder: spec.folder,
      mode: flags.onto ? "onto" : "branch",
      charter: trustRoot?.charter ?? null,
      charterOwner: trustRoot?.owner.fingerprint ?? null,
      macKey: trustRoot?.macKey ?? null,
      toolVersion,
      minor,
    });
  } finally {
    done();
    await target.close();
  }
}

/** Kernel K1: the plan is made again from the repository as it is, and must be what the file says. */
export async function reproduceInGit(
  context: CliContext,
  flags: GitAccessFlags,
  plan: GitPlan,
  trustRoot: TrustRoot,
): Promise<void> {
  const { url, branch } = plan.target;
  const target = await openTarget(context, flags, { url, branch });
  const done = context.onInterrupt(() => void target.close());
  try {
    await reproduceAgainst(plan, target, { trustRoot, toolVersion, minor: LATEST_MINOR });
  } finally {
    done();
    await target.close();
  }
}

/** The plan that undoes an applied plan, against the repository as it is now. `commit` is what applied it. */
export async function undoInGit(
  context: CliContext,
  flags: GitAccessFlags,
  {
    plan,
    commit,
    trustRoot,
    minor,
  }: {
    readonly plan: GitPlan;
    readonly commit: string;
    readonly trustRoot: TrustRoot;
    readonly minor: number;
  },
): Promise<Plan> {
  const { url, branch, mode, base: planned, root, folder } = plan.target;
  const base = await openTarget(context, flags, { url, branch });
  const own = `kubeops/${shortDigest(plan.digest)}`;
  // Where the change lives now: on the base branch once it was merged (or put there), else on its own branch.
  const merged = await base.contains(branch, commit);
  const target = merged || mode === "onto" ? base : await openTarget(context, flags, { url, branch: own });
  const done = context.onInterrupt(() => void Promise.all([base.close(), target.close()]));
  try {
    const before = planned === null ? null : await target.readStateAt(planned, root);
    const state = await target.readState(root);
    return buildPlan({
      ...undoRequest(plan, before),
      state,
      folder,
      mode,
      charter: trustRoot.charter,
      charterOwner: trustRoot.owner.fingerprint,
      macKey: trustRoot.macKey,
      toolVersion,
      minor,
    });
  } finally {
    done();
    await target.close();
    if (target !== base) await base.close();
  }
}

import { sha256Hex } from "../../kube/digest.ts";
import type { RunRecord } from "../journal/journal.ts";
import type { GitTargetPort } from "../git/git-target.ts";
import type { GitPlan } from "./git-plan.ts";

/** Names of the journal's steps that later runs read. */
export const steps = { built: "commit-built", consuming: "consuming", pushed: "pushed" } as const;

/** A commit that an earlier run of the plan made and that stands at the target now. */
export interface EarlierCommit {
  readonly commit: string;
  readonly run: RunRecord;
  /** Nonces of the approvals that it rests on. */
  readonly nonces: readonly string[];
}

/**
 * The commit of an earlier run that stands at the target: the branch names it, or, for a run that was cut off, some branch
 * leads to it (somebody may have built on it or merged it since). The journal only says where to look: the commit itself
 * must say that it applies this plan, and hold what the plan leaves.
 */
export async function earlierCommit(
  target: GitTargetPort,
  runs: readonly RunRecord[],
  plan: GitPlan,
  branch: string,
): Promise<EarlierCommit | undefined> {
  const built = runs.toReversed().flatMap((run) =>
    run.steps
      .filter(({ step }) => step === steps.built)
      .toReversed()
      .map(({ detail }) => ({ commit: detail["commit"] ?? "", nonces: split(detail["nonces"]), run })),
  );
  if (built.length === 0) return undefined;
  const head = await target.head(branch);
  for (const candidate of built) {
    const stands =
      candidate.commit === head ||
      (candidate.run.outcome === null && (await target.isReachable(candidate.commit)));
    if (!stands) continue;
    const message = (await target.commitFacts(candidate.commit))?.message ?? "";
    if (!message.split("\n").includes(`Kubeops-Plan: ${plan.digest}`)) continue;
    if (await holdsPlan(target, candidate.commit, plan)) return candidate;
  }
  return undefined;
}

/** Whether a commit leaves below the root what the plan leaves there: its files, and everything else as at its base. */
async function holdsPlan(target: GitTargetPort, commit: string, plan: GitPlan): Promise<boolean> {
  const { base, root } = plan.target;
  const planned = new Map(plan.files.map(({ path, sha256 }) => [path, sha256]));
  const { files } = await target.readStateAt(commit, root);
  const before = base === null ? [] : (await target.readStateAt(base, root)).files;
  const kept = new Map(before.map(({ path, mode, blob }) => [path, `${mode} ${blob}`]));
  for (const { path, mode, blob, text } of files) {
    const sha256 = planned.get(path);
    const isRight =
      sha256 === undefined
        ? kept.get(path) === `${mode} ${blob}`
        : text !== null && sha256 !== null && sha256Hex(text) === sha256;
    if (!isRight) return false;
  }
  const there = new Set(files.map(({ path }) => path));
  const isGone = (path: string): boolean => planned.get(path) === null;
  return (
    [...planned].every(([path, sha256]) => sha256 === null || there.has(path)) &&
    [...kept.keys()].every((path) => there.has(path) || isGone(path))
  );
}

/** Nonces that runs which have ended consumed. */
export function usedNonces(runs: readonly RunRecord[]): ReadonlySet<string> {
  return new Set(
    runs
      .filter(({ outcome }) => outcome !== null)
      .flatMap((run) => run.steps.filter(({ step }) => step === steps.consuming))
      .flatMap(({ detail }) => split(detail["nonces"])),
  );
}

/** Nonces that the run which is still open chose last. */
export function openNonces(runs: readonly RunRecord[]): readonly string[] {
  const open = runs.find(({ outcome }) => outcome === null);
  return split(open?.steps.findLast(({ step }) => step === steps.built)?.detail["nonces"]);
}

function split(nonces: string | undefined): readonly string[] {
  return nonces === undefined || nonces === "" ? [] : nonces.split(",");
}

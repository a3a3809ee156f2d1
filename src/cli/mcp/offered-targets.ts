import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { Charter, CharterGitTarget } from "../../plan/charter.ts";
import type { Plan } from "../../plan/plan.ts";
import {
  charterGitTarget,
  isClusterRow,
  isGitRow,
  parseTargetSpec,
  type TargetSpec,
} from "../../plan/target.ts";

/** A target that a model may name. */
export interface OfferedTarget {
  readonly name: string;
  readonly spec: TargetSpec;
}

/**
 * The targets that the operator offers: those that the flags name, or all that the charter names exactly (a folder with a
 * `*` has to be named by a flag). Names are the charter's; where one row gives several places, branch and folder follow.
 * @throws {OpsError} TARGET_INVALID, USAGE for a name that the charter does not have.
 */
export function offeredTargets(
  charter: Charter | undefined,
  named: readonly string[],
  locate: (url: string) => string,
): readonly OfferedTarget[] {
  const all = charter === undefined ? [] : charter.spec.targets.flatMap((row) => placesOf(row));
  if (named.length === 0) return all;
  return unique(
    named.flatMap((text) => {
      if (/^(?:git|cluster):/.test(text)) return [specTarget(charter, text, locate)];
      const found = all.filter(({ name }) => name === text || name.startsWith(`${text}@`));
      if (found.length === 0)
        throw new OpsError("USAGE", `the charter names no target ${printable(text)}`, {
          hint: `it names: ${all.map(({ name }) => printable(name)).join(", ") || "none"}`,
        });
      return found;
    }),
  );
}

function placesOf(row: Charter["spec"]["targets"][number]): readonly OfferedTarget[] {
  if (isClusterRow(row)) return [{ name: row.name, spec: { kind: "cluster", name: row.name } }];
  if (!isGitRow(row)) return [];
  const { url, branches, folders } = row.git;
  const exact = folders.filter((folder) => !folder.includes("*"));
  const places = branches.flatMap((branch) => exact.map((folder) => ({ branch, folder })));
  return places.map(({ branch, folder }) => ({
    name: places.length === 1 ? row.name : placeName(row, branch, folder),
    spec: { kind: "git", url, branch, folder },
  }));
}

function placeName(row: CharterGitTarget, branch: string, folder: string): string {
  return `${row.name}@${branch}#${folder}`;
}

function specTarget(
  charter: Charter | undefined,
  text: string,
  locate: (url: string) => string,
): OfferedTarget {
  const spec = parseTargetSpec(text);
  if (spec.kind === "cluster") return { name: spec.name, spec };
  const row = charter === undefined ? undefined : charterGitTarget(charter, locate(spec.url));
  const [only, ...more] = row === undefined ? [] : placesOf(row);
  const same =
    only !== undefined && more.length === 0 && only.spec.kind === "git" && only.spec.folder === spec.folder;
  if (same) return { name: only.name, spec };
  return {
    name: `${row?.name ?? "git"}${spec.branch === null ? "" : `@${spec.branch}`}#${spec.folder}`,
    spec,
  };
}

function unique(targets: readonly OfferedTarget[]): readonly OfferedTarget[] {
  return [...new Map(targets.map((target) => [target.name, target])).values()];
}

/** Whether a plan is for one of the targets. A branch that no flag and no row names is the one that HEAD names. */
export function isOffered(
  targets: readonly OfferedTarget[],
  { target }: Plan,
  locate: (url: string) => string,
): boolean {
  return targets.some(({ spec }) =>
    spec.kind === "cluster"
      ? target.kind === "cluster" && target.name === spec.name
      : target.kind === "git" &&
        target.url === locate(spec.url) &&
        target.folder === spec.folder &&
        (spec.branch === null || spec.branch === target.branch),
  );
}

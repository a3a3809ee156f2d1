import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { GitState } from "../git-state.ts";
import { folderNameFault, isCiPath, isWithin } from "../target.ts";

/**
 * Refuses a target in which a write could mean something else than it says (kernel K18): a folder outside the root or
 * of continuous integration, links and submodules under the root, names that differ only by case.
 * @throws {OpsError} TARGET_UNSAFE
 */
export function assertSafeTarget(state: GitState, folder: string): void {
  const fault = folderNameFault(folder);
  if (fault !== undefined) throw new OpsError("TARGET_UNSAFE", fault);
  if (!isWithin(folder, state.root)) {
    throw new OpsError(
      "TARGET_UNSAFE",
      `the folder ${printable(JSON.stringify(folder))} is outside the root ${printable(JSON.stringify(state.root))} that is followed as a whole`,
    );
  }
  for (const file of state.files) {
    const what = file.mode === "120000" ? "a link" : file.mode === "160000" ? "a submodule" : undefined;
    if (what !== undefined) {
      throw new OpsError(
        "TARGET_UNSAFE",
        `${printable(file.path)} is ${what}: what a reconciler finds behind it is not known`,
        {
          hint: "replace it by what it stands for, or choose a root without it",
        },
      );
    }
    if (file.path.split("/").some((part) => /^(?:\.{0,2}|\.git|git~\d+)$/iu.test(part))) {
      throw new OpsError(
        "TARGET_UNSAFE",
        `${printable(file.path)} is a path that Git itself never makes: where it leads differs by program`,
        { hint: "look at who wrote this tree: git fsck names it" },
      );
    }
    if (folder === file.path || (folder !== "" && folder.startsWith(`${file.path}/`))) {
      throw new OpsError(
        "TARGET_UNSAFE",
        `${printable(file.path)} is a file, and the target folder lies on its path`,
      );
    }
  }
  assertDistinctNames(state.files.map((file) => file.path));
}

/**
 * Refuses paths that one file system could take for another: equal but for case (or Unicode form), or a file where
 * another path has a folder; and paths that continuous integration runs.
 */
export function assertSafeWrites(existing: readonly string[], written: readonly string[]): void {
  for (const path of written) {
    if (isCiPath(path)) {
      throw new OpsError(
        "TARGET_UNSAFE",
        `${printable(path)} would be written, and continuous integration runs it`,
      );
    }
    const fault = folderNameFault(path.replace(/(^|\/)\.kubeops\.json$/u, "$1kubeops.json"));
    if (fault !== undefined) throw new OpsError("TARGET_UNSAFE", fault);
  }
  assertDistinctNames([...existing, ...written]);
}

function assertDistinctNames(paths: readonly string[]): void {
  /** Every folder and file by its folded name. */
  const seen = new Map<string, { readonly name: string; readonly isFile: boolean }>();
  for (const path of [...paths].sort()) {
    const parts = path.split("/");
    for (const end of parts.keys()) {
      const name = parts.slice(0, end + 1).join("/");
      const isFile = end === parts.length - 1;
      const folded = name.normalize("NFKC").toLowerCase();
      const other = seen.get(folded);
      if (other === undefined) seen.set(folded, { name, isFile });
      else if (other.name !== name) {
        throw new OpsError(
          "TARGET_UNSAFE",
          `${printable(other.name)} and ${printable(name)} differ only by case`,
          {
            hint: "rename one of the two: on some machines they are one file",
          },
        );
      } else if (other.isFile !== isFile) {
        throw new OpsError("TARGET_UNSAFE", `${printable(name)} is a file and a folder at once`);
      }
    }
  }
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OpsError } from "../../kube/ops-error.ts";

/** A fresh folder that only this user may enter. */
export interface ScratchFolder {
  readonly path: string;
  readonly remove: () => void;
}

// A folder that is still there when the process ends in order (an interrupt too) is removed then.
const open = new Set<string>();
function removeAll(): void {
  for (const path of open) rmSync(path, { recursive: true, force: true });
  open.clear();
}

/**
 * Makes a folder for one program that is run.
 * @throws {OpsError} STATE_UNWRITABLE
 */
export function makeScratchFolder(program: "git" | "helm" | "sign"): ScratchFolder {
  let path: string;
  try {
    path = mkdtempSync(join(tmpdir(), `kubeops-${program}-`));
  } catch (cause) {
    throw new OpsError("STATE_UNWRITABLE", "no folder for temporary files could be made", { cause });
  }
  if (open.size === 0) process.once("exit", removeAll);
  open.add(path);
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
      open.delete(path);
      if (open.size === 0) process.removeListener("exit", removeAll);
    },
  };
}

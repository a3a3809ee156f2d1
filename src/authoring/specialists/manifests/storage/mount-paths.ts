import type { MountIntent, WorkloadIntent } from "../../../intent/intent.ts";
import type { Ledger } from "../../ledger.ts";
import { byText } from "../../../../kube/by-text.ts";

/** A path as it is compared: no slash at the end, and `/run` for `/var/run`, which is a link to it nearly everywhere. */
export function plainPath(path: string): string {
  return path.replace(/(?<=.)\/+$/, "").replace(/^\/var\/run(?=\/|$)/, "/run");
}

/** The mounts of a workload by path; of two at one path the last, as in Compose: a Pod takes one only. */
export function distinctMounts(workload: WorkloadIntent, ledger: Ledger): readonly MountIntent[] {
  const byPath = new Map<string, MountIntent>();
  for (const mount of workload.mounts) {
    const path = plainPath(mount.path);
    if (byPath.has(path))
      ledger.note(
        "mount/same-path",
        workload.name,
        `two mounts stand at ${mount.path}: the last one is used.`,
      );
    byPath.set(path, mount);
  }
  return [...byPath.values()].sort((left, right) => byText(left.path, right.path));
}

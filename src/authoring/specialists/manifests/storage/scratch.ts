import type { MountIntent } from "../../../intent/intent.ts";
import type { Application, Workload } from "../../workload.ts";
import { plainPath } from "./mount-paths.ts";

type EmptyMount = Extract<MountIntent, { readonly kind: "empty" }>;

/**
 * Paths that the image is known to write to, its data among them, and that no mount of the input covers: empty folders,
 * which also make them writable for a user other than root.
 */
export function scratchPaths({ known, intent }: Workload): EmptyMount[] {
  if (known === undefined) return [];
  const { writable, data } = known;
  return [...new Set([...writable, ...(data === undefined ? [] : [data.path])])]
    .filter((path) => !isCovered(path, intent.mounts))
    .map((path): EmptyMount => ({ kind: "empty", path, memory: false }));
}

function isCovered(path: string, mounts: readonly MountIntent[]): boolean {
  return mounts.some(({ path: at }) => `${path}/`.startsWith(`${plainPath(at)}/`));
}

/** Says where data that the input gives no volume ends. */
export function noteLostData(application: Application, workload: Workload): void {
  const { known, intent } = workload;
  if (known?.data === undefined || known.stateful !== true || isCovered(known.data.path, intent.mounts))
    return;
  application.ledger.note(
    "storage/no-volume",
    intent.name,
    `the input has no volume for ${known.data.path}, where ${intent.image} keeps its data: it is lost when the Pod is replaced.`,
  );
}

/** The variable that moves an image's data into a folder of its own below a mounted path, unless the input sets it. */
export function dataFolder({ known, intent }: Workload): { name: string; value: string }[] {
  const data = known?.data;
  if (data?.folder === undefined) return [];
  const { variable, value } = data.folder;
  const parted = intent.mounts.some((mount) => plainPath(mount.path) === data.path && "subPath" in mount);
  const elsewhere =
    isCovered(data.path, intent.mounts) &&
    !intent.mounts.some((mount) => plainPath(mount.path) === data.path);
  const set = intent.env.some((entry) => entry.name === variable);
  return parted || elsewhere || set ? [] : [{ name: variable, value }];
}

import { lstatSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Ids } from "../../kube/clock.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { parseCharter } from "../../plan/charter/parse-charter.ts";
import { normaliseKey } from "../approval/public-key.ts";
import { outputFailure, syncFolder, writeAtomically } from "../files/atomic-write.ts";

/**
 * Makes a trust root with an unsigned charter, the owner's pin and a MAC key: the whole folder appears at once (built
 * beside its place and renamed), mode 0700, files 0600. An empty folder may be there already, anything else stays.
 * @throws {OpsError} CHARTER_EXISTS, CHARTER_INVALID, KEY_UNUSABLE (the owner's key line), OUTPUT_FAILED.
 */
export function initTrustRoot(
  path: string,
  input: { readonly charterText: string; readonly ownerKey: string; readonly ids: Ids },
): void {
  const folder = resolve(path);
  parseCharter(input.charterText, join(folder, "charter.yaml"));
  const files = new Map([
    ["charter.yaml", input.charterText],
    ["owner.pub", `${normaliseKey(input.ownerKey)}\n`],
    ["mac.key", `${input.ids.hex(32)}\n`],
  ]);
  refuseExisting(folder);
  let building: string | undefined;
  try {
    mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
    building = mkdtempSync(join(dirname(folder), `.${basename(folder)}.`));
    for (const [name, text] of files) writeAtomically(join(building, name), text, { mode: 0o600 });
    // rename(2) replaces an empty folder and nothing else.
    renameSync(building, folder);
    building = undefined;
    syncFolder(dirname(folder));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOTDIR") refuseExisting(folder);
    throw outputFailure(folder, error);
  } finally {
    if (building !== undefined) rmSync(building, { recursive: true, force: true });
  }
}

function refuseExisting(folder: string): void {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return;
  const names = stats.isDirectory() ? readdirSync(folder) : undefined;
  if (names?.length === 0) return;
  const message = names?.includes("charter.yaml")
    ? `there is a charter in ${folder} already`
    : `${folder} is already there and is no empty folder`;
  throw new OpsError("CHARTER_EXISTS", `${message}; nothing was changed`, {
    hint: "edit that charter and sign it (kubeops charter sign), or choose another folder with --trust-root",
  });
}

import { lstatSync } from "node:fs";
import { join } from "node:path";

/** The settings of the checks of a repository, in its working folder. */
export const SETTINGS_NAME = "kubeops.yaml";

/**
 * Is there a file of settings in the folder? A link to nothing is one that cannot be read: whoever made it wanted its rules,
 * and they are not to be left out unseen.
 */
export function hasSettings(folder: string): boolean {
  return lstatSync(join(folder, SETTINGS_NAME), { throwIfNoEntry: false }) !== undefined;
}

import { basename, dirname, isAbsolute, relative, resolve } from "node:path";
import { OpsError } from "../../../../kube/ops-error.ts";
import { projectFiles } from "../../../files/node-files.ts";
import type { KubeConnection, PinnedExec } from "../connection.ts";
import { loadKubeconfig, MAX_KUBECONFIG_BYTES } from "./load-kubeconfig.ts";

/**
 * Reads a kubeconfig file and what it names inside its own folder.
 * @param file path, as the user gave it
 * @throws {OpsError} KUBECONFIG_INVALID; INPUT_NOT_FOUND, INPUT_UNREADABLE for the file itself
 */
export function readKubeconfig(
  file: string,
  options: { readonly context?: string; readonly allowedExec?: readonly PinnedExec[] } = {},
): KubeConnection {
  const whole = resolve(file);
  const folder = dirname(whole);
  const files = projectFiles(folder, { displayFrom: process.cwd() });
  const text = Buffer.from(readKubeconfigFile(file)).toString("utf8");
  return loadKubeconfig(text, {
    ...options,
    file,
    readFile: (path) => files.read(isAbsolute(path) ? relative(folder, path) : path, MAX_KUBECONFIG_BYTES),
  });
}

/**
 * The bytes of a kubeconfig. A link out of the folder is refused: the files that it names would be another folder's.
 * @throws {OpsError} KUBECONFIG_INVALID, INPUT_NOT_FOUND, INPUT_UNREADABLE
 */
export function readKubeconfigFile(file: string): Uint8Array {
  const whole = resolve(file);
  try {
    return projectFiles(dirname(whole)).read(basename(whole), MAX_KUBECONFIG_BYTES);
  } catch (error) {
    if (!OpsError.is(error) || error.code !== "INPUT_OUTSIDE") throw error;
    throw new OpsError("KUBECONFIG_INVALID", `${file} is a link out of its folder`, {
      hint: "name the file itself",
    });
  }
}

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { OpsError } from "../../kube/ops-error.ts";
import { printable, printableLine } from "../../kube/printable.ts";
import { findOnPath, runProgram } from "../process/run-program.ts";
import { makeScratchFolder, type ScratchFolder } from "../process/scratch-folder.ts";

/** A Helm that charts can be handed to. */
export interface Helm {
  /** Absolute path. */
  readonly program: string;
  /** As it names itself, e.g. `v3.19.0`. */
  readonly version: string;
}

/** The oldest minor of Helm 3 that is taken: before it the flags and messages are others. */
const OLDEST = 12;
const WANTED = `Helm 3.${OLDEST} or newer, or 4`;

/**
 * Finds Helm and asks for its version. A text says why there is none to use, and what to do.
 * @param path The PATH to look in; relative folders in it are passed over.
 * @param project Folder whose own programs are never run.
 */
export async function findHelm(path: string, project: string): Promise<Helm | string> {
  const program = findOnPath("helm", path, project);
  if (program === undefined) return `helm was not found on PATH: install ${WANTED}`;
  const shown = printable(program);
  const folder = makeHelmFolder();
  try {
    const { status, stdout } = await runProgram({
      program,
      args: ["version", "--short"],
      cwd: folder.path,
      env: helmEnvironment(folder.path),
      timeoutMs: 10_000,
      maxOutput: 65_536,
      endsWithUs: true,
    });
    const said = stdout.toString("utf8").trim();
    const match = /^v(\d{1,4})\.(\d{1,4})[-+.\w]*$/.exec(said);
    if (status !== 0 || match === null)
      return `${shown} does not say its version (${printableLine(said, 80) || `exit code ${status}`}): install ${WANTED}`;
    const [major, minor] = [Number(match[1]), Number(match[2])];
    if (!(major === 4 || (major === 3 && minor >= OLDEST)))
      return `${shown} is Helm ${major}.${minor}: install ${WANTED}`;
    return { program, version: said };
  } catch (error) {
    if (!OpsError.is(error)) throw error;
    return `${printableLine(error.message, 200)}: install ${WANTED}`;
  } finally {
    folder.remove();
  }
}

/** A fresh folder of our own with an empty home in it. */
export function makeHelmFolder(): ScratchFolder {
  const folder = makeScratchFolder("helm");
  mkdirSync(join(folder.path, "home"));
  return folder;
}

/**
 * All that Helm and the libraries in it read of an environment, with every folder and file of the user's replaced by ones
 * that hold nothing: no plug-in, repository, registry login or kubeconfig, no cluster that it runs in, no proxy but one that
 * answers nothing (helm.sh/helm pkg/cli/environment.go and pkg/helmpath).
 */
export function helmEnvironment(folder: string): Readonly<Record<string, string>> {
  const nowhere = "http://127.0.0.1:9";
  return {
    PATH: "/usr/bin:/bin",
    HOME: `${folder}/home`,
    TMPDIR: `${folder}/home`,
    LC_ALL: "C.UTF-8",
    TZ: "UTC",
    NO_COLOR: "1",
    HELM_CACHE_HOME: `${folder}/home/cache`,
    HELM_CONFIG_HOME: `${folder}/home/config`,
    HELM_DATA_HOME: `${folder}/home/data`,
    HELM_PLUGINS: `${folder}/home/plugins`,
    HELM_NO_PLUGINS: "1",
    HELM_REGISTRY_CONFIG: `${folder}/home/registry.json`,
    HELM_REPOSITORY_CONFIG: `${folder}/home/repositories.yaml`,
    HELM_REPOSITORY_CACHE: `${folder}/home/repository`,
    DOCKER_CONFIG: `${folder}/home/docker`,
    KUBECONFIG: "/dev/null",
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    ALL_PROXY: nowhere,
    NO_PROXY: "",
    // Below the limit at which it is stopped, so that garbage alone does not reach it.
    GOMEMLIMIT: "768MiB",
  };
}

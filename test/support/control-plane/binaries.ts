import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const tool = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "tools", "control-plane.mjs");
const needed = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
  "kwok",
  "kwok.yaml",
];

/** Folder that holds every program: KUBEBUILDER_ASSETS, else what `npm run control-plane` has built. */
export const binaries: string | undefined = find();

function find(): string | undefined {
  const named = process.env["KUBEBUILDER_ASSETS"];
  if (named !== undefined && named !== "") return whole(named);
  const asked = spawnSync(process.execPath, [tool, "--path"], { encoding: "utf8", timeout: 30_000 });
  return asked.status === 0 ? whole(asked.stdout.trim()) : undefined;
}

function whole(folder: string): string | undefined {
  return needed.every((name) => existsSync(join(folder, name))) ? folder : undefined;
}

/** What is missing, as `leftOut` says it; undefined when the control plane can be started. */
export const controlPlaneMissing: string | undefined =
  binaries === undefined ? "npm run control-plane builds the API server once" : undefined;

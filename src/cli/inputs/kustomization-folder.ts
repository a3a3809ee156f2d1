import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { kustomizationNames } from "../../kube/unrendered.ts";
import type { CliContext } from "../context.ts";

/** Whether a name is a folder with a kustomization. */
export function isKustomizationFolder(context: CliContext, name: string): boolean {
  return kustomizationNames.some((file) => existsSync(resolve(context.cwd, name, file)));
}

import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { largeOracle, type Oracle } from "./oracle.ts";

const named = process.env["KUBEOPS_TEST_HELM"];

/** The real Helm, or why it is not there. KUBEOPS_TEST_HELM names another one, such as a Helm 3. */
export const helm: Oracle = named === undefined || named === "" ? largeOracle("helm") : { program: named };

/** A PATH with the real Helm in front; the folder is made in `folder`. */
export function pathWithHelm(folder: string): string {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  symlinkSync("program" in helm ? helm.program : "/nowhere", join(bin, "helm"));
  return `${bin}:/usr/bin:/bin`;
}

/** What Helm needs of an environment so that nothing of the person's is read. */
export function bareHelm(folder: string): Readonly<Record<string, string>> {
  return { HOME: folder, PATH: "/usr/bin:/bin", HELM_NO_PLUGINS: "1", KUBECONFIG: "/dev/null" };
}

// The versions of Kubernetes that the tables are made from, as Go modules.
import { join } from "node:path";
import { moduleFolder } from "./go-modules.mjs";

/** One patch version a minor: the newest whose module was published when the tables were made. */
const kubernetesVersions = ["1.31.14", "1.32.13", "1.33.13", "1.34.4", "1.35.4", "1.36.3", "1.37.2"];

/**
 * Folders of the Kubernetes modules, oldest first, or a text that says why not.
 * With `cachedOnly` nothing is downloaded.
 */
export function kubernetesModules(cachedOnly) {
  const modules = [];
  for (const version of kubernetesVersions) {
    const { folder, why } = moduleFolder(
      `k8s.io/kubernetes@v${version}`,
      cachedOnly,
      join("api", "discovery"),
    );
    if (folder === undefined) return why;
    modules.push({ version, minor: Number(version.split(".")[1]), folder });
  }
  return modules;
}

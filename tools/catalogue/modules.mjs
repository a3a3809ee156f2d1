// Where the Go module of a Kubernetes version lies on this machine; brings it there when asked to.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** One patch version a minor: the newest whose module was published when the tables were made. */
export const kubernetesVersions = ["1.31.14", "1.32.13", "1.33.13", "1.34.4", "1.35.4", "1.36.3", "1.37.2"];

/**
 * Folders of the Kubernetes modules, oldest first, or a text that says why not.
 * With `cachedOnly` nothing is downloaded.
 */
export function kubernetesModules(cachedOnly) {
  const cache = go(["env", "GOMODCACHE"]);
  if (cache === undefined) return "go is not installed";
  const modules = [];
  for (const version of kubernetesVersions) {
    const name = `k8s.io/kubernetes@v${version}`;
    const folder = join(cache.trim(), name);
    if (existsSync(join(folder, "api", "discovery"))) {
      modules.push({ version, minor: Number(version.split(".")[1]), folder });
      continue;
    }
    if (cachedOnly) return `${name} is not in the Go module cache`;
    process.stderr.write(`downloading ${name}…\n`);
    const answer = go(["mod", "download", "-json", name]);
    if (answer === undefined) return `go mod download ${name} failed`;
    modules.push({ version, minor: Number(version.split(".")[1]), folder: JSON.parse(answer).Dir });
  }
  return modules;
}

function go(words) {
  const result = spawnSync("go", words, { encoding: "utf8", maxBuffer: 1 << 26 });
  return result.status === 0 ? result.stdout : undefined;
}

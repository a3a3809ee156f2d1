// The modules whose types carry their lifecycle: k8s.io/api of every minor since 1.19, which is the first that has it.
// Types that a later minor has no more are in none of its files, so the old ones are read too.
import { moduleFolder } from "../catalogue/go-modules.mjs";

const older = [
  "0.19.16",
  "0.20.15",
  "0.21.14",
  "0.22.17",
  "0.23.17",
  "0.24.17",
  "0.25.16",
  "0.26.15",
  "0.27.16",
  "0.28.15",
  "0.29.15",
  "0.30.14",
];

/** Groups that have a module of their own; the newest still holds the types of their removed versions. */
const apart = ["k8s.io/apiextensions-apiserver", "k8s.io/kube-aggregator"];

/** Folders of the modules, oldest first: `{ path, version, minor, folder }`; a text that says why not. */
export function lifecycleModules(kubernetes, cachedOnly) {
  const current = kubernetes.map(({ version }) => `0.${version.slice(2)}`);
  const wanted = [...older, ...current].map((version) => ({ path: "k8s.io/api", version }));
  const newest = current.at(-1);
  for (const path of apart) wanted.push({ path, version: newest });
  const found = [];
  for (const { path, version } of wanted) {
    const { folder, why } = moduleFolder(`${path}@v${version}`, cachedOnly);
    if (folder === undefined) return why;
    found.push({ path, version, minor: Number(version.split(".")[1]), folder });
  }
  return found;
}

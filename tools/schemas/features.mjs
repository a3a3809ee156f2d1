// Feature gates of one Kubernetes minor and whether they are on when nobody sets them.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Gate → on by default, from pkg/features of k8s.io/kubernetes. */
export function featureGates(module) {
  const gates = new Map();
  const own = `1.${module.minor}`;
  for (const name of ["kube_features.go", "versioned_kube_features.go"]) {
    const path = join(module.folder, "pkg", "features", name);
    if (!existsSync(path)) continue;
    const text = readFileSync(path, "utf8");
    for (const match of text.matchAll(/^\t([A-Z][A-Za-z0-9]+): \{Default: (true|false)/gm))
      gates.set(match[1], match[2] === "true");
    for (const match of text.matchAll(/^\t([A-Z][A-Za-z0-9]+): \{\n([\s\S]*?)\n\t\},/gm)) {
      const specs = [
        ...match[2].matchAll(/Version: version\.MustParse\("1\.([0-9]+)"\), Default: (true|false)/g),
      ]
        .map((spec) => [Number(spec[1]), spec[2] === "true"])
        .filter(([minor]) => minor <= module.minor)
        .sort(([left], [right]) => left - right);
      const last = specs.at(-1);
      if (last !== undefined) gates.set(match[1], last[1]);
    }
  }
  if (gates.size === 0) throw new Error(`no feature gates found for ${own}`);
  return gates;
}

// Versions of the files that components read, which some of the minors do not know. Source: what the packages of the
// components register (register.go): a type that is not registered is decoded by nothing.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { goPackage } from "../schemas/go-types.mjs";
import { componentPackages, packageFolder } from "../schemas/sources.mjs";

export function componentFileTable(modules) {
  const masks = new Map();
  for (const path of componentPackages) {
    let ids = [];
    // A minor without a published module is described by the next one.
    for (const { minor, staging } of modules.toReversed()) {
      const folder = packageFolder(staging, path);
      if (folder !== undefined) ids = registered(path, folder);
      for (const id of ids) masks.set(id, (masks.get(id) ?? 0) | (1 << (minor - modules[0].minor)));
    }
  }
  const all = (1 << modules.length) - 1;
  const lines = [...masks]
    .filter(([, mask]) => mask !== all)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, mask]) => JSON.stringify([...id.split("/"), mask]));
  return `// Made by tools/generate-deprecations.mjs from k8s.io/kubernetes ${modules.map((m) => `v${m.version}`).join(", ")} and its staging modules (register.go of the files of components).
/** group, version, kind, then a bit mask (bit 0 = 1.${modules[0].minor}) of the minors whose component knows it; what all of them know is left out. */
export type ComponentFileRow = readonly [string, string, string, number];
export const componentFileVersions: readonly ComponentFileRow[] = [
${lines.join(",\n")},
];
`;
}

function registered(path, folder) {
  const file = join(folder, "register.go");
  if (!existsSync(file)) return [];
  const { group } = goPackage(folder);
  const version = path.split("/").at(-1);
  const kinds = readFileSync(file, "utf8").matchAll(/^\s*&(\w+)\{\},/gm);
  return [...kinds]
    .map(([, kind]) => kind)
    .filter((kind) => !kind.endsWith("List"))
    .map((kind) => `${group}/${version}/${kind}`);
}

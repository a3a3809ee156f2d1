// Feature gates of the components: the minors that know them, have them on, and let nobody change them. Sources: the
// lists that Kubernetes keeps for its own compatibility tests (test/compatibility_lifecycle, before 1.33
// test/featuregates_linter), and for 1.31, which has none, the Go files they are made from.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const lists = [
  "test/compatibility_lifecycle/reference/versioned_feature_list.yaml",
  "test/compatibility_lifecycle/reference/unversioned_feature_list.yaml",
  "test/featuregates_linter/test_data/versioned_feature_list.yaml",
  "test/featuregates_linter/test_data/unversioned_feature_list.yaml",
];

export function gateTable(modules) {
  const gates = new Map();
  const first = modules[0].minor;
  for (const module of modules) {
    const bit = 1 << (module.minor - first);
    for (const [name, { on, locked }] of gatesOf(module)) {
      const row = gates.get(name) ?? { known: 0, on: 0, locked: 0 };
      row.known |= bit;
      if (on) row.on |= bit;
      if (locked) row.locked |= bit;
      gates.set(name, row);
    }
  }
  const lines = [...gates]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { known, on, locked }]) => JSON.stringify([name, known, on, locked]));
  return `// Made by tools/generate-deprecations.mjs from k8s.io/kubernetes ${modules.map((m) => `v${m.version}`).join(", ")} (pkg/features, test/featuregates_linter, test/compatibility_lifecycle).
/** Name, then bit masks (bit 0 = 1.${first}) of the minors that know the gate, have it on by default, and refuse to change it. */
export type GateRow = readonly [string, number, number, number];
export const featureGates: readonly GateRow[] = [
${lines.join(",\n")},
];
`;
}

function gatesOf(module) {
  const found = new Map();
  for (const list of lists) {
    const file = join(module.folder, list);
    if (existsSync(file)) for (const [name, gate] of listed(file, module.minor)) found.set(name, gate);
  }
  if (found.size > 0) return found;
  for (const folder of module.staging.values()) {
    const file = join(folder, "pkg", "features", "kube_features.go");
    if (!existsSync(file)) continue;
    for (const [, name, on, rest] of readFileSync(file, "utf8").matchAll(
      /^\t(?:\w+\.)?([A-Z][A-Za-z0-9]+): +\{Default: (true|false), PreRelease: \w+\.\w+([^}]*)\}/gm,
    ))
      found.set(name, { on: on === "true", locked: rest.includes("LockToDefault: true") });
  }
  if (found.size === 0) throw new Error(`no feature gates found for 1.${module.minor}`);
  return found;
}

function* listed(file, minor) {
  for (const block of readFileSync(file, "utf8")
    .split(/^- name: /m)
    .slice(1)) {
    const name = /^\S+/.exec(block)[0];
    const specs = [
      ...block.matchAll(
        /- default: (true|false)\n\s*lockToDefault: (true|false)\n\s*preRelease: \w+\n\s*version: "(?:1\.(\d+))?"/g,
      ),
    ]
      .map(([, on, locked, since]) => ({
        since: Number(since ?? 0),
        on: on === "true",
        locked: locked === "true",
      }))
      .filter(({ since }) => since <= minor)
      .sort((a, b) => a.since - b.since);
    const last = specs.at(-1);
    if (last !== undefined) yield [name, last];
  }
}

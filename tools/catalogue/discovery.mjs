// The API catalogue: which version of which kind each Kubernetes minor serves, its resource name and its scope.
// Source: api/discovery of k8s.io/kubernetes (made upstream with every alpha and beta switched on) and, for what is on
// by default, pkg/controlplane/instance.go: stable versions are on, alpha and beta are off (KEP-3136), but for the
// resources in legacyBetaEnabledByDefaultResources.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const firstMinor = 31;

export function catalogueTable(modules) {
  const rows = new Map();
  for (const module of modules) {
    const legacy = legacyBetas(module);
    for (const found of resources(module)) {
      const id = `${found.group}/${found.version}/${found.kind}`;
      const row = rows.get(id) ?? { ...found, served: 0, optional: 0 };
      const bit = 1 << (module.minor - firstMinor);
      const stable = /^v[0-9]+$/.test(found.version) || legacy.has(`${found.version}/${found.plural}`);
      if (stable) row.served |= bit;
      else row.optional |= bit;
      // The newest minor has the last word on names, verbs and scope; the test of the table holds scope still.
      rows.set(id, { ...row, plural: found.plural, namespaced: found.namespaced, verbs: found.verbs });
    }
  }
  const sorted = [...rows.values()].sort((a, b) =>
    compare(
      [a.group, a.kind, versionRank(a.version), a.version],
      [b.group, b.kind, versionRank(b.version), b.version],
    ),
  );
  const verbSets = [...new Set(sorted.map((row) => row.verbs.join(" ")))].sort();
  const lines = sorted.map((row) =>
    JSON.stringify([
      row.group,
      row.version,
      row.kind,
      row.plural,
      row.namespaced ? 1 : 0,
      row.served,
      row.optional,
      verbSets.indexOf(row.verbs.join(" ")),
    ]),
  );
  return `// Made by tools/generate-catalogue.mjs from k8s.io/kubernetes ${modules.map((m) => `v${m.version}`).join(", ")} (api/discovery, pkg/controlplane/instance.go).
/** group, version, kind, plural, namespaced, minors on by default (bit 0 = 1.${firstMinor}), minors off by default, verb set. */
export type CatalogueRow = readonly [string, string, string, string, 0 | 1, number, number, number];
export const verbSets: readonly string[] = ${JSON.stringify(verbSets)};
export const minors: readonly number[] = ${JSON.stringify(modules.map((m) => m.minor))};
export const rows: readonly CatalogueRow[] = [
${lines.join(",\n")},
];
`;
}

/** Every resource (no subresources) of one version of Kubernetes. */
export function resources(module) {
  const found = [];
  const core = read(module, "api__v1.json");
  for (const item of core.resources) {
    if (item.name.includes("/")) continue;
    found.push({
      group: "",
      version: "v1",
      kind: item.kind,
      plural: item.name,
      namespaced: item.namespaced,
      verbs: item.verbs.toSorted(),
    });
  }
  for (const group of read(module, "aggregated_v2.json").items) {
    for (const version of group.versions) {
      for (const item of version.resources) {
        found.push({
          group: group.metadata.name,
          version: version.version,
          kind: item.responseKind.kind,
          plural: item.resource,
          namespaced: item.scope === "Namespaced",
          verbs: item.verbs.toSorted(),
        });
      }
    }
  }
  return found;
}

function read(module, name) {
  return JSON.parse(readFileSync(join(module.folder, "api", "discovery", name), "utf8"));
}

function legacyBetas(module) {
  const text = readFileSync(join(module.folder, "pkg", "controlplane", "instance.go"), "utf8");
  const block = /legacyBetaEnabledByDefaultResources = \[\]schema\.GroupVersionResource\{([^}]*)\}/.exec(
    text,
  );
  const names = new Set();
  for (const match of (block?.[1] ?? "").matchAll(
    /(v[0-9]+beta[0-9]+)\.SchemeGroupVersion\.WithResource\("([a-z]+)"\)/g,
  )) {
    names.add(`${match[1]}/${match[2]}`);
  }
  return names;
}

/** Kubernetes' order of versions: stable before beta before alpha, the higher number first. */
function versionRank(version) {
  const match = /^v([0-9]+)(?:(alpha|beta)([0-9]+))?$/.exec(version);
  const stage = match[2] === undefined ? 0 : match[2] === "beta" ? 1 : 2;
  return stage * 10000 + (100 - Number(match[1])) * 100 + (99 - Number(match[3] ?? 0));
}

function compare(a, b) {
  for (let index = 0; index < a.length; index++) {
    if (a[index] < b[index]) return -1;
    if (a[index] > b[index]) return 1;
  }
  return 0;
}

/** Short names of kinds (`deploy`), of the newest minor that serves a kind. */
export function shortNameTable(modules) {
  const rows = new Map();
  for (const module of modules) {
    for (const item of read(module, "api__v1.json").resources) {
      if (!item.name.includes("/") && item.shortNames !== undefined)
        rows.set(`/${item.kind}`, item.shortNames);
    }
    for (const group of read(module, "aggregated_v2.json").items) {
      for (const item of group.versions.flatMap((version) => version.resources)) {
        if (item.shortNames !== undefined)
          rows.set(`${group.metadata.name}/${item.responseKind.kind}`, item.shortNames);
      }
    }
  }
  const sorted = Object.fromEntries([...rows].sort(([left], [right]) => compare([left], [right])));
  return `// Made by tools/generate-catalogue.mjs from k8s.io/kubernetes ${modules.map((m) => `v${m.version}`).join(", ")} (api/discovery).
/** group/Kind to the short names that kubectl takes. */
export const shortNames: Readonly<Record<string, readonly string[]>> = ${JSON.stringify(sorted)};
`;
}

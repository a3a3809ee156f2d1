// What people and rules call the resources: plural, singular and short names, scope, verbs and subresources.
// Source: api/discovery of k8s.io/kubernetes (made upstream with every alpha and beta switched on).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { firstMinor } from "../catalogue/discovery.mjs";

export function resourceTable(modules) {
  const rows = new Map();
  for (const module of modules) {
    const bit = 1 << (module.minor - firstMinor);
    for (const found of resourcesOf(module)) {
      const id = `${found.group}/${found.plural}`;
      const row = rows.get(id) ?? { subresources: new Map(), minors: 0 };
      const subresources = new Map(row.subresources);
      for (const [name, verbs] of found.subresources) subresources.set(name, verbs);
      // The newest minor has the last word on names and verbs; subresources of older ones stay known.
      rows.set(id, { ...found, subresources, minors: row.minors | bit });
    }
  }
  const sorted = [...rows.values()].sort((a, b) =>
    compare(`${a.group}/${a.plural}`, `${b.group}/${b.plural}`),
  );
  const sets = [
    ...new Set(sorted.flatMap((row) => [row.verbs, ...row.subresources.values()].map((v) => v.join(" ")))),
  ].sort();
  const lines = sorted.map((row) =>
    JSON.stringify([
      row.group,
      row.plural,
      row.kind,
      row.singular,
      row.shortNames.join(" "),
      row.namespaced ? 1 : 0,
      row.minors,
      sets.indexOf(row.verbs.join(" ")),
      Object.fromEntries(
        [...row.subresources]
          .sort(([a], [b]) => compare(a, b))
          .map(([name, verbs]) => [name, sets.indexOf(verbs.join(" "))]),
      ),
    ]),
  );
  return `// Made by tools/generate-rbac.mjs from k8s.io/kubernetes ${modules.map((m) => `v${m.version}`).join(", ")} (api/discovery).
/** group, plural, kind, singular, short names, namespaced, minors (bit 0 = 1.${firstMinor}), verb set, subresources with theirs. */
export type ResourceRow = readonly [string, string, string, string, string, 0 | 1, number, number, Readonly<Record<string, number>>];
export const verbSets: readonly string[] = ${JSON.stringify(sets)};
export const rows: readonly ResourceRow[] = [
${lines.join(",\n")},
];
`;
}

function resourcesOf(module) {
  const read = (name) => JSON.parse(readFileSync(join(module.folder, "api", "discovery", name), "utf8"));
  const found = new Map();
  const core = read("api__v1.json").resources;
  for (const item of core.filter(({ name }) => !name.includes("/"))) {
    found.set(`/${item.name}`, {
      group: "",
      plural: item.name,
      kind: item.kind,
      singular: item.singularName ?? "",
      shortNames: item.shortNames ?? [],
      namespaced: item.namespaced,
      verbs: item.verbs.toSorted(),
      subresources: new Map(),
    });
  }
  for (const item of core.filter(({ name }) => name.includes("/"))) {
    const [plural, subresource] = item.name.split("/");
    found.get(`/${plural}`)?.subresources.set(subresource, item.verbs.toSorted());
  }
  for (const group of read("aggregated_v2.json").items) {
    // The preferred version stands first: what it says of a resource is kept.
    for (const item of group.versions.flatMap(({ resources }) => resources)) {
      const id = `${group.metadata.name}/${item.resource}`;
      if (found.has(id)) continue;
      found.set(id, {
        group: group.metadata.name,
        plural: item.resource,
        kind: item.responseKind.kind,
        singular: item.singularResource ?? "",
        shortNames: item.shortNames ?? [],
        namespaced: item.scope === "Namespaced",
        verbs: (item.verbs ?? []).toSorted(),
        subresources: new Map(
          (item.subresources ?? []).map((one) => [one.subresource, one.verbs.toSorted()]),
        ),
      });
    }
  }
  return found.values();
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

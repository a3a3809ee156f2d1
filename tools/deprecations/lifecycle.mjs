// In which minor each version of each kind came, was deprecated and went. Source: the methods APILifecycleIntroduced,
// Deprecated, Removed and Replacement (zz_generated.prerelease-lifecycle.go), by which the API server itself decides
// what it serves (k8s.io/apiserver pkg/server/resource_expiration.go). The newest module that has a type has the last
// word; a type that the next minor has no more went with it, whatever its tags planned. Stable kinds have no such tags:
// of them the description says "This API is deprecated in v1.N+".
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { firstMinor, resources } from "../catalogue/discovery.mjs";
import { schemasOf } from "../catalogue/openapi.mjs";

/** Versions that carry no tags: the minors in which they were deprecated and went. Sources: the changelogs named. */
const untagged = new Map([
  // CHANGELOG-1.17 (#84758), CHANGELOG-1.23 (#104248)
  ...["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"].map((kind) => [
    `rbac.authorization.k8s.io/v1alpha1/${kind}`,
    { deprecated: 17, removed: 23, replacement: `rbac.authorization.k8s.io/v1/${kind}` },
  ]),
  // CHANGELOG-1.14, CHANGELOG-1.23 (#104248); the package stayed, and came back for another kind.
  [
    "scheduling.k8s.io/v1alpha1/PriorityClass",
    { deprecated: 14, removed: 23, replacement: "scheduling.k8s.io/v1/PriorityClass" },
  ],
  // CHANGELOG-1.19 (#91502)
  ["auditregistration.k8s.io/v1alpha1/AuditSink", { removed: 19 }],
]);

const FILE = "zz_generated.prerelease-lifecycle.go";

export function lifecycleTable(modules, kubernetes) {
  const newest = kubernetes.at(-1).minor;
  const rows = new Map();
  for (const module of modules) {
    for (const found of lifecycles(module)) {
      const id = `${found.group}/${found.version}/${found.kind}`;
      rows.set(id, { ...found, last: module.minor });
    }
  }
  for (const found of described(kubernetes.at(-1)))
    rows.set(`${found.group}/${found.version}/${found.kind}`, { ...found, last: newest });
  for (const [id, told] of untagged) {
    const [group, version, kind] = id.split("/");
    rows.set(id, { group, version, kind, ...told, last: newest });
  }
  const served = servedSince(kubernetes);
  const lines = [...rows.values()]
    .map((row) => {
      const since = served.get(`${row.group}/${row.version}/${row.kind}`);
      const gone = row.last < newest ? row.last + 1 : Infinity;
      // Discovery has the last word: types stay in the module after the server stopped to serve them.
      const unserved =
        since === undefined && row.version.includes("a") && (row.introduced ?? 0) <= firstMinor
          ? firstMinor
          : Infinity;
      const removed = Math.min(row.removed ?? Infinity, gone, unserved);
      return {
        ...row,
        introduced: row.introduced ?? (since !== undefined && since > firstMinor ? since : 0),
        removed: removed === Infinity ? 0 : removed,
        // One tag upstream names a list.
        replacement: row.replacement?.replace(/List$/, "") ?? "",
      };
    })
    .filter((row) => isObject(row.kind) && (row.removed > 0 || row.deprecated !== undefined))
    .sort((a, b) => compare(sortKey(a), sortKey(b)))
    .map(({ group, version, kind, introduced, deprecated = 0, removed, replacement }) =>
      JSON.stringify([
        group,
        version,
        kind,
        introduced,
        Math.min(deprecated, removed || deprecated),
        removed,
        replacement,
      ]),
    );
  const names = modules.map(({ path, version }) => `${path.slice("k8s.io/".length)} v${version}`).join(", ");
  return `// Made by tools/generate-deprecations.mjs from the Go modules of k8s.io: ${names} (${FILE}), kubernetes v${kubernetes.at(-1).version} (api/openapi-spec/v3).
/** group, version, kind, then the minors of Kubernetes 1 in which it came, was deprecated and is served no more (0: not known, or not), and group/version/Kind that replaces it. */
export type LifecycleRow = readonly [string, string, string, number, number, number, string];
export const lifecycles: readonly LifecycleRow[] = [
${lines.join(",\n")},
];
`;
}

/** The first minor of those with discovery that serves each version of each kind, on or off by default. */
function servedSince(kubernetes) {
  const since = new Map();
  for (const module of kubernetes) {
    for (const { group, version, kind } of resources(module)) {
      const id = `${group}/${version}/${kind}`;
      if (!since.has(id)) since.set(id, module.minor);
    }
  }
  return since;
}

/** Stable kinds whose description calls them deprecated. */
function* described(module) {
  for (const schema of schemasOf(module).values()) {
    const match = /API is deprecated in v1\.(\d+)/.exec(schema.description ?? "");
    const marks = schema["x-kubernetes-group-version-kind"] ?? [];
    if (match !== null && marks.length === 1) yield { ...marks[0], deprecated: Number(match[1]) };
  }
}

/** Lists, options, requests and subresources stand in no manifest. */
function isObject(kind) {
  return (
    !/(?:List|Options|Rollback|Dummy|Review|StatusResult|EphemeralContainers|Discovery)$/.test(kind) &&
    !["Scale", "JobTemplate", "Eviction"].includes(kind)
  );
}

function* lifecycles({ path, folder }) {
  const root = path === "k8s.io/api" ? folder : join(folder, "pkg", "apis");
  for (const group of folders(root)) {
    for (const version of folders(join(root, group))) {
      const inner = join(root, group, version);
      if (!existsSync(join(inner, "register.go"))) continue;
      const name = groupName(join(inner, "register.go"));
      const kinds = new Map();
      // Early alpha versions have no tags; that their types went is known all the same.
      for (const [, kind] of readFileSync(join(inner, "register.go"), "utf8").matchAll(/^\t\t&(\w+)\{\},$/gm))
        kinds.set(kind, { group: name, version, kind });
      const file = join(inner, FILE);
      const text = existsSync(file) ? readFileSync(file, "utf8") : "";
      for (const [, kind, what, body] of text.matchAll(
        /^func \(in \*(\w+)\) APILifecycle(Introduced|Deprecated|Removed|Replacement)\(\)[^{]*\{\n([^}]*\}?)/gm,
      )) {
        const row = kinds.get(kind) ?? { group: name, version, kind };
        const minor = /return 1, (\d+)/.exec(body);
        const other = /Group: "([^"]*)", Version: "([^"]*)", Kind: "([^"]*)"/.exec(body);
        if (what === "Replacement") row.replacement = other === null ? "" : other.slice(1).join("/");
        else if (minor !== null) row[what.toLowerCase()] = Number(minor[1]);
        kinds.set(kind, row);
      }
      yield* kinds.values();
    }
  }
}

function folders(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

function groupName(file) {
  const match = /GroupName\s*=\s*"([^"]*)"/.exec(readFileSync(file, "utf8"));
  if (match === null) throw new Error(`no name of a group in ${file}`);
  return match[1];
}

function sortKey({ group, kind, version }) {
  return [group, kind, version];
}

function compare(a, b) {
  for (let index = 0; index < a.length; index++) {
    if (a[index] < b[index]) return -1;
    if (a[index] > b[index]) return 1;
  }
  return 0;
}

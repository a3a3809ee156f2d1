// Writes the tables of kustomize: fields that its transformers change, kinds without a namespace, and keys by which it
// joins lists. Facts of the Go modules sigs.k8s.io/kustomize/api and kyaml (Apache-2.0).
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const oracle = fileURLToPath(new URL("oracles/kustomize", import.meta.url));
const go = (...words) =>
  execFileSync("go", words, { cwd: oracle, encoding: "utf8", maxBuffer: 1 << 28 }).trim();
const moduleOf = (path) =>
  JSON.parse(go("mod", "download", "-json", `${path}@${go("list", "-m", "-f", "{{.Version}}", path)}`));
const api = moduleOf("sigs.k8s.io/kustomize/api");
const kyaml = moduleOf("sigs.k8s.io/kustomize/kyaml");

/** Field specifications of one file of builtinpluginconsts: YAML of one shape, `- key: value` and `key: value`. */
function specs(file) {
  const text = readFileSync(join(api.Dir, "internal/konfig/builtinpluginconsts", `${file}.go`), "utf8");
  const rows = [];
  for (const line of text.split("\n")) {
    const [, indent, dash, key, value = ""] = /^( *)(- )?([A-Za-z]+): *(\S*)$/.exec(line) ?? [];
    if (key === undefined) continue;
    if (dash !== undefined) rows.push({ depth: indent.length, row: {} });
    const last = rows.at(-1);
    if (last !== undefined && value !== "") last.row[key] = value;
  }
  return rows;
}

const tuple = ({ path, group = "", version = "", kind = "", create = "" }) => [
  path,
  group,
  version,
  kind,
  create === "true" ? 1 : 0,
];
const fields = (file) => specs(file).map(({ row }) => tuple(row));
const metadataLabels = fields("metadatalabels");

const references = [];
for (const { depth, row } of specs("namereference")) {
  if (depth === 0) references.push([[row.group ?? "", row.version ?? "", row.kind ?? ""], []]);
  else references.at(-1)[1].push(tuple(row));
}

const openapi = readFileSync(join(kyaml.Dir, "openapi/openapi.go"), "utf8");
const clusterScoped = [...openapi.matchAll(/\{APIVersion: "([^"]+)", Kind: "([^"]+)"\}: +false/g)].map(
  ([, version, kind]) => `${version}/${kind}`,
);

const definitions = JSON.parse(go("run", ".", "schema"));
const numbers = new Map();
const types = [];

/** Number of the type of a definition; undefined when no list below it is joined. */
function typeOf(name, path = []) {
  if (numbers.has(name)) return numbers.get(name);
  // A definition that holds itself (JSONSchemaProps) joins no list.
  if (path.includes(name)) return undefined;
  const members = {};
  for (const [key, property] of Object.entries(definitions[name]?.properties ?? {})) {
    const entry = entryOf(property, [...path, name]);
    if (entry !== undefined) members[key] = entry;
  }
  const number = Object.keys(members).length === 0 ? undefined : types.push(members) - 1;
  numbers.set(name, number);
  return number;
}

const target = (schema) => schema?.$ref?.slice("#/definitions/".length);

function entryOf(property, path) {
  const name = target(property);
  if (name !== undefined) return typeOf(name, path);
  if (property.type !== "array") return undefined;
  if (!(property["x-kubernetes-patch-strategy"] ?? "").split(",").includes("merge")) return undefined;
  const one = property["x-kubernetes-patch-merge-key"];
  const keys = property["x-kubernetes-list-map-keys"] ?? (one === undefined ? [] : [one]);
  const item = target(property.items);
  return [keys, (item === undefined ? undefined : typeOf(item, path)) ?? -1];
}

const kinds = {};
for (const [name, definition] of Object.entries(definitions)) {
  for (const { group, version, kind } of definition["x-kubernetes-group-version-kind"] ?? []) {
    const number = typeOf(name);
    if (number !== undefined) kinds[`${group === "" ? "" : `${group}/`}${version}/${kind}`] = number;
  }
}

const rows = (list) => `[\n${list.map((row) => `  ${JSON.stringify(row)},\n`).join("")}]`;
const text = `// Made by tools/generate-kustomize.mjs from sigs.k8s.io/kustomize/api ${api.Version} (internal/konfig/builtinpluginconsts) and kyaml ${kyaml.Version} (openapi).
/** Path with / between its steps, group, version, kind (empty: any), whether the field is made when it is not there. */
export type FieldRow = readonly [string, string, string, string, 0 | 1];
export const labelFields: readonly FieldRow[] = ${rows([...fields("commonlabels"), ...metadataLabels])};
export const templateLabelFields: readonly FieldRow[] = ${rows(metadataLabels)};
export const annotationFields: readonly FieldRow[] = ${rows(fields("commonannotations"))};
export const namespaceFields: readonly FieldRow[] = ${rows(fields("namespace"))};
export const imageFields: readonly FieldRow[] = ${rows(fields("images"))};
export const replicaFields: readonly FieldRow[] = ${rows(fields("replicas"))};
export const varFields: readonly FieldRow[] = ${rows(fields("varreference"))};
/** Group, version and kind of what is named, and the fields that name it. */
export const nameReferences: readonly (readonly [readonly [string, string, string], readonly FieldRow[]])[] = ${rows(references)};
/** apiVersion/kind of the kinds that kustomize knows to have no namespace. */
export const clusterScoped: ReadonlySet<string> = new Set(${rows(clusterScoped)});
/** A number: an object of that type. A list: the keys by which its items are joined (none: by their value), and the type of its items (-1: none). */
export type MergeEntry = number | readonly [readonly string[], number];
export const mergeTypes: readonly Readonly<Record<string, MergeEntry>>[] = ${rows(types)};
/** apiVersion/kind to type. */
export const mergeKinds: Readonly<Record<string, number>> = ${JSON.stringify(kinds)};
`;
writeFileSync(new URL("../src/kube/kustomize/tables.generated.ts", import.meta.url), text);

import { OpsError } from "../../../kube/ops-error.ts";
import type { Place } from "../../../kube/place.ts";
import { parseDotenv } from "../interpolation/dotenv.ts";
import type { Lookup } from "../interpolation/template.ts";
import { treeOf } from "../tree/from-document.ts";
import { mergeNodes, settle } from "../tree/merge.ts";
import {
  fieldText,
  itemsOf,
  listOf,
  malformed,
  type MapNode,
  mapOf,
  member,
  type Node,
  textOf,
} from "../tree/node.ts";
import { applyExtends } from "./extends.ts";
import { type Loading, readFile } from "./read-file.ts";
import { decodeUtf8, folderOf } from "./sources.ts";
import { unusedIn } from "./unused.ts";

/** The variables of an environment file for interpolation; `lookup` wins over them. */
export function environmentFile(
  path: string,
  loading: Loading,
  lookup: Lookup,
  place: Place | undefined,
): ReadonlyMap<string, string> {
  const { sources } = loading;
  const file = sources.display(path);
  const variables = new Map<string, string>();
  for (const { name, value } of parseDotenv(decodeUtf8(sources.bytes(path, place), file), file, lookup)) {
    if (value !== undefined) variables.set(name, value);
  }
  sources.recordShape(path, { variables: [...variables.keys()].toSorted() });
  return variables;
}

/** Lookup in the project's own environment file behind what was named already. */
export function withEnvironmentFiles(
  paths: readonly { readonly path: string; readonly place?: Place }[],
  loading: Loading,
  lookup: Lookup,
): Lookup {
  const variables = new Map<string, string>();
  const combined: Lookup = (name) => lookup(name) ?? variables.get(name);
  for (const { path, place } of paths) {
    for (const [name, value] of environmentFile(path, loading, combined, place)) variables.set(name, value);
  }
  return combined;
}

interface Scope {
  readonly folder: string;
  readonly lookup: Lookup;
  /** Files that are being included, outermost first. */
  readonly chain: readonly string[];
}

/** Loads and merges the files of one project or of one `include` (compose-go loader/loader.go, loadYamlModel). */
export function loadModel(
  paths: readonly { readonly path: string; readonly place?: Place }[],
  scope: Scope,
  loading: Loading,
): MapNode {
  let model: MapNode | undefined;
  for (const { path, place } of paths) {
    const { source, documents } = readFile(path, loading, place);
    for (const document of documents) {
      const tree = treeOf(document, {
        source,
        folder: scope.folder,
        lookup: scope.lookup,
        problems: loading.problems,
      });
      loading.roots.push({ node: tree, unused: unusedIn("project") });
      const included = applyIncludes(tree, { ...scope, chain: [...scope.chain, path] }, loading);
      const extended = applyExtends(included, path, scope.lookup, loading);
      const merged: Node = model === undefined ? extended : mergeNodes(model, extended, [], loading.ledger);
      model = mapOf(settle(merged, [], loading.ledger) ?? merged);
    }
  }
  if (model !== undefined) return model;
  const file = loading.sources.display(paths[0]?.path ?? "");
  throw new OpsError("INPUT_EMPTY", "no Compose document was found", { place: { file, line: 1, column: 1 } });
}

const importedParts = ["services", "volumes", "networks", "secrets", "configs", "models"];

/** Loads what `include` names and puts its resources under those of the document (compose-spec 14-include.md). */
function applyIncludes(tree: MapNode, scope: Scope, loading: Loading): MapNode {
  const include = member(tree, "include");
  if (include === undefined) return tree;
  const entries = new Map(tree.entries);
  entries.delete("include");
  for (const item of listOf(include).items) {
    const imported = loadInclude(item, scope, loading);
    for (const part of importedParts) {
      const theirs = imported.entries.get(part);
      if (theirs === undefined) continue;
      const ours = entries.get(part);
      entries.set(part, ours === undefined ? theirs : mergeNodes(theirs, ours, [part], loading.ledger));
    }
  }
  loading.ledger.mark(include, "used");
  return { ...tree, entries };
}

function loadInclude(item: Node, scope: Scope, loading: Loading): MapNode {
  const { sources } = loading;
  const resolve = (node: Node): { path: string; place: Place } => ({
    path: sources.resolve(node.folder, textOf(node), fieldText(node), node.place),
    place: node.place,
  });
  const long = item.kind === "map" ? item : undefined;
  const pathNode = long === undefined ? item : (member(long, "path") ?? malformed(item, "needs path"));
  const paths = itemsOf(pathNode).map(resolve);
  const first = paths[0];
  if (first === undefined) return malformed(item, "needs path");
  if (scope.chain.includes(first.path)) {
    const chain = [...scope.chain.slice(scope.chain.indexOf(first.path)), first.path].map((path) =>
      sources.display(path),
    );
    throw new OpsError("INPUT_CYCLE", `Compose files include each other: ${chain.join(" → ")}`, {
      place: first.place,
    });
  }
  const directory = long === undefined ? undefined : member(long, "project_directory");
  const folder = directory === undefined ? folderOf(first.path) : resolve(directory).path;
  const environment = long === undefined ? undefined : member(long, "env_file");
  const own = folder === "" ? ".env" : `${folder}/.env`;
  const files =
    environment === undefined
      ? sources.kind(own, item.place) === "file"
        ? [{ path: own, place: item.place }]
        : []
      : itemsOf(environment).map((node) => existing(resolve(node), fieldText(node), loading));
  const lookup = withEnvironmentFiles(files, loading, scope.lookup);
  return loadModel(paths, { folder, lookup, chain: scope.chain }, loading);
}

function existing(
  file: { path: string; place: Place },
  field: string,
  loading: Loading,
): { path: string; place: Place } {
  if (loading.sources.kind(file.path, file.place) === "file") return file;
  throw new OpsError("INPUT_NOT_FOUND", `${field}: ${loading.sources.display(file.path)} does not exist`, {
    place: file.place,
  });
}

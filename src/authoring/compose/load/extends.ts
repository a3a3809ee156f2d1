import { OpsError } from "../../../kube/ops-error.ts";
import type { Lookup } from "../interpolation/template.ts";
import { treeOf } from "../tree/from-document.ts";
import { mergeNodes, settle } from "../tree/merge.ts";
import {
  fieldText,
  isNull,
  malformed,
  type MapNode,
  mapOf,
  member,
  type Node,
  readMember,
  textOf,
} from "../tree/node.ts";
import { type ExtendedFile, type Loading, readFile } from "./read-file.ts";
import { folderOf } from "./sources.ts";
import { unusedIn } from "./unused.ts";

const longestChain = 50;

interface Extending {
  readonly loading: Loading;
  readonly lookup: Lookup;
  /** Services that are being extended, outermost first: `web (compose.yaml)`. */
  readonly chain: readonly string[];
}

/**
 * Replaces every service that extends another by both merged (compose-spec 05-services.md "extends"; compose-go
 * loader/extends.go: before files are merged, each file for itself).
 */
export function applyExtends(tree: MapNode, file: string, lookup: Lookup, loading: Loading): MapNode {
  const servicesNode = member(tree, "services");
  if (servicesNode === undefined) return tree;
  const services = mapOf(servicesNode);
  const entries = new Map<string, Node>();
  for (const name of services.entries.keys())
    entries.set(name, extended(name, file, services.entries, { loading, lookup, chain: [] }));
  return { ...tree, entries: new Map(tree.entries).set("services", { ...services, entries }) };
}

function extended(name: string, file: string, services: ReadonlyMap<string, Node>, state: Extending): Node {
  const service = services.get(name);
  if (service === undefined)
    throw new OpsError("INPUT_MALFORMED", `service ${name} is not defined in ${file}`);
  if (isNull(service)) return service;
  const extendsNode = mapOf(service).entries.get("extends");
  if (extendsNode === undefined || isNull(extendsNode)) return service;
  const base = baseOf(name, file, extendsNode, services, state);
  const { ledger } = state.loading;
  ledger.mark(extendsNode, "used");
  const entries = new Map(mapOf(service).entries);
  entries.delete("extends");
  const own: MapNode = { ...mapOf(service), entries };
  if (isNull(base)) return own;
  const merged = mergeNodes(base, own, ["services", name], ledger);
  return settle(merged, ["services", name], ledger) ?? merged;
}

/** The service that a service extends, itself extended. */
function baseOf(
  name: string,
  file: string,
  extendsNode: Node,
  services: ReadonlyMap<string, Node>,
  state: Extending,
): Node {
  const { loading } = state;
  const long = extendsNode.kind === "map" ? extendsNode : undefined;
  const target =
    long === undefined ? extendsNode : (member(long, "service") ?? malformed(extendsNode, "needs service"));
  const fileNode = readMember(long, "file", (node) => node);
  const link = `${name} (${loading.sources.display(file)})`;
  if (state.chain.includes(link)) {
    const chain = [...state.chain.slice(state.chain.indexOf(link)), link];
    throw new OpsError("INPUT_CYCLE", `services extend each other: ${chain.join(" → ")}`, {
      place: extendsNode.place,
    });
  }
  if (state.chain.length >= longestChain)
    malformed(extendsNode, `extends through more than ${longestChain} services`);
  const next: Extending = { ...state, chain: [...state.chain, link] };
  const reference = textOf(target);
  const from = fileNode === undefined ? undefined : extendedFile(fileNode, state);
  const pool = from === undefined ? services : from.content.services;
  if (!pool.has(reference)) {
    malformed(
      target,
      `extends service ${reference}, which ${loading.sources.display(from?.path ?? file)} does not define`,
    );
  }
  from?.content.taken.add(reference);
  return extended(reference, from?.path ?? file, pool, next);
}

function extendedFile(
  node: Node,
  state: Extending,
): { readonly path: string; readonly content: ExtendedFile } {
  const { loading } = state;
  const path = loading.sources.resolve(node.folder, textOf(node), fieldText(node), node.place);
  const known = loading.extended.get(path);
  if (known !== undefined) return { path, content: known };
  const taken = new Set<string>();
  const services = new Map<string, Node>();
  const { source, documents } = readFile(path, loading, node.place);
  for (const document of documents) {
    const tree = treeOf(document, {
      source,
      folder: folderOf(path),
      lookup: state.lookup,
      problems: loading.problems,
    });
    loading.roots.push({ node: tree, unused: unusedIn("extended", taken) });
    const found = member(tree, "services");
    if (found === undefined) continue;
    for (const [name, service] of mapOf(found).entries) {
      const before = services.get(name);
      services.set(
        name,
        before === undefined ? service : mergeNodes(before, service, ["services", name], loading.ledger),
      );
    }
  }
  const content: ExtendedFile = { services, taken };
  loading.extended.set(path, content);
  return { path, content };
}

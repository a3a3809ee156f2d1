import type { Place } from "../place.ts";
import { printable } from "../printable.ts";
import { keepOrigin, type Maker, setGeneratorOrigin } from "./build-metadata.ts";
import { generated, type Pair, textOf } from "./generate.ts";
import type { GeneratorEntry } from "./kustomization.ts";
import { byAnyId, currentId, idText, newResource, type Resource, sameId } from "./resource.ts";
import { Fault } from "./stop.ts";
import { isTreeMap, type TreeMap } from "./tree.ts";

export type Load = (name: string, place: Place) => Uint8Array;

/**
 * Makes a ConfigMap or Secret and adds it, or merges it into what a base made. `maker` is told where the origin of objects is
 * kept.
 */
export function generateInto(
  resources: Resource[],
  kind: "ConfigMap" | "Secret",
  entry: GeneratorEntry,
  { load, maker }: { readonly load: Load; readonly maker: Maker | undefined },
): void {
  const fresh = made(kind, entry, load);
  if (maker !== undefined) setGeneratorOrigin(fresh, maker);
  absorb(resources, fresh);
}

function made(kind: "ConfigMap" | "Secret", entry: GeneratorEntry, load: Load): Resource {
  const { name, namespace, type, options, place, behavior } = entry;
  if (name === "") throw new Fault("kustomization/malformed", "a generator has no name", place);
  const pairs = pairsOf(entry, load);
  const seen = new Set<string>();
  for (const { key } of pairs) {
    if (seen.has(key))
      throw new Fault(
        "kustomization/malformed",
        `${printable(name)} has the key ${printable(key)} twice`,
        place,
      );
    seen.add(key);
  }
  pairs.sort((one, other) => (one.key < other.key ? -1 : 1));
  const tree = generated({ kind, name, namespace, type, pairs, options });
  return newResource(tree, place, { behavior, needsHash: !options.disableNameSuffixHash });
}

/** Values of env files, of literals and of files, in that order (kustomize api/kv). */
function pairsOf({ envs, literals, files, place }: GeneratorEntry, load: Load): Pair[] {
  const pairs: Pair[] = [];
  const encoder = new TextEncoder();
  for (const name of envs) {
    const text = textOf(load(name, place));
    if (text === undefined)
      throw new Fault("kustomization/malformed", `${printable(name)} is no UTF-8 text`, place);
    for (const line of text.replace(/^\ufeff/, "").split(/\r?\n/)) {
      const rest = line.trimStart();
      if (rest === "" || rest.startsWith("#")) continue;
      const equals = rest.indexOf("=");
      pairs.push(
        equals < 0
          ? { key: rest, value: encoder.encode("") }
          : { key: rest.slice(0, equals), value: encoder.encode(rest.slice(equals + 1)) },
      );
    }
  }
  for (const literal of literals) {
    const equals = literal.indexOf("=");
    // The literal may be a secret: it is not repeated.
    if (equals < 1) throw new Fault("kustomization/malformed", "a literal is key=value", place);
    const text = literal.slice(equals + 1);
    const isQuoted = text.length > 1 && /^["']/.test(text) && text.at(0) === text.at(-1);
    pairs.push({ key: literal.slice(0, equals), value: encoder.encode(isQuoted ? text.slice(1, -1) : text) });
  }
  for (const source of files) {
    const parts = source.split("=");
    const [key = "", path = ""] =
      parts.length === 1 ? [source.slice(source.lastIndexOf("/") + 1), source] : parts;
    if (key === "" || path === "" || parts.length > 2)
      throw new Fault(
        "kustomization/malformed",
        `${printable(source)} is neither a file nor key=file`,
        place,
      );
    pairs.push({ key, value: load(path, place) });
  }
  return pairs;
}

/** Adds an object, or lets it replace or join the one of its id (kustomize api/resmap/reswrangler.go). */
function absorb(resources: Resource[], fresh: Resource): void {
  const id = currentId(fresh.tree);
  const matches = byAnyId(resources, (other) => sameId(other, id));
  const [old] = matches;
  const joins = fresh.behavior === "merge" || fresh.behavior === "replace";
  if (matches.length > 1 || (old === undefined) === joins)
    throw new Fault(
      "kustomization/conflict",
      joins
        ? `${idText(id)} is to ${fresh.behavior} what is not there once`
        : `${idText(id)} is there already`,
      fresh.place,
    );
  if (old === undefined) {
    resources.push(fresh);
    return;
  }
  const metadata = mapIn(fresh.tree, "metadata");
  const before = mapIn(old.tree, "metadata");
  for (const member of ["labels", "annotations"]) {
    const both: TreeMap = new Map([...mapIn(before, member), ...mapIn(metadata, member)]);
    if (both.size > 0) metadata.set(member, both);
  }
  for (const member of ["name", "namespace"]) {
    const value = before.get(member);
    if (value === undefined) metadata.delete(member);
    else metadata.set(member, value);
  }
  if (fresh.behavior === "merge") {
    keepOrigin(old.tree, fresh.tree);
    for (const member of ["data", "binaryData"]) {
      const both: TreeMap = new Map([...mapIn(old.tree, member), ...mapIn(fresh.tree, member)]);
      if (both.size > 0) fresh.tree.set(member, both);
      else fresh.tree.delete(member);
    }
  }
  resources[resources.indexOf(old)] = {
    ...old,
    tree: fresh.tree,
    needsHash: old.needsHash && fresh.needsHash,
    place: fresh.place,
  };
}

function mapIn(tree: TreeMap, member: string): TreeMap {
  const value = tree.get(member);
  return isTreeMap(value) ? value : new Map();
}

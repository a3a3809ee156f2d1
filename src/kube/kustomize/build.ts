import { byText } from "../by-text.ts";
import { sha256Hex } from "../digest.ts";
import { type Files, pathFrom } from "../files.ts";
import { isArray, isObject, type Json, type JsonPath } from "../json.ts";
import { OpsError } from "../ops-error.ts";
import type { Place } from "../place.ts";
import { printable } from "../printable.ts";
import type { Problem } from "../problem.ts";
import type { ReadDocument, SourceLines } from "../read-object.ts";
import { kustomizationNames } from "../unrendered.ts";
import { readDocuments } from "../yaml/read-documents.ts";
import {
  addChange,
  type BuiltinPlugin,
  finishMetadata,
  setFileOrigin,
  tidyAnnotations,
} from "./build-metadata.ts";
import { addedRows, defaultConfig, type FieldConfig, joinedConfigs, mergedConfig } from "./field-config.ts";
import { isRemote, isUrl, originOf } from "./resource-path.ts";
import { generateInto } from "./generate-into.ts";
import {
  type Kustomization,
  type Named,
  readFieldConfig,
  type Replacement,
  readKustomization,
  readReplacements,
} from "./kustomization.ts";
import { fixReferences } from "./name-references.ts";
import { applyJsonPatch, applyMergePatch, applyPatch } from "./patches.ts";
import { kustomizationProblem } from "./problems.ts";
import { hashOf } from "./generate.ts";
import { currentId, type Resource, storeId } from "./resource.ts";
import { replaceValues } from "./replace.ts";
import { selected } from "./select.ts";
import { sorted } from "./sort.ts";
import { at, Fault, Unsupported } from "./stop.ts";
import {
  noTwins,
  setAffixes,
  setAnnotations,
  setImages,
  setLabels,
  setNamespace,
  setReplicas,
} from "./transform.ts";
import { isTreeMap, jsonOf, look, type Origins, TOO_LARGE, treeAt, treeOf, treePlaces } from "./tree.ts";
import { bindVars, mergeVars, resolveVars, type Vars } from "./vars.ts";

/** What a kustomization makes; or what is wrong with it; or which of its parts are not built here. */
export type Built =
  | {
      readonly kind: "built";
      readonly documents: readonly ReadDocument[];
      readonly sources: ReadonlyMap<string, SourceLines>;
      /** The files that were read, sorted, with SHA-256 of their bytes. */
      readonly read: readonly { readonly path: string; readonly sha256: string }[];
    }
  | {
      readonly kind: "refused";
      readonly problems: readonly Problem[];
      readonly sources: ReadonlyMap<string, SourceLines>;
    }
  | {
      readonly kind: "unsupported";
      readonly problem: Problem;
      readonly sources: ReadonlyMap<string, SourceLines>;
    };

/** The kustomization in a folder, by the names that kustomize looks for; undefined when it has none. */
export function kustomizationIn(files: Files, folder: string): string | undefined {
  return kustomizationNames
    .map((name) => pathFrom(folder, name))
    .find((path) => path !== undefined && files.kind(path) === "file");
}

/** Folders that one build may read, objects that it may hold, and values of all trees it makes. */
const MAX_FOLDERS = 1000;
const MAX_OBJECTS = 50_000;
const MAX_NODES = 5_000_000;
const MAX_LOOKS = 30_000_000;

interface State {
  readonly files: Files;
  readonly sha256: (bytes: Uint8Array) => string;
  readonly origins: Origins;
  readonly documents: Map<string, readonly ReadDocument[]>;
  readonly digests: Map<string, string>;
  readonly sources: Map<string, SourceLines>;
  readonly problems: Problem[];
  folders: number;
}

/**
 * Builds the kustomization in a folder as `kustomize build` 5.8 does: the objects in its order, each with the places of
 * the files that it was made of. Only files of `files` are read, those of a kustomization only in its own folder.
 */
export function buildKustomization(
  files: Files,
  folder: string,
  sha256: (bytes: Uint8Array) => string = sha256Hex,
): Built {
  const state: State = {
    files,
    sha256,
    origins: {
      of: new WeakMap(),
      members: new WeakMap(),
      untyped: new WeakMap(),
      left: MAX_NODES,
      looks: MAX_LOOKS,
    },
    documents: new Map(),
    digests: new Map(),
    sources: new Map(),
    problems: [],
    folders: 0,
  };
  // The folder, until its kustomization is read.
  let start: Place = { file: files.display(folder), line: 1, column: 1 };
  const refused = (problem: Problem): Built => ({
    kind: "refused",
    problems: state.problems.some(({ severity }) => severity === "error")
      ? state.problems
      : [...state.problems, problem],
    sources: state.sources,
  });
  try {
    const root = loadFolder(state, folder, start);
    start = root.places.value([]);
    const resources: Resource[] = [];
    const origin = root.buildMetadata.length > 0 ? "" : undefined;
    const vars: Vars = new Map();
    const fields = accumulate(
      state,
      { folder, chain: [folder], kustomization: root, origin, vars },
      resources,
      joinedConfigs([], start, state.origins),
    );
    for (const resource of resources) {
      if (!resource.needsHash) continue;
      storeId(resource);
      const metadata = resource.tree.get("metadata");
      const hash = hashOf(resource.tree);
      if (isTreeMap(metadata)) metadata.set("name", `${currentId(resource.tree).name}-${hash}`);
    }
    fixReferences(resources, state.origins, fields.nameReference);
    resolveVars(resources, vars, fields.varReference, state.origins);
    const made = sorted(resources.filter(isForCluster), root.sort);
    finishMetadata(made, root);
    return finished(state, made);
  } catch (error) {
    if (error === TOO_LARGE)
      return refused(
        kustomizationProblem(
          "kustomization/too-large",
          start,
          `${MAX_NODES} values, or ${MAX_LOOKS} looks at an object`,
        ),
      );
    if (error instanceof Unsupported)
      return {
        kind: "unsupported",
        problem: kustomizationProblem("kustomization/not-built", error.place, error.message),
        sources: state.sources,
      };
    if (error instanceof Fault)
      return refused(kustomizationProblem(error.code, error.place ?? start, error.message));
    throw error;
  }
}

function finished(state: State, resources: readonly Resource[]): Built {
  const documents: ReadDocument[] = resources.map((resource, index) => {
    tidyAnnotations(resource);
    const places = treePlaces(resource.tree, state.origins, resource.place);
    const { file } = places.value([]);
    const source = state.sources.get(file);
    return {
      file,
      index,
      value: jsonOf(resource.tree),
      places,
      problems: index === 0 ? state.problems : [],
      ...(source === undefined ? {} : { source }),
    };
  });
  const read = [...state.digests].map(([path, sha256]) => ({ path, sha256 }));
  return {
    kind: "built",
    documents,
    sources: state.sources,
    read: read.sort((one, other) => byText(one.path, other.path)),
  };
}

function isForCluster({ tree }: Resource): boolean {
  const local = treeAt(tree, "metadata", "annotations", "config.kubernetes.io/local-config");
  return local === undefined || local === "false" || local === false;
}

interface Target {
  readonly folder: string;
  /** Folders that are being built, outermost first. */
  readonly chain: readonly string[];
  readonly kustomization: Kustomization;
  /** Path from the folder that is built, where the origin of objects is kept. */
  readonly origin: string | undefined;
  readonly vars: Vars;
}

/** A base or component of a target. */
function within(
  { chain, origin, vars }: Target,
  { name, place }: Named,
  inner: { readonly folder: string; readonly kustomization: Kustomization; readonly vars?: Vars },
): Target {
  const path = origin === undefined ? undefined : originOf(origin, name, place);
  return { chain: [...chain, inner.folder], vars, ...inner, origin: path };
}

/** The kustomization's file as origins name it. */
function originFile({ origin, kustomization }: Target): string | undefined {
  if (origin === undefined) return undefined;
  const { file } = kustomization.place;
  return originOf(origin, file.slice(file.lastIndexOf("/") + 1), kustomization.place);
}

/** Adds what a kustomization makes; gives the fields that hold for it and for what it builds on. */
function accumulate(state: State, target: Target, into: Resource[], before: FieldConfig): FieldConfig {
  const { kustomization, folder } = target;
  const { place } = kustomization;
  const join = (one: FieldConfig, other: FieldConfig): FieldConfig =>
    mergedConfig(one, other, place, state.origins);
  let fields = before;
  for (const named of kustomization.resources) {
    const base = addResource(state, target, named, into);
    if (base !== undefined) fields = join(fields, base);
  }
  fields = join(fields, join(defaultConfig, ownConfig(state, target)));
  noTwins(into);
  look(
    state.origins,
    into.length * (kustomization.configMapGenerator.length + kustomization.secretGenerator.length),
  );
  const load = (name: string, place: Place): Uint8Array => readFile(state, folder, name, place);
  generateInto(into, kustomization, load, originFile(target));
  for (const named of kustomization.components) {
    const what = `the folder ${printable(named.name)}`;
    const { path: inner, kind } = located(state, folder, named, what);
    if (kind !== "folder") throw new Fault("kustomization/not-found", what, named.place);
    noCycle(state, target, inner, named);
    const component = loadFolder(state, inner, named.place);
    if (!component.component)
      throw new Fault("kustomization/malformed", `${printable(named.name)} is no Component`, named.place);
    const part = within(target, named, { folder: inner, kustomization: component });
    // What comes of a component is taken over anew.
    const taken = accumulate(state, part, into, fields);
    fields = joinedConfigs([taken], place, state.origins);
  }
  at(place, () => transform(state, target, into, fields));
  bindVars(into, kustomization.vars, target.vars);
  return fields;
}

function ownConfig(state: State, { folder, kustomization }: Target): FieldConfig {
  const configs = kustomization.configurations.map(({ name, place }) => {
    const [document] = documentsOf(state, folder, name, place);
    const isEmpty = document === undefined || document.value === null;
    return isEmpty ? [] : [at(place, () => readFieldConfig(document))];
  });
  return joinedConfigs(configs.flat(), kustomization.place, state.origins);
}

function transform(state: State, target: Target, resources: Resource[], fields: FieldConfig): void {
  const { kustomization, folder } = target;
  const { origins } = state;
  look(origins, resources.length * (changesOf(kustomization) + addedRows(fields)));
  const file = originFile(target);
  const done = (plugin: BuiltinPlugin): void => {
    if (file !== undefined) addChange(resources, { file, plugin, origins });
  };
  const plain = { target: undefined, allowNameChange: false, allowKindChange: false };
  for (const { name, place } of kustomization.patchesStrategicMerge) {
    const documents = /[\r\n]/.test(name) ? inline(name, place) : documentsOf(state, folder, name, place);
    for (const document of documents) {
      if (document.value !== null) applyMergePatch(resources, document, plain, origins);
    }
  }
  if (kustomization.patchesStrategicMerge.length > 0) done("PatchStrategicMergeTransformer");
  for (const entry of kustomization.patches) {
    applyPatch(resources, patchOf(state, folder, entry), entry, origins);
    done("PatchTransformer");
  }
  setNamespace(resources, kustomization, origins, fields.namespace);
  if (kustomization.namespace !== "") done("NamespaceTransformer");
  setAffixes(resources, kustomization, fields, done);
  setLabels(resources, kustomization, { origins, fields, done });
  setAnnotations(resources, kustomization, origins, fields.commonAnnotations);
  if (kustomization.commonAnnotations.size > 0) done("AnnotationsTransformer");
  for (const entry of kustomization.patchesJson6902) {
    if (entry.target === undefined || entry.target.name === "")
      throw new Fault("kustomization/patch", "its target names an object", entry.place);
    const [document] = patchOf(state, folder, entry);
    if (document !== undefined) applyJsonPatch(selected(resources, entry.target), document, origins, false);
    done("PatchJson6902Transformer");
  }
  setReplicas(resources, kustomization, { origins, fields, done });
  setImages(resources, kustomization, { origins, fields, done });
  replaceValues(resources, replacementsOf(state, folder, kustomization), origins);
  if (kustomization.replacements.length > 0) done("ReplacementTransformer");
}

function replacementsOf(
  state: State,
  folder: string,
  { replacements }: Kustomization,
): readonly Replacement[] {
  return replacements.flatMap(({ place, file, own }) => {
    if (file === "") return own === undefined ? [] : [own];
    if (own !== undefined)
      throw new Fault("kustomization/replacement", "it has either path or its own members", place);
    return documentsOf(state, folder, file, place).slice(0, 1).flatMap(readReplacements);
  });
}

/** How often every object is looked at. */
function changesOf(asked: Kustomization): number {
  const { patches, patchesStrategicMerge, patchesJson6902, images, replicas, labels, replacements } = asked;
  const changes = [patches, patchesStrategicMerge, patchesJson6902, images, replicas, labels, replacements];
  return 4 + changes.reduce((sum, list) => sum + list.length, 0);
}

function patchOf(
  state: State,
  folder: string,
  { patch, path, place }: { readonly patch: string; readonly path: string; readonly place: Place },
): readonly ReadDocument[] {
  if ((patch === "") === (path === ""))
    throw new Fault("kustomization/patch", "it has either patch or path", place);
  return patch === "" ? documentsOf(state, folder, path, place) : inline(patch, place);
}

/** A text of the kustomization as documents; all of it stands where the text does. */
function inline(text: string, place: Place): readonly ReadDocument[] {
  const places = { value: () => place, key: () => place };
  return readDocuments(place.file, new TextEncoder().encode(text)).map((document) => {
    const problem = document.problems.find(({ severity }) => severity === "error");
    if (problem !== undefined) throw new Fault("kustomization/patch", problem.message, place);
    return { ...document, places };
  });
}

/** Adds the objects of a file or a base; of a base it gives the fields that hold for it. */
function addResource(state: State, target: Target, named: Named, into: Resource[]): FieldConfig | undefined {
  const { name, place } = named;
  if (name === "") throw new Fault("kustomization/malformed", "a resource has no name", place);
  const { path: inner, kind } = located(state, target.folder, named, printable(name));
  let fields: FieldConfig | undefined;
  if (kind === "file") {
    const before = into.length;
    for (const document of documentsOf(state, target.folder, name, place)) addObjects(state, document, into);
    if (target.origin !== undefined) {
      const origin = originOf(target.origin, name, place);
      for (const resource of into.slice(before)) setFileOrigin(resource, origin);
    }
  } else {
    noCycle(state, target, inner, named);
    const kustomization = loadFolder(state, inner, place);
    if (kustomization.component)
      throw new Fault("kustomization/malformed", `${printable(name)} is a Component`, place);
    const base: Resource[] = [];
    const vars: Vars = new Map();
    const part = within(target, named, { folder: inner, kustomization, vars });
    fields = accumulate(state, part, base, joinedConfigs([], place, state.origins));
    for (const resource of base) into.push(resource);
    mergeVars(target.vars, vars);
  }
  if (into.length > MAX_OBJECTS) throw new Fault("kustomization/too-large", `${MAX_OBJECTS} objects`, place);
  return fields;
}

function kindOf(state: State, path: string, { name, place }: Named): "file" | "folder" | undefined {
  try {
    return state.files.kind(path);
  } catch (error) {
    throw asFault(error, name, place);
  }
}

function asFault(error: unknown, name: string, place: Place): unknown {
  if (!OpsError.is(error)) return error;
  if (error.code === "INPUT_OUTSIDE") return new Fault("kustomization/outside", printable(name), place);
  if (error.code === "INPUT_NOT_FOUND") return new Fault("kustomization/not-found", printable(name), place);
  return error;
}

/** Where a resource or component lies and what it is; `what` is what does not exist when nothing is there. */
function located(
  state: State,
  folder: string,
  named: Named,
  what: string,
): { readonly path: string; readonly kind: "file" | "folder" } {
  const { name, place } = named;
  const path = pathFrom(folder, name);
  const kind = path === undefined || isUrl(name) ? undefined : kindOf(state, path, named);
  if (path !== undefined && kind !== undefined) return { path, kind };
  if (isRemote(name)) throw new Unsupported(`the remote resource ${printable(name)}`, place);
  if (path === undefined) throw new Fault("kustomization/outside", printable(name), place);
  throw new Fault("kustomization/not-found", what, place);
}

/** A base or component may not be a folder that is being built, nor one above it. */
function noCycle(state: State, target: Target, path: string, { name, place }: Named): void {
  const real = state.files.real?.(path) ?? path;
  const above = real === "." ? "" : `${real}/`;
  for (const visited of target.chain) {
    const other = state.files.real?.(visited) ?? visited;
    if (real === other || `${other}/`.startsWith(above))
      throw new Fault("kustomization/cycle", printable(name), place);
  }
}

function loadFolder(state: State, folder: string, place: Place): Kustomization {
  state.folders++;
  if (state.folders > MAX_FOLDERS)
    throw new Fault("kustomization/too-large", `${MAX_FOLDERS} folders`, place);
  const found = kustomizationNames.filter((name) => {
    const path = pathFrom(folder, name);
    return path !== undefined && kindOf(state, path, { name, place }) === "file";
  });
  const [name] = found;
  if (name === undefined)
    throw new Fault(
      "kustomization/not-found",
      `a kustomization.yaml in ${printable(state.files.display(folder))}`,
      place,
    );
  if (found.length > 1)
    throw new Fault("kustomization/malformed", `the folder has ${found.join(" and ")}`, place);
  const documents = documentsOf(state, folder, name, place);
  const full = documents.filter(({ value }) => value !== null);
  const [document] = full;
  const file: Place = { file: state.files.display(pathFrom(folder, name) ?? name), line: 1, column: 1 };
  if (document === undefined) throw new Fault("kustomization/malformed", "it is empty", file);
  if (full.length > 1)
    throw new Fault("kustomization/malformed", "it is one document", full[1]?.places.value([]));
  const rest = isObject(document.value)
    ? Object.keys(document.value).filter((key) => key !== "apiVersion" && key !== "kind")
    : [""];
  if (rest.length === 0) throw new Fault("kustomization/malformed", "it is empty", file);
  return readKustomization(document);
}

/** A file that a kustomization names: only in its own folder (kustomize's load restriction), also through links. */
function readFile(state: State, folder: string, name: string, place: Place): Uint8Array {
  const path = pathFrom(folder, name);
  const prefix = folder === "." ? "" : `${folder}/`;
  if (isUrl(name)) throw new Unsupported(`the remote file ${printable(name)}`, place);
  if (path === undefined || !path.startsWith(prefix))
    throw new Fault("kustomization/outside", printable(name), place);
  try {
    if (state.files.kind(path) !== "file")
      throw new Fault("kustomization/not-found", `the file ${printable(name)}`, place);
    const home = state.files.real?.(folder) ?? folder;
    const real = state.files.real?.(path) ?? path;
    if (!real.startsWith(home === "." ? "" : `${home}/`))
      throw new Fault("kustomization/outside", printable(name), place);
    const bytes = state.files.read(path);
    state.digests.set(state.files.display(path), state.sha256(bytes));
    return bytes;
  } catch (error) {
    throw asFault(error, name, place);
  }
}

function documentsOf(state: State, folder: string, name: string, place: Place): readonly ReadDocument[] {
  const path = pathFrom(folder, name) ?? name;
  const known = state.documents.get(path);
  if (known !== undefined) return known;
  const documents = readDocuments(state.files.display(path), readFile(state, folder, name, place));
  state.documents.set(path, documents);
  for (const { file, source, problems } of documents) {
    if (source !== undefined) state.sources.set(file, source);
    state.problems.push(...problems);
  }
  const failed = documents.find(({ value, problems }) => value === null && problems.length > 0);
  if (failed !== undefined)
    throw new Fault("kustomization/malformed", `${printable(name)} cannot be read`, place);
  return documents;
}

/** The objects of a document; lists are taken apart, an object needs kind and name (kyaml GetValidatedMetadata). */
function addObjects(state: State, document: ReadDocument, into: Resource[]): void {
  const rest: { readonly value: Json; readonly path: JsonPath }[] = [{ value: document.value, path: [] }];
  for (let item = rest.shift(); item !== undefined; item = rest.shift()) {
    const { value, path } = item;
    if (value === null) continue;
    const place = document.places.value(path);
    if (!isObject(value)) throw new Fault("kustomization/malformed", "a resource is a mapping", place);
    const items = Object.hasOwn(value, "items") ? value["items"] : undefined;
    const kind = Object.hasOwn(value, "kind") ? value["kind"] : undefined;
    if (typeof kind === "string" && kind.endsWith("List") && isArray(items)) {
      rest.push(...items.map((inner, index) => ({ value: inner, path: [...path, "items", index] })));
      continue;
    }
    const tree = treeOf(value, state.origins, document.places, path);
    if (!isTreeMap(tree)) continue;
    const id = currentId(tree);
    if (id.kind === "" || id.name === "")
      throw new Fault(
        "kustomization/malformed",
        `an object has no ${id.kind === "" ? "kind" : "metadata.name"}`,
        place,
      );
    into.push({
      tree,
      previous: [],
      prefixes: [],
      suffixes: [],
      behavior: "unspecified",
      needsHash: false,
      vars: [],
      place,
    });
  }
}

import type { JsonPath } from "../json.ts";
import type { Place } from "../place.ts";
import type { BuiltinPlugin } from "./build-metadata.ts";
import { type FieldConfig, mergedRows } from "./field-config.ts";
import { changeField, type TellSet } from "./field-path.ts";
import { imageChanger } from "./image.ts";
import type { Kustomization, LabelChange } from "./kustomization.ts";
import {
  byAnyId,
  currentId,
  effectiveNamespace,
  idText,
  isClusterScoped,
  isKind,
  originalId,
  type Resource,
  storeId,
} from "./resource.ts";
import { Fault } from "./stop.ts";
import type { FieldRow } from "./tables.generated.ts";
import {
  isTreeMap,
  markUntyped,
  type Origins,
  scalarText,
  tellOrigin,
  textAt,
  type Tree,
  treeAt,
  type TreeMap,
} from "./tree.ts";

/** Told what was done, each time that a transformer of kustomize would have run. */
export type Done = (plugin: BuiltinPlugin) => void;

/** What was set stands at a path of the kustomization. */
function teller({ places }: Kustomization, origins: Origins, path: JsonPath): TellSet {
  return (holder, name) => {
    tellOrigin(origins, holder, name, { places, path });
  };
}

/** Sets the namespace of every object that may have one (kustomize api/filters/namespace). */
export function setNamespace(
  resources: readonly Resource[],
  kustomization: Kustomization,
  origins: Origins,
  rows: readonly FieldRow[],
): void {
  const { namespace } = kustomization;
  const tell = teller(kustomization, origins, ["namespace"]);
  if (namespace === "") return;
  for (const resource of resources) {
    const { tree } = resource;
    storeId(resource);
    const set = (): Tree => namespace;
    if (!isClusterScoped(currentId(tree)))
      changeField(tree, ["metadata/namespace", "", "", "", 1], set, { made: () => "", tell });
    const isBinding = /^(?:Cluster)?RoleBinding$/.test(textAt(tree, "kind"));
    if (isBinding) subjectsInto(tree, namespace);
    for (const row of rows) {
      const [path] = row;
      if (path === "metadata/namespace" || (isBinding && /^subjects(?:\/namespace)?$/.test(path))) continue;
      if (path !== "metadata/name" || textAt(tree, "apiVersion") === "v1")
        changeField(tree, row, set, { made: () => "", tell });
    }
  }
  noTwins(resources);
}

/** The subject `default` is the ServiceAccount that every namespace has. */
function subjectsInto(binding: TreeMap, namespace: string): void {
  const subjects = treeAt(binding, "subjects");
  for (const subject of Array.isArray(subjects) ? subjects : []) {
    if (isTreeMap(subject) && subject.get("name") === "default") subject.set("namespace", namespace);
  }
}

/** Objects that have become one, e.g. by a namespace for all. */
export function noTwins(resources: readonly Resource[]): void {
  const seen = new Set<string>();
  for (const { tree, place } of resources) {
    const id = currentId(tree);
    const key = JSON.stringify([id.group, id.version, id.kind, effectiveNamespace(id), id.name]);
    if (seen.has(key)) throw new Fault("kustomization/conflict", idText(id), place);
    seen.add(key);
  }
}

const unnamed: readonly (readonly [string, string, string])[] = [
  ["", "", "CustomResourceDefinition"],
  ["apiregistration.k8s.io", "", "APIService"],
  ["", "", "Namespace"],
];

/** Puts texts before and behind the names (kustomize internal/builtins/PrefixTransformer.go; CRDs, APIServices and Namespaces keep theirs). */
export function setAffixes(
  resources: readonly Resource[],
  { namePrefix, nameSuffix }: Kustomization,
  fields: FieldConfig,
  done: Done,
): void {
  for (const affix of ["prefix", "suffix"] as const) {
    const text = affix === "prefix" ? namePrefix : nameSuffix;
    if (text === "") continue;
    const rows = affix === "prefix" ? fields.namePrefix : fields.nameSuffix;
    const set = (value: Tree): Tree | undefined => {
      if (value !== null && typeof value === "object")
        throw new Fault("kustomization/field", "a prefix or suffix is for single values");
      return affix === "prefix" ? text + scalarText(value) : scalarText(value) + text;
    };
    for (const resource of resources) {
      const id = originalId(resource);
      if (unnamed.some((kind) => isKind(id, kind))) continue;
      for (const row of rows) {
        const [path, group, version, kind] = row;
        if (!isKind(id, [group, version, kind])) continue;
        if (path === "metadata/name") {
          (affix === "prefix" ? resource.prefixes : resource.suffixes).push(text);
          storeId(resource);
        }
        changeField(resource.tree, row, set, { made: () => "" });
      }
    }
    done(affix === "prefix" ? "PrefixTransformer" : "SuffixTransformer");
  }
}

interface Change {
  readonly origins: Origins;
  readonly fields: FieldConfig;
  readonly done: Done;
}

export function setLabels(
  resources: readonly Resource[],
  kustomization: Kustomization,
  { origins, fields, done }: Change,
): void {
  const { labels, commonLabels } = kustomization;
  if (labels.length === 0 && commonLabels.size === 0) return;
  // kustomize reads all of them before it changes the first.
  const rows = labels.map((label) => fieldsOf(label, fields, kustomization.place, origins));
  for (const [index, label] of labels.entries()) {
    setTexts(resources, rows[index] ?? [], label.pairs, teller(kustomization, origins, label.path));
    done("LabelTransformer");
  }
  setTexts(resources, fields.commonLabels, commonLabels, teller(kustomization, origins, ["commonLabels"]));
  done("LabelTransformer");
}

function fieldsOf(
  { fields, includeSelectors, includeTemplates }: LabelChange,
  config: FieldConfig,
  place: Place,
  origins: Origins,
): readonly FieldRow[] {
  const add = (rows: readonly FieldRow[], others: readonly FieldRow[]): readonly FieldRow[] =>
    mergedRows(rows, others, place, origins);
  const own = add(fields, config.labels);
  if (includeSelectors) return add(own, config.commonLabels);
  return add(includeTemplates ? add(own, config.templateLabels) : own, [["metadata/labels", "", "", "", 1]]);
}

export function setAnnotations(
  resources: readonly Resource[],
  kustomization: Kustomization,
  origins: Origins,
  rows: readonly FieldRow[],
): void {
  const tell = teller(kustomization, origins, ["commonAnnotations"]);
  setTexts(resources, rows, kustomization.commonAnnotations, tell);
}

function setTexts(
  resources: readonly Resource[],
  rows: readonly FieldRow[],
  texts: ReadonlyMap<string, string>,
  tell: TellSet,
): void {
  for (const key of [...texts.keys()].sort()) {
    const value = texts.get(key) ?? "";
    const set = (field: Tree): Tree | undefined => {
      if (field === null) {
        const fresh: TreeMap = new Map([[key, value]]);
        tell(fresh, key);
        return fresh;
      }
      if (!isTreeMap(field))
        throw new Fault("kustomization/field", "labels and annotations stand in mappings");
      field.set(key, value);
      tell(field, key);
      return undefined;
    };
    for (const { tree } of resources) {
      for (const row of rows) changeField(tree, row, set, { made: () => new Map() });
    }
  }
}

export function setReplicas(
  resources: readonly Resource[],
  kustomization: Kustomization,
  { origins, fields, done }: Change,
): void {
  for (const [index, { name, count, place }] of kustomization.replicas.entries()) {
    const tell = teller(kustomization, origins, ["replicas", index, "count"]);
    let found = false;
    for (const row of fields.replicas) {
      const [, group, version, kind] = row;
      for (const { tree } of byAnyId(
        resources,
        (id) => id.name === name && isKind(id, [group, version, kind]),
      )) {
        found = true;
        changeField(tree, row, () => count, { made: () => null, tell });
      }
    }
    if (!found)
      throw new Fault(
        "kustomization/not-found",
        `a Deployment, StatefulSet or other with replicas named ${name}`,
        place,
      );
    done("ReplicaCountTransformer");
  }
}

/** Images of containers at any depth, and of the fields of the table (kustomize api/filters/imagetag). */
export function setImages(
  resources: readonly Resource[],
  kustomization: Kustomization,
  { origins, fields, done }: Change,
): void {
  for (const [index, change] of kustomization.images.entries()) {
    const tellPlace = teller(kustomization, origins, ["images", index]);
    const tell: TellSet = (holder, name) => {
      tellPlace(holder, name);
      markUntyped(origins, holder, name);
    };
    const changed = imageChanger(change);
    const set = (image: Tree): Tree | undefined => (typeof image === "string" ? changed(image) : undefined);
    for (const { tree } of resources) {
      if (textAt(tree, "kind") === "CustomResourceDefinition") continue;
      inContainers(tree, set, tell);
      for (const row of fields.images) {
        if (imageRowFits(tree, row[0])) changeField(tree, row, set, { tell });
      }
    }
    done("ImageTagTransformer");
  }
}

/** The table's paths are for every kind: one that another kind uses otherwise is left alone. */
function imageRowFits(tree: TreeMap, path: string): boolean {
  let current: Tree | undefined = tree;
  for (const step of path.split("/").slice(0, -1)) {
    if (step.endsWith("[]")) return Array.isArray(treeAt(current, step.slice(0, -2)));
    current = treeAt(current, step);
    if (!isTreeMap(current)) return false;
  }
  return true;
}

function inContainers(value: Tree, set: (image: Tree) => Tree | undefined, tell: TellSet): void {
  if (Array.isArray(value)) for (const item of value) inContainers(item, set, tell);
  else if (isTreeMap(value)) {
    for (const [key, member] of value) {
      inContainers(member, set, tell);
      if ((key !== "containers" && key !== "initContainers") || !Array.isArray(member)) continue;
      for (const item of member) {
        const image = isTreeMap(item) ? item.get("image") : undefined;
        const changed = image === undefined ? undefined : set(image);
        if (changed === undefined || !isTreeMap(item)) continue;
        item.set("image", changed);
        tell(item, "image");
      }
    }
  }
}

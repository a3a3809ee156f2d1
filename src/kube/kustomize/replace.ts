import { emptyLike, type Spot, spots } from "./field-spots.ts";
import type { Place } from "../place.ts";
import { printable } from "../printable.ts";
import type { FieldOptions, PatchTarget, Replacement, ReplacementTarget } from "./kustomization.ts";
import {
  currentId,
  effectiveNamespace,
  isKind,
  previousIds,
  type Resource,
  type ResourceId,
} from "./resource.ts";
import { pattern, textsFit } from "./select.ts";
import { lookUp, plain, stepsOf } from "./look-up.ts";
import { setInText, type Value } from "./replace-in-text.ts";
import type { TellSet } from "./field-path.ts";
import { setShared } from "./shared.ts";
import { at, Fault, Unsupported } from "./stop.ts";
import { copyTree, isTreeMap, markUntyped, type Origins, scalarText, tellOrigin, type Tree } from "./tree.ts";

/** Copies values of objects to others (kustomize api/filters/replacement). */
export function replaceValues(
  resources: readonly Resource[],
  replacements: readonly Replacement[],
  origins: Origins,
): void {
  for (const replacement of replacements) {
    const place = replacement.places.value(replacement.path);
    at(place, () => {
      const value = valueOf(resources, replacement);
      for (const target of replacement.targets ?? []) {
        for (const resource of targetsOf(resources, target)) {
          for (const fieldPath of target.fieldPaths.length === 0 ? ["metadata.name"] : target.fieldPaths)
            copyTo({ resource, target, fieldPath, value, replacement, place, origins });
        }
      }
    });
  }
}

function fault(what: string): Fault {
  return new Fault("kustomization/replacement", what);
}

function valueOf(resources: readonly Resource[], { source, sourceValue, targets }: Replacement): Value {
  if ((source === undefined && sourceValue === undefined) || targets === undefined)
    throw fault("it has a source and at least one target");
  if (source === undefined) return { tree: sourceValue ?? "", isPlain: true };
  if (sourceValue !== undefined) throw fault("it has either source or sourceValue");
  const found = resources.filter((resource) =>
    idsOf(resource).some(
      (id) =>
        (source.name === "" || source.name === id.name) &&
        (source.namespace === "" || effectiveNamespace(source) === effectiveNamespace(id)) &&
        isKind(id, [source.group, source.version, source.kind]),
    ),
  );
  const [one] = found;
  if (one === undefined || found.length > 1)
    throw fault(`its source is ${one === undefined ? "no object" : "more than one object"}`);
  const fieldPath = source.fieldPath === "" ? "metadata.name" : source.fieldPath;
  const tree = lookUp(one.tree, stepsOf(fieldPath));
  if (
    tree === undefined ||
    tree === null ||
    (Array.isArray(tree) && tree.length === 0) ||
    (isTreeMap(tree) && tree.size === 0)
  )
    throw fault(`its source has no ${printable(fieldPath)}`);
  const { delimiter, index } = source.options;
  if (delimiter === "") return { tree, isPlain: false };
  if (typeof tree === "object") throw fault("a delimiter is for texts");
  const part = String(tree).split(delimiter)[index];
  if (part === undefined) throw fault(`its source has no part ${index}`);
  return { tree: part, isPlain: typeof tree !== "string" };
}

function idsOf(resource: Resource): readonly ResourceId[] {
  return [...previousIds(resource), currentId(resource.tree)];
}

function targetsOf(
  resources: readonly Resource[],
  { select, reject }: ReplacementTarget,
): readonly Resource[] {
  if (select === undefined) throw fault("a target says what it selects");
  const ids = idFits(select);
  const texts = textsFit(select);
  const rejects = reject.map(rejected);
  return resources.filter((resource) => {
    if (!texts(resource)) return false;
    const own = idsOf(resource);
    return !rejects.some((fits) => fits(resource, own)) && own.some(ids);
  });
}

/** Whether a target is rejected: by its labels and annotations, or by its id; what asks for neither rejects nothing. */
function rejected(target: PatchTarget): (resource: Resource, own: readonly ResourceId[]) => boolean {
  const { group, version, kind, name, namespace, labelSelector, annotationSelector } = target;
  const asksTexts = [labelSelector, annotationSelector].some((text) => text !== "");
  const asksId = [group, version, kind, name, namespace].some((text) => text !== "");
  const texts = textsFit(target);
  const ids = idFits(target);
  return (resource, own) => (asksTexts && texts(resource)) || (asksId && own.some(ids));
}

function idFits(target: PatchTarget): (id: ResourceId) => boolean {
  const [group, version, kind, name, namespace] = [
    pattern(target.group),
    pattern(target.version),
    pattern(target.kind),
    pattern(target.name),
    pattern(target.namespace),
  ];
  return (id) =>
    group(id.group) && version(id.version) && kind(id.kind) && name(id.name) && namespace(id.namespace);
}

interface Copy {
  readonly resource: Resource;
  readonly target: ReplacementTarget;
  readonly fieldPath: string;
  readonly value: Value;
  readonly replacement: Replacement;
  readonly place: Place;
  readonly origins: Origins;
}

function copyTo({ resource, target, fieldPath, value, replacement, place, origins }: Copy): void {
  const steps = stepsOf(fieldPath);
  const walk = { made: target.options.create ? emptyLike(value.tree) : undefined, place, origins };
  if (setInText(resource.tree, steps, value, walk)) return;
  const found = spots(resource.tree, steps, walk);
  if (found.length === 0) throw fault(`a target has no ${printable(fieldPath)}`);
  for (const spot of found) {
    const old = spot.get();
    if (spot.inert === true) {
      if (target.options.delimiter !== "" && typeof old === "object" && old !== null)
        throw fault("a delimiter is for texts");
      continue;
    }
    const isUntyped = old === undefined || isUntypedAt(origins, spot);
    const fresh = changed(old, { value, isUntyped, options: target.options, origins, place });
    const { holder, key } = spot;
    if (key !== undefined && isTreeMap(holder)) {
      const tell: TellSet = (map, name) => tellOrigin(origins, map, name, replacement);
      setShared(origins, holder, key, { value: fresh, tell });
    } else spot.set(fresh);
    const isSingle = fresh === null || typeof fresh !== "object";
    if (isUntyped && isSingle && key !== undefined && isTreeMap(holder)) markUntyped(origins, holder, key);
  }
}

/** A single value that was made here has no type: each time it is written, it is read again as YAML would. */
function isUntypedAt({ untyped }: Origins, { holder, key }: Spot): boolean {
  return key !== undefined && isTreeMap(holder) && untyped.get(holder)?.has(key) === true;
}

interface Asked {
  readonly value: Value;
  readonly isUntyped: boolean;
  readonly options: FieldOptions;
  readonly origins: Origins;
  readonly place: Place;
}

function changed(old: Tree | undefined, { value, isUntyped, options, origins, place }: Asked): Tree {
  let { tree, isPlain } = value;
  if (options.delimiter !== "") {
    if (typeof old === "object") throw fault("a delimiter is for texts");
    const parts = old === undefined ? [""] : String(old).split(options.delimiter);
    const text = scalarText(tree);
    if (options.index < 0) parts.unshift(text);
    else if (options.index >= parts.length) parts.push(text);
    else parts[options.index] = text;
    tree = parts.join(options.delimiter);
    isPlain = isPlain || typeof value.tree !== "string";
  }
  if (old !== null && typeof old === "object")
    return typeof tree === "string" && isPlain ? plain(tree) : copyTree(tree, origins);
  if (old === undefined || isUntyped) return plain(scalarText(tree));
  const text = scalarText(tree);
  if (typeof old === "string") return text;
  const read = plain(text);
  // kustomize writes the text and keeps the type, whether it fits or not.
  if (typeof read !== typeof old || read === null)
    throw new Unsupported("a replacement of another type", place);
  return read;
}

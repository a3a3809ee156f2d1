import { byText } from "../by-text.ts";
import type { Place } from "../place.ts";
import { printable } from "../printable.ts";
import { rankOf, typeText } from "./kind-order.ts";
import { isKind } from "./resource.ts";
import { Fault } from "./stop.ts";
import {
  annotationFields,
  type FieldRow,
  imageFields,
  labelFields,
  nameReferences,
  namespaceFields,
  replicaFields,
  templateLabelFields,
  varFields,
} from "./tables.generated.ts";
import { look, type Origins } from "./tree.ts";

/** Group, version and kind, with the fields in which objects of that kind are named. */
export type NameReference = readonly [readonly [string, string, string], readonly FieldRow[]];

/** Lists of fields that a file of `configurations` may add to. */
export const fieldLists = [
  "namePrefix",
  "nameSuffix",
  "namespace",
  "commonLabels",
  "labels",
  "templateLabels",
  "commonAnnotations",
  "varReference",
  "images",
  "replicas",
] as const;

export type FieldLists = Readonly<Record<(typeof fieldLists)[number], readonly FieldRow[]>>;

/** Which fields transformers change (kustomize api/internal/plugins/builtinconfig/transformerconfig.go). */
export interface FieldConfig extends FieldLists {
  readonly nameReference: readonly NameReference[];
}

/** No field at all. */
export const emptyConfig: FieldConfig = {
  namePrefix: [],
  nameSuffix: [],
  namespace: [],
  commonLabels: [],
  labels: [],
  templateLabels: [],
  commonAnnotations: [],
  varReference: [],
  images: [],
  replicas: [],
  nameReference: [],
};

const name: FieldRow = ["metadata/name", "", "", "", 0];

/** What holds where no kustomization says otherwise. */
export const defaultConfig: FieldConfig = sortedConfig({
  namePrefix: [name],
  nameSuffix: [name],
  namespace: namespaceFields,
  commonLabels: labelFields,
  labels: [],
  templateLabels: templateLabelFields,
  commonAnnotations: annotationFields,
  varReference: varFields,
  images: imageFields,
  replicas: replicaFields,
  nameReference: nameReferences,
});

/** Files of configurations as one: the second adds to the first. */
export function joinedConfigs(configs: readonly FieldConfig[], place: Place, origins: Origins): FieldConfig {
  return configs.reduce((all, one) => mergedConfig(all, sorted(one), place, origins), emptyConfig);
}

/**
 * Two configurations as one. What the first has already is not added; what says otherwise of the same field ends the build.
 * @throws {Fault}
 */
export function mergedConfig(
  one: FieldConfig,
  other: FieldConfig,
  place: Place,
  origins: Origins,
): FieldConfig {
  // Nearly every kustomization has none of its own.
  if (one === other || other === emptyConfig) return one;
  // Taking over another one is merging, too: a row for any kind is lost behind one for some kind.
  if (one === emptyConfig && other === defaultConfig) return other;
  const lists = fieldLists.map((list) => [list, mergedRows(one[list], other[list], place, origins)] as const);
  return sortedConfig({
    ...(Object.fromEntries(lists) as FieldLists),
    nameReference: mergedReferences(one.nameReference, other.nameReference, place, origins),
  });
}

/** Rows with others added (kustomize api/types/fieldspec.go, MergeAll). */
export function mergedRows(
  rows: readonly FieldRow[],
  others: readonly FieldRow[],
  place: Place,
  origins: Origins,
): readonly FieldRow[] {
  look(origins, (rows.length * others.length) >> 4);
  const merged = [...rows];
  for (const row of others) {
    const [path, group, version, kind, create] = row;
    // A row for any kind adds nothing where there is one for some kind.
    const same = merged.find(
      (old) =>
        old[0] === path && isKind({ group: old[1], version: old[2], kind: old[3] }, [group, version, kind]),
    );
    if (same === undefined) merged.push(row);
    else if (same[4] !== create)
      throw new Fault(
        "kustomization/field",
        `two field specifications of ${printable(path)} differ in create`,
        place,
      );
  }
  return merged;
}

function mergedReferences(
  references: readonly NameReference[],
  others: readonly NameReference[],
  place: Place,
  origins: Origins,
): readonly NameReference[] {
  look(origins, (references.length * others.length) >> 4);
  const merged = [...references];
  for (const [kind, rows] of others) {
    const at = merged.findIndex(([old]) => old.every((part, index) => part === kind[index]));
    const old = merged[at];
    if (old === undefined) merged.push([kind, rows]);
    else merged[at] = [kind, mergedRows(old[1], rows, place, origins)];
  }
  return merged;
}

function sorted(config: FieldConfig): FieldConfig {
  return config === defaultConfig ? config : sortedConfig(config);
}

function sortedConfig(config: FieldConfig): FieldConfig {
  const byKind = (one: readonly [string, string, string], other: readonly [string, string, string]): number =>
    rankOf(one[2]) - rankOf(other[2]) || byText(typeText(one), typeText(other));
  const lists = fieldLists.map((list) => [
    list,
    config[list].toSorted((one, other) => byKind([one[1], one[2], one[3]], [other[1], other[2], other[3]])),
  ]);
  return {
    ...(Object.fromEntries(lists) as FieldLists),
    nameReference: config.nameReference.toSorted(([one], [other]) => byKind(one, other)),
  };
}

/** Rows that files of configurations added: each looks at every object. */
export function addedRows(fields: FieldConfig): number {
  const count = (config: FieldConfig): number =>
    fieldLists.reduce((sum, list) => sum + config[list].length, 0) +
    config.nameReference.reduce((sum, [, rows]) => sum + rows.length, 0);
  return Math.max(0, count(fields) - count(defaultConfig));
}

import type { Place } from "../../place.ts";
import type { BuiltinPlugin } from "../build-metadata.ts";
import { type FieldConfig, mergedRows } from "../field-config.ts";
import type { Kustomization, LabelChange } from "../kustomization.ts";
import type { Resource } from "../resource.ts";
import type { FieldRow } from "../tables.generated.ts";
import type { Origins } from "../tree.ts";
import { teller } from "./tell.ts";
import { setTexts } from "./texts.ts";

/** Told of each transformer of kustomize that would have run. */
export type Done = (plugin: BuiltinPlugin) => void;

interface Change {
  readonly origins: Origins;
  readonly fields: FieldConfig;
  readonly done: Done;
}

/** The labels of a kustomization: its `labels`, each with the fields that it asks for, and `commonLabels`. */
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
    setTexts(resources, rows[index] ?? [], label.pairs, {
      origins,
      tell: teller(kustomization, origins, label.path),
    });
    done("LabelTransformer");
  }
  setTexts(resources, fields.commonLabels, commonLabels, {
    origins,
    tell: teller(kustomization, origins, ["commonLabels"]),
  });
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

import { mergeDocuments, patchDocuments, replacementsOf } from "./asked-patches.ts";
import { addChange, type BuiltinPlugin } from "./build-metadata.ts";
import type { Loader } from "./build-files.ts";
import { addedRows, type FieldConfig } from "./field-config.ts";
import type { Kustomization } from "./kustomization.ts";
import { applyAnyPatch, applyJsonPatchOf, applyMergePatches } from "./patches.ts";
import { replaceValues } from "./replace.ts";
import type { Resource } from "./resource.ts";
import { setAffix } from "./transform/affix.ts";
import { setImages } from "./transform/images.ts";
import { setLabels } from "./transform/labels.ts";
import { setNamespace } from "./transform/namespace.ts";
import { setReplicas } from "./transform/replicas.ts";
import { teller } from "./transform/tell.ts";
import { setTexts } from "./transform/texts.ts";
import { look, type Origins } from "./tree.ts";

export interface Change {
  readonly load: Loader;
  readonly fields: FieldConfig;
  readonly origins: Origins;
  /** The kustomization's file, where the origin of objects is kept. */
  readonly file: string | undefined;
}

/** Changes the objects as the members of a kustomization ask, in kustomize's order (api/internal/target, configureBuiltinTransformers). */
export function change(
  resources: Resource[],
  asked: Kustomization,
  { load, fields, origins, file }: Change,
): void {
  look(origins, resources.length * (changesOf(asked) + addedRows(fields)));
  const done = (kind: BuiltinPlugin): void => {
    if (file !== undefined) addChange(resources, { file, kind }, origins);
  };
  if (asked.patchesStrategicMerge.length > 0) {
    const documents = mergeDocuments(load, asked.patchesStrategicMerge, origins);
    applyMergePatches(resources, documents, asked.place, origins);
    done("PatchStrategicMergeTransformer");
  }
  for (const entry of asked.patches) {
    applyAnyPatch(resources, patchDocuments(load, entry), entry, origins);
    done("PatchTransformer");
  }
  setNamespace(resources, {
    namespace: asked.namespace,
    rows: fields.namespace,
    unsetOnly: false,
    subjects: "defaultOnly",
    tell: teller(asked, origins, ["namespace"]),
  });
  if (asked.namespace !== "") done("NamespaceTransformer");
  if (asked.namePrefix !== "") {
    setAffix(resources, { affix: "prefix", text: asked.namePrefix, rows: fields.namePrefix });
    done("PrefixTransformer");
  }
  if (asked.nameSuffix !== "") {
    setAffix(resources, { affix: "suffix", text: asked.nameSuffix, rows: fields.nameSuffix });
    done("SuffixTransformer");
  }
  setLabels(resources, asked, { origins, fields, done });
  setTexts(resources, fields.commonAnnotations, asked.commonAnnotations, {
    origins,
    tell: teller(asked, origins, ["commonAnnotations"]),
  });
  if (asked.commonAnnotations.size > 0) done("AnnotationsTransformer");
  for (const entry of asked.patchesJson6902) {
    applyJsonPatchOf(resources, patchDocuments(load, entry), entry, origins);
    done("PatchJson6902Transformer");
  }
  for (const [index, replica] of asked.replicas.entries()) {
    const tell = teller(asked, origins, ["replicas", index, "count"]);
    setReplicas(resources, { ...replica, rows: fields.replicas, tell });
    done("ReplicaCountTransformer");
  }
  for (const [index, image] of asked.images.entries()) {
    setImages(resources, {
      image,
      rows: fields.images,
      origins,
      tell: teller(asked, origins, ["images", index]),
    });
    done("ImageTagTransformer");
  }
  replaceValues(resources, replacementsOf(load, asked.replacements), origins);
  if (asked.replacements.length > 0) done("ReplacementTransformer");
}

/** How often every object is looked at. */
function changesOf(asked: Kustomization): number {
  const { patches, patchesStrategicMerge, patchesJson6902, images, replicas, labels, replacements } = asked;
  const changes = [patches, patchesStrategicMerge, patchesJson6902, images, replicas, labels, replacements];
  return 4 + changes.reduce((sum, list) => sum + list.length, 0);
}

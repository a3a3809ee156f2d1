import { printable } from "../printable.ts";
import type { Kustomization } from "./kustomization.ts";
import { changeField } from "./field-path.ts";
import type { Resource } from "./resource.ts";
import { Unsupported } from "./stop.ts";
import { isTreeMap, look, type Origins, scalarText, type Tree, treeAt, type TreeMap } from "./tree.ts";
import { scalarOf, yamlScalar } from "./yaml-scalar.ts";

/** Annotations in which kustomize keeps where an object comes from and what changed it (kustomize api/internal/utils/annotations.go). */
const ORIGIN = "config.kubernetes.io/origin";
const CHANGES = "alpha.config.kubernetes.io/transformations";

/** As the label that kustomize puts on what it made names it. */
const MANAGER = "kustomize-v5.8.1";

export type BuiltinPlugin =
  | "ConfigMapGenerator"
  | "SecretGenerator"
  | "PatchStrategicMergeTransformer"
  | "PatchTransformer"
  | "NamespaceTransformer"
  | "PrefixTransformer"
  | "SuffixTransformer"
  | "LabelTransformer"
  | "AnnotationsTransformer"
  | "PatchJson6902Transformer"
  | "ReplicaCountTransformer"
  | "ImageTagTransformer"
  | "ReplacementTransformer";

/** What made or changed an object: a transformer or generator of kustomize, and where it was asked for. */
export interface Maker {
  readonly file: string;
  readonly kind: string;
  /** Of its configuration, where it has one of its own. */
  readonly name?: string;
  readonly namespace?: string;
}

/** The file that the origin of an object names. */
export function originPath({ tree }: Resource): string | undefined {
  const written = /^path: (.*)\n$/.exec(annotation(tree, ORIGIN) ?? "")?.[1];
  return written === undefined ? undefined : scalarOf(written);
}

/** What is put on an object of a file; the path is that from the folder that is built. */
export function setFileOrigin({ tree, place }: Resource, path: string): void {
  annotate(tree, ORIGIN, `path: ${scalar(path, place)}\n`);
}

/** What is put on an object that a member of a kustomization made. */
export function setGeneratorOrigin(resource: Resource, maker: Maker): void {
  annotate(resource.tree, ORIGIN, configured(resource, maker).join(""));
}

/** Says of every object that a member of a kustomization went over it; of one that has no origin, that it made it. */
export function addChange(resources: readonly Resource[], maker: Maker, origins: Origins): void {
  for (const resource of resources) {
    const { tree, place } = resource;
    const lines = configured(resource, maker);
    if (annotation(tree, ORIGIN) === undefined) {
      annotate(tree, ORIGIN, lines.join(""));
      continue;
    }
    const before = annotation(tree, CHANGES) ?? "";
    // It is read and written as a whole each time.
    look(origins, before.length >> 5);
    // kustomize reads it, and writes it again in its own way.
    if (!/^(?:- configuredIn: .*\n(?: {2}.*\n)+)*$/.test(before))
      throw new Unsupported(`an object with the annotation ${CHANGES}`, place);
    annotate(tree, CHANGES, `${before}- ${lines.join("  ")}`);
    const annotations = treeAt(tree, "metadata", "annotations");
    if (isTreeMap(annotations)) origins.shared.delete(annotations);
  }
}

/** The origin of what was there before stays, where what is made is joined with it (kustomize api/resmap appendReplaceOrMerge). */
export function keepOrigin(from: TreeMap, to: TreeMap): void {
  const origin = annotation(from, ORIGIN);
  if (origin !== undefined) annotate(to, ORIGIN, origin);
}

/** Takes out what the kustomization that is built did not ask for, and adds the label that it did (kustomize api/krusty). */
export function finishMetadata(resources: readonly Resource[], { buildMetadata }: Kustomization): void {
  for (const { tree } of resources) {
    if (buildMetadata.includes("managedByLabel")) label(tree);
    const annotations = treeAt(tree, "metadata", "annotations");
    if (!isTreeMap(annotations)) continue;
    if (!buildMetadata.includes("originAnnotations")) annotations.delete(ORIGIN);
    if (!buildMetadata.includes("transformerAnnotations")) annotations.delete(CHANGES);
  }
}

function label(tree: TreeMap): void {
  const set = (field: Tree): Tree | undefined => {
    if (!isTreeMap(field)) return undefined;
    field.set("app.kubernetes.io/managed-by", MANAGER);
    return undefined;
  };
  changeField(tree, ["metadata/labels", "", "", "", 1], set, { made: () => new Map() });
}

function configured(
  { place }: Resource,
  { file, kind, name = "", namespace = "" }: Maker,
): readonly string[] {
  return [
    `configuredIn: ${scalar(file, place)}\n`,
    "configuredBy:\n",
    "  apiVersion: builtin\n",
    `  kind: ${kind}\n`,
    ...(name === "" ? [] : [`  name: ${scalar(name, place)}\n`]),
    ...(namespace === "" ? [] : [`  namespace: ${scalar(namespace, place)}\n`]),
  ];
}

function scalar(text: string, place: Resource["place"]): string {
  const written = yamlScalar(text);
  if (written === undefined) throw new Unsupported(`the origin ${printable(text)}`, place);
  return written;
}

function annotation(tree: TreeMap, key: string): string | undefined {
  const value = treeAt(tree, "metadata", "annotations", key);
  return value === undefined ? undefined : scalarText(value);
}

/** Sets an annotation; all others are written again as texts. */
function annotate(tree: TreeMap, key: string, text: string): void {
  const metadata = tree.get("metadata");
  if (!isTreeMap(metadata)) return;
  let annotations = metadata.get("annotations");
  if (!isTreeMap(annotations)) {
    annotations = new Map();
    metadata.set("annotations", annotations);
  }
  for (const [name, value] of annotations)
    if (typeof value !== "string") annotations.set(name, scalarText(value));
  annotations.set(key, text);
}

/** kustomize writes all annotations again, as texts, and none where none is left. */
export function tidyAnnotations({ tree }: Resource): void {
  const metadata = tree.get("metadata");
  const annotations = treeAt(metadata, "annotations");
  if (!isTreeMap(metadata) || !isTreeMap(annotations)) return;
  for (const [key, value] of annotations) {
    if (internal.has(key)) annotations.delete(key);
    else if (typeof value !== "string") annotations.set(key, scalarText(value));
  }
  if (annotations.size === 0) metadata.delete("annotations");
}

const internal: ReadonlySet<string> = new Set(
  ["index", "path"].map((name) => `config.kubernetes.io/${name}`),
);

import { compileRegex } from "../cel/library/regex.ts";
import { type Labels, matchesSelector, parseSelector } from "../selector.ts";
import type { PatchTarget } from "./kustomization.ts";
import { currentId, effectiveNamespace, originalId, type Resource } from "./resource.ts";
import { Fault } from "./stop.ts";
import { isTreeMap, scalarText, treeAt, type TreeMap } from "./tree.ts";

/** The objects that a target selects: names, namespaces and kinds are patterns of the whole text (kustomize api/types/selector.go). */
export function selected(resources: readonly Resource[], target: PatchTarget): readonly Resource[] {
  const namespace = pattern(target.namespace);
  const name = pattern(target.name);
  const group = pattern(target.group);
  const version = pattern(target.version);
  const kind = pattern(target.kind);
  return resources.filter((resource) => {
    const current = currentId(resource.tree);
    const original = originalId(resource);
    return (
      namespace(effectiveNamespace(original), effectiveNamespace(current)) &&
      name(original.name, current.name) &&
      group(current.group) &&
      version(current.version) &&
      kind(current.kind) &&
      fitsTexts(target.labelSelector, resource.tree, "labels") &&
      fitsTexts(target.annotationSelector, resource.tree, "annotations")
    );
  });
}

/** Whether one of the texts fits all of a pattern; an empty one fits everything. */
export function pattern(text: string): (...texts: readonly string[]) => boolean {
  if (text === "") return () => true;
  const regex = compileRegex(`^(?:${text})$`);
  if (typeof regex === "string") throw new Fault("kustomization/malformed", "its target has a bad pattern");
  return (...texts) => texts.some((one) => regex.matcher(one).find());
}

export function fitsTexts(selector: string, tree: TreeMap, member: string): boolean {
  if (selector === "") return true;
  const parsed = parseSelector(selector);
  if (parsed === undefined) throw new Fault("kustomization/malformed", "its target has a bad selector");
  const texts = treeAt(tree, "metadata", member);
  const labels: Labels = isTreeMap(texts)
    ? Object.fromEntries([...texts].map(([key, value]) => [key, scalarText(value)]))
    : {};
  return matchesSelector(parsed, labels);
}

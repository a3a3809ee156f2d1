import { compileRegex } from "../cel/library/regex.ts";
import { type Labels, matchesSelector, parseSelector } from "../selector.ts";
import type { PatchTarget } from "./kustomization.ts";
import { currentId, effectiveNamespace, originalId, type Resource } from "./resource.ts";
import { Fault } from "./stop.ts";
import { isTreeMap, treeAt, type TreeMap } from "./tree.ts";

/** The objects that a target selects: names, namespaces and kinds are patterns of the whole text (kustomize api/types/selector.go). */
export function selected(resources: readonly Resource[], target: PatchTarget): readonly Resource[] {
  const fits = (pattern: string, ...texts: readonly string[]): boolean => {
    if (pattern === "") return true;
    const regex = compileRegex(`^(?:${pattern})$`);
    if (typeof regex === "string") throw new Fault("kustomization/malformed", "its target has a bad pattern");
    return texts.some((text) => regex.matcher(text).find());
  };
  return resources.filter((resource) => {
    const current = currentId(resource.tree);
    const original = originalId(resource);
    return (
      fits(target.namespace, effectiveNamespace(original), effectiveNamespace(current)) &&
      fits(target.name, original.name, current.name) &&
      fits(target.group, current.group) &&
      fits(target.version, current.version) &&
      fits(target.kind, current.kind) &&
      fitsTexts(target.labelSelector, resource.tree, "labels") &&
      fitsTexts(target.annotationSelector, resource.tree, "annotations")
    );
  });
}

function fitsTexts(selector: string, tree: TreeMap, member: string): boolean {
  if (selector === "") return true;
  const parsed = parseSelector(selector);
  if (parsed === undefined) throw new Fault("kustomization/malformed", "its target has a bad selector");
  const texts = treeAt(tree, "metadata", member);
  const labels: Labels = isTreeMap(texts)
    ? Object.fromEntries([...texts].map(([key, value]) => [key, String(value)]))
    : {};
  return matchesSelector(parsed, labels);
}

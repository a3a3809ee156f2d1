import { compileRegex } from "../cel/library/regex.ts";
import { type Labels, matchesSelector, parseSelector, type Selector } from "../selector.ts";
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
  const texts = textsFit(target);
  return resources.filter((resource) => {
    const current = currentId(resource.tree);
    const original = originalId(resource);
    return (
      namespace(effectiveNamespace(original), effectiveNamespace(current)) &&
      name(original.name, current.name) &&
      group(current.group) &&
      version(current.version) &&
      kind(current.kind) &&
      texts(resource)
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

/** Whether labels and annotations of an object fit the selectors of a target. */
export function textsFit(target: PatchTarget): (resource: Resource) => boolean {
  const labels = selects(target.labelSelector, "labels");
  const annotations = selects(target.annotationSelector, "annotations");
  return ({ tree }) => labels(tree) && annotations(tree);
}

/** A selector is read when it is first asked: kustomize does not read one that no object comes to. */
function selects(selector: string, member: string): (tree: TreeMap) => boolean {
  if (selector === "") return () => true;
  let parsed: Selector | undefined;
  return (tree) => {
    parsed ??= parseSelector(selector);
    if (parsed === undefined) throw new Fault("kustomization/malformed", "its target has a bad selector");
    const texts = treeAt(tree, "metadata", member);
    const labels: Labels = isTreeMap(texts)
      ? Object.fromEntries([...texts].map(([key, value]) => [key, scalarText(value)]))
      : {};
    return matchesSelector(parsed, labels);
  };
}

import { changeField, type TellSet } from "../field-path.ts";
import { type ImageChange, imageChanger } from "../image.ts";
import type { Resource } from "../resource.ts";
import type { FieldRow } from "../tables.generated.ts";
import { isTreeMap, markUntyped, type Origins, textAt, type Tree, treeAt, type TreeMap } from "../tree.ts";

export interface ImagesChange {
  readonly image: ImageChange;
  readonly rows: readonly FieldRow[];
  readonly origins: Origins;
  readonly tell: TellSet;
}

/** Images of containers at any depth, and of the fields of the table (kustomize api/filters/imagetag). */
export function setImages(
  resources: readonly Resource[],
  { image: change, rows, origins, tell: tellPlace }: ImagesChange,
): void {
  const tell: TellSet = (holder, name) => {
    tellPlace(holder, name);
    markUntyped(origins, holder, name);
  };
  const changed = imageChanger(change);
  const set = (image: Tree): Tree | undefined => (typeof image === "string" ? changed(image) : undefined);
  for (const { tree } of resources) {
    if (textAt(tree, "kind") === "CustomResourceDefinition") continue;
    inContainers(tree, set, tell);
    for (const row of rows) {
      if (imageRowFits(tree, row[0])) changeField(tree, row, set, { tell });
    }
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

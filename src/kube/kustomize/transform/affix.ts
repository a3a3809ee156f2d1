import { changeField } from "../field-path.ts";
import { isKind, originalId, type Resource, storeId } from "../resource.ts";
import { Fault } from "../stop.ts";
import type { FieldRow } from "../tables.generated.ts";
import { scalarText, type Tree } from "../tree.ts";

/** Kinds that keep their names. */
const unnamed: readonly (readonly [string, string, string])[] = [
  ["", "", "CustomResourceDefinition"],
  ["apiregistration.k8s.io", "", "APIService"],
  ["", "", "Namespace"],
];

export interface AffixChange {
  readonly affix: "prefix" | "suffix";
  readonly text: string;
  readonly rows: readonly FieldRow[];
}

/** Puts a text before or behind the names (kustomize internal/builtins/PrefixTransformer.go). */
export function setAffix(resources: readonly Resource[], { affix, text, rows }: AffixChange): void {
  const set = (value: Tree): Tree | undefined => {
    if (value !== null && typeof value === "object")
      throw new Fault("kustomization/field", "a prefix or suffix is for single values");
    if (text === "") return undefined;
    return affix === "prefix" ? text + scalarText(value) : scalarText(value) + text;
  };
  for (const resource of resources) {
    const id = originalId(resource);
    if (unnamed.some((kind) => isKind(id, kind))) continue;
    for (const row of rows) {
      const [path, group, version, kind] = row;
      if (!isKind(id, [group, version, kind])) continue;
      if (path === "metadata/name" && text !== "") {
        (affix === "prefix" ? resource.prefixes : resource.suffixes).push(text);
        storeId(resource);
      }
      changeField(resource.tree, row, set, { made: () => "" });
    }
  }
}

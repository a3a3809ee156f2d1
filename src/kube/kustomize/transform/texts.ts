import { changeField, type TellSet } from "../field-path.ts";
import type { Resource } from "../resource.ts";
import { Fault } from "../stop.ts";
import type { FieldRow } from "../tables.generated.ts";
import { setShared, shareValue } from "../shared.ts";
import { isTreeMap, type Origins, type Tree, type TreeMap } from "../tree.ts";

/** Puts labels or annotations into the fields of a table (kustomize api/filters/labels, annotations). */
export function setTexts(
  resources: readonly Resource[],
  rows: readonly FieldRow[],
  texts: ReadonlyMap<string, string>,
  { origins, tell }: { readonly origins: Origins; readonly tell: TellSet },
): void {
  for (const key of [...texts.keys()].sort()) {
    const value = texts.get(key) ?? "";
    for (const { tree } of resources) {
      const made: TreeMap[] = [];
      const set = (field: Tree): Tree | undefined => {
        if (field !== null && !isTreeMap(field))
          throw new Fault("kustomization/field", "labels and annotations stand in mappings");
        const map: TreeMap = field ?? new Map<string, Tree>();
        if (!map.has(key)) made.push(map);
        setShared(origins, map, key, { value, tell });
        return field === null ? map : undefined;
      };
      for (const row of rows) changeField(tree, row, set, { made: () => new Map() });
      shareValue(origins, made, key);
    }
  }
}

import { printable } from "../printable.ts";
import { isKind, kindOf } from "./resource.ts";
import { Fault } from "./stop.ts";
import type { FieldRow } from "./tables.generated.ts";
import { isTreeMap, type Tree, type TreeMap } from "./tree.ts";

/**
 * What a field becomes: `undefined` leaves it. A list or mapping is changed in place and given back. `holder` and `name`: where
 * it stands.
 */
export type SetField = (value: Tree, holder: Tree, name: string) => Tree | undefined;

/** Told of every single value that was set. */
export type TellSet = (holder: TreeMap, name: string) => void;

/**
 * Changes the fields that a row of a table names (kustomize api/filters/fieldspec): the path passes through every item of
 * lists; `create` makes what is not there, `made` is what an absent last field begins as.
 */
export function changeField(
  object: TreeMap,
  row: FieldRow,
  set: SetField,
  { made, tell }: { readonly made?: () => Tree; readonly tell?: TellSet } = {},
): void {
  const [path, group, version, kind, create] = row;
  if (!isKind(kindOf(object), [group, version, kind])) return;
  walk(object, path.split("/"), { made: create === 1 ? made : undefined, set, tell });
}

interface Change {
  readonly made: (() => Tree) | undefined;
  readonly set: SetField;
  readonly tell: TellSet | undefined;
}

function walk(value: Tree, path: readonly string[], change: Change): void {
  const { made, set, tell } = change;
  const [step = "", ...rest] = path;
  if (value === null) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (path.length > 0) walk(item, path, change);
      else value[index] = set(item, value, "") ?? item;
    }
    return;
  }
  if (!isTreeMap(value))
    throw new Fault(
      "kustomization/field",
      `${printable(path.join("."))} stands in neither a mapping nor a list`,
    );
  const isSequence = step.endsWith("[]");
  const name = isSequence ? step.slice(0, -2) : step;
  let member = value.get(name);
  if ((member === undefined || member === null) && made !== undefined && !isSequence) {
    member = rest.length === 0 ? made() : new Map<string, Tree>();
    value.set(name, member);
  }
  if (member === undefined) return;
  if (rest.length > 0) walk(member, rest, change);
  else {
    const changed = set(member, value, name);
    if (changed === undefined) return;
    value.set(name, changed);
    tell?.(value, name);
  }
}

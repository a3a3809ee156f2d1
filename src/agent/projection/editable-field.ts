import { isArray, isObject, type Json, type JsonObject, type JsonPath, valueAt } from "../../kube/json.ts";
import { objectKey } from "../../kube/object-key.ts";
import { shownAs, type ShownAs } from "./shown-as.ts";
import { shownTree } from "./shown-tree.ts";

export type EditableField =
  | { readonly ok: true; readonly path: JsonPath; readonly takes: ShownAs }
  | { readonly ok: false; readonly problem: string };

/**
 * The place that steps of `edit_field` name in an object, if it is one that may be set: only rows of the projection with
 * `edit`, only below members and items that stand there. Problems name no value.
 */
export function editableField(object: JsonObject, steps: readonly string[]): EditableField {
  let node = shownTree(objectKey(object));
  const path: (string | number)[] = [];
  for (const [number, step] of steps.entries()) {
    const item = /^\[(?:([A-Za-z]+)=)?(.+)\]$/u.exec(step);
    if (item === null) {
      const next = node.members.get(step);
      if (next === undefined) return refused(steps, "it is not among the fields that may be set");
      node = next;
      path.push(step);
      continue;
    }
    if (node.items === undefined) return refused(steps, "it is not among the fields that may be set");
    const list = valueAt(object, path);
    const index = isArray(list) ? indexOf(list, item[1], item[2] ?? "") : undefined;
    if (index === undefined) return refused(steps, `step ${number + 1} names no item that stands there`);
    node = node.items;
    path.push(index);
  }
  const { row } = node;
  if (row?.edit !== true || row.as === "labels" || row.as === "keys") {
    return refused(steps, "it is not among the fields that may be set");
  }
  // Members that are missing on the way are made; where something else stands, nothing is put in its place.
  for (let length = 1; length < path.length; length++) {
    const part = valueAt(object, path.slice(0, length));
    if (part !== undefined && !isObject(part) && !isArray(part))
      return refused(steps, "something else stands there");
  }
  return { ok: true, path, takes: shownAs[row.as] };
}

function indexOf(list: readonly Json[], member: string | undefined, text: string): number | undefined {
  if (member === undefined) return Number(text) < list.length ? Number(text) : undefined;
  const found = list.flatMap((item, index) =>
    isObject(item) && Object.hasOwn(item, member) && item[member] === text ? [index] : [],
  );
  return found.length === 1 ? found[0] : undefined;
}

function refused(steps: readonly string[], reason: string): EditableField {
  return { ok: false, problem: `${steps.join(".").slice(0, 200)} cannot be set: ${reason}` };
}

import { isCredential } from "../../analysis/checks/secrets/credentials.ts";
import { isLabelValue } from "../../authoring/specialists/names.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../kube/json.ts";
import { objectKey, versionText } from "../../kube/object-key.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import { shownAs } from "./shown-as.ts";
import { shownLabels } from "./shown-fields.ts";
import { type ShownNode, shownTree } from "./shown-tree.ts";

/** Most objects, and fields of one object, that are shown: a model reads no more, and a hostile file costs no more. */
export const MAX_OBJECTS = 200;
export const MAX_FIELDS = 400;

/** One object as a model may see it. A null stands for what is not of the form that is shown. */
export interface ProjectedObject {
  readonly apiVersion: string | null;
  readonly kind: string | null;
  readonly name: string | null;
  readonly namespace?: string | null;
  readonly fields: readonly ProjectedField[];
}

export interface ProjectedField {
  /** Steps as `edit_field` takes them. */
  readonly path: readonly string[];
  readonly value: string | number | boolean | readonly string[];
  /** It may be set with `edit_field`. */
  readonly edit?: true;
}

/**
 * What a model may see of objects: structure, names, kinds, labels by an allowlist, and of maps their keys (the table is
 * shown-fields.ts). Two inputs that differ only in what has no row give the same bytes. Sorted by identity; at most 200
 * objects with 400 fields each, and how many more there were.
 */
export function projectObjects(
  objects: readonly JsonObject[],
  options: { readonly editable?: boolean } = {},
): JsonObject {
  const editable = options.editable ?? true;
  const projected = objects
    .map((object) => projectObject(object, editable))
    .map((object) => ({
      object,
      order: JSON.stringify([object.kind, object.namespace, object.name, object]),
    }))
    .sort((left, right) => (left.order < right.order ? -1 : left.order > right.order ? 1 : 0))
    .map(({ object }) => object);
  return {
    objects: projected.slice(0, MAX_OBJECTS) as unknown as Json,
    ...(projected.length > MAX_OBJECTS ? { omitted: projected.length - MAX_OBJECTS } : {}),
  };
}

/** The projection of one object. */
export function projectObject(object: JsonObject, editable: boolean): ProjectedObject {
  const key = objectKey(object);
  const fields: ProjectedField[] = [];
  walk(shownTree(key), object, [], { key, editable, fields });
  return {
    apiVersion: shown(/^(?:[a-z0-9.-]{1,190}\/)?v[a-z0-9]{1,30}$/u.test(versionText(key)), versionText(key)),
    kind: shown(shownAs.kind.takes(key.kind), key.kind),
    name: shown(shownAs.rbacName.takes(key.name), key.name),
    ...(key.namespace === "" ? {} : { namespace: shown(shownAs.name.takes(key.namespace), key.namespace) }),
    fields,
  };
}

function shown(fits: boolean, text: string): string | null {
  return fits ? text : null;
}

interface Walk {
  readonly key: ObjectKey;
  readonly editable: boolean;
  readonly fields: ProjectedField[];
}

function walk(node: ShownNode, value: Json, path: readonly string[], to: Walk): void {
  if (to.fields.length >= MAX_FIELDS) return;
  if (node.row !== undefined) leaf(node, value, path, to);
  if (isObject(value)) {
    // In the order of the table: the order of the input's members does not show.
    for (const [name, next] of node.members) {
      const part = Object.hasOwn(value, name) ? value[name] : undefined;
      if (part !== undefined) walk(next, part, [...path, name], to);
    }
  }
  if (isArray(value) && node.items !== undefined) {
    const steps = itemSteps(value);
    for (const [index, item] of value.entries()) {
      if (to.fields.length >= MAX_FIELDS) return;
      walk(node.items, item, [...path, steps[index] ?? `[${index}]`], to);
    }
  }
}

function leaf(node: ShownNode, value: Json, path: readonly string[], to: Walk): void {
  const { row } = node;
  if (row === undefined) return;
  if (row.as === "labels") {
    if (isObject(value)) labels(value, path, to);
  } else if (row.as === "keys") {
    if (!isObject(value)) return;
    const keys = Object.keys(value)
      .filter((key) => shownAs.key.takes(key))
      .sort();
    if (keys.length > 0) to.fields.push({ path, value: keys.slice(0, MAX_FIELDS) });
  } else if (shownAs[row.as].takes(value)) {
    const edit = to.editable && row.edit === true ? { edit: true as const } : {};
    to.fields.push({ path, value: value as string | number | boolean, ...edit });
  }
}

function labels(value: JsonObject, path: readonly string[], { fields }: Walk): void {
  for (const key of shownLabels) {
    const label = Object.hasOwn(value, key) ? value[key] : undefined;
    if (typeof label === "string" && isLabelValue(label) && !isCredential(key, label)) {
      fields.push({ path: [...path, key], value: label });
    }
  }
}

/** Items by their names where each has one of its own, else by their numbers. */
function itemSteps(list: readonly Json[]): readonly string[] {
  const names = list.flatMap((item) => {
    const name = isObject(item) && Object.hasOwn(item, "name") ? item["name"] : undefined;
    const fits = typeof name === "string" && (shownAs.name.takes(name) || shownAs.variable.takes(name));
    return fits ? [name] : [];
  });
  const named = names.length === list.length && new Set(names).size === names.length;
  return list.map((_, index) => (named ? `[name=${names[index] ?? ""}]` : `[${index}]`));
}

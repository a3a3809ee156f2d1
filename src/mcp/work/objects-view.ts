import { type ProjectedObject, projectObjects } from "../../agent/projection/projection.ts";
import type { Json, JsonObject } from "../../kube/json.ts";

/** Characters of objects that one answer holds in full. */
const ROOM = 60_000;

/**
 * Objects as a model may see them (agent/projection), as many as one answer holds; the others by kind and name. `editable`
 * marks the fields that edit_field may set.
 */
export function objectsView(
  objects: readonly JsonObject[],
  options: { readonly editable: boolean; readonly offset?: number },
): JsonObject {
  const projected = projectObjects(objects, options)["objects"] as unknown as readonly ProjectedObject[];
  const shown: Json[] = [];
  const others: Json[] = [];
  let room = ROOM;
  for (const object of projected.slice(options.offset ?? 0)) {
    const size = JSON.stringify(object).length;
    if (size <= room && others.length === 0) {
      room -= size;
      shown.push(object as unknown as Json);
    } else {
      const { kind, name, namespace = null } = object;
      others.push({ kind, name, namespace });
    }
  }
  return { total: objects.length, objects: shown, ...(others.length === 0 ? {} : { notShown: others }) };
}

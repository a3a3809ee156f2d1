import { isArray, isObject, type Json, type JsonPath } from "../json.ts";
import type { ReadDocument } from "../read-object.ts";
import { currentId, newResource, type Resource } from "./resource.ts";
import { Fault } from "./stop.ts";
import { isTreeMap, type Origins, treeOf } from "./tree.ts";

/** The objects of a document; lists are taken apart, an object needs kind and name (kyaml GetValidatedMetadata). */
export function addObjects(origins: Origins, document: ReadDocument, into: Resource[]): void {
  const rest: { readonly value: Json; readonly path: JsonPath }[] = [{ value: document.value, path: [] }];
  for (let item = rest.shift(); item !== undefined; item = rest.shift()) {
    const { value, path } = item;
    if (value === null) continue;
    const place = document.places.value(path);
    if (!isObject(value)) throw new Fault("kustomization/malformed", "a resource is a mapping", place);
    const items = Object.hasOwn(value, "items") ? value["items"] : undefined;
    const kind = Object.hasOwn(value, "kind") ? value["kind"] : undefined;
    if (typeof kind === "string" && kind.endsWith("List") && isArray(items)) {
      rest.push(...items.map((inner, index) => ({ value: inner, path: [...path, "items", index] })));
      continue;
    }
    const tree = treeOf(value, origins, document.places, path);
    if (!isTreeMap(tree)) continue;
    const id = currentId(tree);
    if (id.kind === "" || id.name === "")
      throw new Fault(
        "kustomization/malformed",
        `an object has no ${id.kind === "" ? "kind" : "metadata.name"}`,
        place,
      );
    into.push(newResource(tree, place));
  }
}

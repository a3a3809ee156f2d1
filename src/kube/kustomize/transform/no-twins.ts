import { currentId, effectiveNamespace, idText, type Resource } from "../resource.ts";
import { Fault } from "../stop.ts";

/** Objects that have become one, e.g. by a namespace for all. */
export function noTwins(resources: readonly Resource[]): void {
  const seen = new Set<string>();
  for (const { tree, place } of resources) {
    const id = currentId(tree);
    const key = JSON.stringify([id.group, id.version, id.kind, effectiveNamespace(id), id.name]);
    if (seen.has(key)) throw new Fault("kustomization/conflict", idText(id), place);
    seen.add(key);
  }
}

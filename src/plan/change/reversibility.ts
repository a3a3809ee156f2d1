import { versionsOf } from "../../kube/catalogue/catalogue.ts";
import { isArray, type JsonObject, valueAt } from "../../kube/json.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import type { Reversibility } from "../plan.ts";
import { immutableChanges } from "../../analysis/checks/changes/immutable-fields.ts";

export type Reconciler = "none" | "keeping" | "pruning";

/** Why the deletion of an object loses data or other objects, or may; undefined for kinds that hold neither (kernel K8). */
export function lossOf(key: ObjectKey, object: JsonObject): string | undefined {
  switch (`${key.group}/${key.kind}`) {
    case "/Namespace":
      return "everything in the namespace is deleted with it";
    case "apiextensions.k8s.io/CustomResourceDefinition":
      return "every object of the kind is deleted with it";
    case "/PersistentVolumeClaim":
      return "the data of the volume is lost, unless its class keeps it";
    case "/PersistentVolume":
      return "the tie to the data is lost";
    case "apps/StatefulSet": {
      const templates = valueAt(object, ["spec", "volumeClaimTemplates"]);
      return isArray(templates) && templates.length > 0 ? "it holds data in volumes of its own" : undefined;
    }
    default:
      // A database's operator may delete its volumes with its object.
      return versionsOf(key.group, key.kind).length === 0
        ? "its kind is not known, so neither is what its controller deletes with it"
        : undefined;
  }
}

/** Whether a change can be taken back by another plan. */
export function reversibilityOf(
  key: ObjectKey,
  before: JsonObject | null,
  after: JsonObject | null,
  reconciler: Reconciler,
): Reversibility {
  if (before === null) return { kind: "reversible" };
  if (after === null) {
    // The file comes back with the next commit; what a controller deleted because of it does not.
    if (reconciler !== "pruning") return { kind: "reversible" };
    const loss = lossOf(key, before);
    return loss === undefined
      ? { kind: "new-identity", reason: "made again it is another object, with another UID" }
      : { kind: "irreversible", reason: loss };
  }
  const fields = immutableChanges(before, after);
  if (fields.length === 0) return { kind: "reversible" };
  const reason = `${fields.join(", ")} cannot be changed: the object has to be deleted and made again`;
  const loss = lossOf(key, before);
  return loss === undefined
    ? { kind: "new-identity", reason }
    : { kind: "irreversible", reason: `${reason}; ${loss}` };
}

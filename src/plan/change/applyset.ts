import { sha256Hex } from "../../kube/digest.ts";
import { isObject, type JsonObject, valueAt } from "../../kube/json.ts";
import { keyText, objectKey } from "../../kube/object-key.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { CharterClusterTarget } from "../charter.ts";

/** Name under which every write of ours owns its fields. One for ever: another name would be another owner. */
export const FIELD_MANAGER = "kubeops";

/** Labels and annotations of ApplySets, as kubectl writes them (kubectl pkg/cmd/apply/applyset.go; KEP-3659). */
export const APPLYSET = {
  /** Label of a member: the id of its set. An object is a member of one set at most. */
  partOf: "applyset.kubernetes.io/part-of",
  /** Label of the parent: the id of its set. */
  id: "applyset.kubernetes.io/id",
  /** Annotations of the parent. */
  tooling: "applyset.kubernetes.io/tooling",
  containsGroupKinds: "applyset.kubernetes.io/contains-group-kinds",
  additionalNamespaces: "applyset.kubernetes.io/additional-namespaces",
} as const;

export interface ApplySetParent {
  readonly name: string;
  readonly namespace: string;
  readonly kind: string;
  readonly group: string;
}

/** The parent object of our ApplySet in a cluster: a ConfigMap in the namespace that the charter names. */
export function inventoryParent(row: CharterClusterTarget): ApplySetParent {
  return { name: "kubeops-inventory", namespace: row.cluster.inventory, kind: "ConfigMap", group: "" };
}

/** Id of a set: `applyset-<base64url(SHA-256("<name>.<namespace>.<kind>.<group>"))>-v1` (same file, ApplySet.ID). */
export function applySetId({ name, namespace, kind, group }: ApplySetParent): string {
  const hash = sha256Hex([name, namespace, kind, group].join("."));
  const bytes = (hash.match(/../gu) ?? []).map((pair) => String.fromCharCode(Number.parseInt(pair, 16)));
  const base64 = btoa(bytes.join("")).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/u, "");
  return `applyset-${base64}-v1`;
}

/** Whether an object is a member of the set. */
export function isMember(object: JsonObject, id: string): boolean {
  return valueAt(object, ["metadata", "labels", APPLYSET.partOf]) === id;
}

/**
 * The objects as they are applied: members of the set. Dry runs and plans hold exactly these.
 * @throws {OpsError} INPUT_REFUSED for a member of another set.
 */
export function membersOf(objects: readonly JsonObject[], id: string): readonly JsonObject[] {
  return objects.map((object) => {
    const other = valueAt(object, ["metadata", "labels", APPLYSET.partOf]);
    if (other === id) return object;
    if (other !== undefined) {
      throw new OpsError(
        "INPUT_REFUSED",
        `${printable(keyText(objectKey(object)))} carries the label ${APPLYSET.partOf} of another set`,
        { hint: "remove the label: an object is a member of one set" },
      );
    }
    const metadata = isObject(object["metadata"]) ? object["metadata"] : {};
    const labels = isObject(metadata["labels"]) ? metadata["labels"] : {};
    return { ...object, metadata: { ...metadata, labels: { ...labels, [APPLYSET.partOf]: id } } };
  });
}

/** The object without its membership in this set. */
export function withoutMembership(object: JsonObject, id: string): JsonObject {
  if (!isMember(object, id)) return object;
  const metadata = object["metadata"] as JsonObject;
  const { [APPLYSET.partOf]: _, ...labels } = metadata["labels"] as JsonObject;
  const { labels: __, ...rest } = metadata;
  return { ...object, metadata: Object.keys(labels).length === 0 ? rest : { ...rest, labels } };
}

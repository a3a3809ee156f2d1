import { versionsOf } from "../../../kube/catalogue/catalogue.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
import type { AccessRequest } from "../model/policy-rule.ts";

/** A change as a plan holds it. */
export interface PlannedChange {
  readonly key: ObjectKey;
  readonly operation: "create" | "update" | "delete" | "recreate" | "unchanged";
}

/**
 * The requests that carry out changes by server-side apply: patch by name, create by name for what is new, delete by name;
 * and get, by which the state is compared before and after. `dry-run` takes the same rights as the write.
 */
export function planRequests(
  changes: readonly PlannedChange[],
  toCluster: boolean,
): readonly AccessRequest[] {
  return changes.flatMap(({ key, operation }) => {
    if (operation === "unchanged") return [];
    const [type] = versionsOf(key.group, key.kind);
    const resource = type?.plural ?? `${key.kind.toLowerCase()}s`;
    const verbs = {
      create: ["create", "patch"],
      update: ["patch"],
      delete: ["delete"],
      recreate: ["delete", "create", "patch"],
    }[operation];
    const isNamespace = key.group === "" && key.kind === "Namespace";
    return [...(toCluster ? ["get"] : []), ...verbs].map((verb) => ({
      kind: "resource" as const,
      verb,
      group: key.group,
      resource,
      subresource: "",
      // A Namespace that is not there yet has no Role in it.
      namespace: isNamespace ? "" : key.namespace,
      name: key.name,
    }));
  });
}

import { isArray, valueAt } from "../../../kube/json.ts";
import { namespaceOf, objectKey } from "../../../kube/object-key.ts";
import { podTemplateOf } from "../../../kube/pod-template.ts";
import type { ReadObject } from "../../../kube/read-object.ts";

/** What rows ask of the other objects of the inputs. */
export interface FixWorld {
  /** Namespaces with Pods, or with what makes Pods. */
  readonly podNamespaces: ReadonlySet<string>;
  /** Whether a binding gives something to the default ServiceAccount of a namespace. */
  readonly bindsDefault: (namespace: string) => boolean;
}

const ACCOUNTS = "system:serviceaccounts";

export function fixWorld(objects: readonly ReadObject[]): FixWorld {
  const podNamespaces = new Set<string>();
  const bound = new Set<string>();
  let everywhere = false;
  for (const { object } of objects) {
    if (podTemplateOf(object) !== undefined) podNamespaces.add(namespaceOf(object));
    const { kind } = objectKey(object);
    const subjects = kind === "RoleBinding" || kind === "ClusterRoleBinding" ? object["subjects"] : [];
    for (const subject of isArray(subjects) ? subjects : []) {
      const name = valueAt(subject, ["name"]);
      const namespace = valueAt(subject, ["namespace"]);
      if (valueAt(subject, ["kind"]) === "ServiceAccount" && name === "default")
        bound.add(typeof namespace === "string" ? namespace : namespaceOf(object));
      else if (typeof name === "string" && name.startsWith(`${ACCOUNTS}:`))
        bound.add(name.slice(ACCOUNTS.length + 1));
      else everywhere ||= name === ACCOUNTS;
    }
  }
  return { podNamespaces, bindsDefault: (namespace) => everywhere || bound.has(namespace) };
}

import { type JsonObject, valueAt } from "../../../kube/json.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import { printable } from "../../../kube/printable.ts";
import { APPLYSET, applySetId, inventoryParent } from "../../../plan/change/applyset.ts";
import type { Charter, CharterClusterTarget } from "../../../plan/charter.ts";
import type { KubeReader } from "../client/reader/reader.ts";

const tooling = /^kubeops\/\S+$/;

/**
 * What the owner of a cluster creates once, for the inventory: its namespace, and the parent object by which kubectl and
 * other tools find the set (KEP-3659). Members carry its id as a label that stands in every planned object; the parent says
 * where they may be, which is what the charter says, so no run has to write it (kernel K13).
 */
export function inventoryManifest(
  charter: Charter,
  row: CharterClusterTarget,
  toolVersion: string,
): readonly JsonObject[] {
  const parent = inventoryParent(row);
  const kinds = charter.spec.kinds.flatMap(({ group, kinds: names }) =>
    names.map((kind) => (group === "" ? kind : `${kind}.${group}`)),
  );
  const namespaces = charter.spec.namespaces.filter((name) => name !== parent.namespace);
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: parent.namespace } },
    {
      apiVersion: "v1",
      kind: parent.kind,
      metadata: {
        name: parent.name,
        namespace: parent.namespace,
        labels: { [APPLYSET.id]: applySetId(parent) },
        annotations: {
          [APPLYSET.tooling]: `kubeops/v${toolVersion}`,
          [APPLYSET.containsGroupKinds]: [...new Set(kinds)].toSorted().join(","),
          ...(namespaces.length === 0
            ? {}
            : { [APPLYSET.additionalNamespaces]: [...new Set(namespaces)].toSorted().join(",") }),
        },
      },
    },
  ];
}

/**
 * A set of another tool is left alone: its parent says whose it is. One without a parent is ours by its id alone.
 * @throws {OpsError} TARGET_UNSAFE
 */
export async function refuseForeignSet(reader: KubeReader, row: CharterClusterTarget): Promise<void> {
  const parent = inventoryParent(row);
  const path = { group: "", version: "v1", plural: "configmaps", namespace: parent.namespace };
  const found = await reader.get({ ...path, name: parent.name }, { metadataOnly: true });
  if (found === undefined) return;
  const id = valueAt(found, ["metadata", "labels", APPLYSET.id]);
  const tool = valueAt(found, ["metadata", "annotations", APPLYSET.tooling]);
  const refuse = (what: string): OpsError =>
    new OpsError("TARGET_UNSAFE", `ConfigMap ${parent.namespace}/${parent.name} ${what}`, {
      hint: "the inventory of kubeops is not shared: name another namespace in the charter",
    });
  if (id !== applySetId(parent)) throw refuse("is not the parent of the set that its name makes it");
  if (typeof tool !== "string" || !tooling.test(tool))
    throw refuse(
      `belongs to another tool${typeof tool === "string" ? `: ${printable(JSON.stringify(tool))}` : ""}`,
    );
}

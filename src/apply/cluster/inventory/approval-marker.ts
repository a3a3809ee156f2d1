import { type JsonObject, valueAt } from "../../../kube/json.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import type { ApprovalStatement } from "../../../plan/approval-statement.ts";
import { FIELD_MANAGER } from "../../../plan/change/applyset.ts";
import { createRequest, type PlannedRequest } from "../client/request/planned-request.ts";
import type { KubeReader } from "../client/reader/reader.ts";
import { uidOf } from "../observe/live-facts.ts";

const label = "kubernetes-operations.dev/marker";

/** Name of the marker of a used approval. */
export function markerName(nonce: string): string {
  return `kubeops-approval-${nonce}`;
}

/**
 * What says in the cluster itself that an approval was used (kernel K11): fixed by the approval alone, immutable, without
 * any live value. It carries the approval's checkpoint, so the log can be held against it (K19).
 */
export function approvalMarker(namespace: string, statement: ApprovalStatement): JsonObject {
  const { plan, approver, nonce, checkpoint } = statement;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: markerName(nonce),
      namespace,
      labels: { "app.kubernetes.io/managed-by": "kubeops", [label]: "approval" },
    },
    immutable: true,
    data: { plan, approver, checkpoint: `${checkpoint.origin} ${checkpoint.size} ${checkpoint.root}` },
  };
}

/** The one request that makes a marker: a creation, which fails where one of that name is. */
export function markerRequest(namespace: string, statement: ApprovalStatement): PlannedRequest {
  return createRequest(
    { group: "", version: "v1", plural: "configmaps", namespace },
    approvalMarker(namespace, statement),
    { fieldManager: FIELD_MANAGER },
  );
}

/** A marker that stands in the cluster. */
export interface LiveMarker {
  readonly uid: string;
  readonly plan: string;
}

/** The marker of a nonce, or null. One that is not of our making still says that the nonce is used. */
export async function findMarker(
  reader: KubeReader,
  namespace: string,
  nonce: string,
): Promise<LiveMarker | null> {
  const path = { group: "", version: "v1", plural: "configmaps", namespace, name: markerName(nonce) };
  const found = await reader.get(path);
  if (found === undefined) return null;
  const plan = valueAt(found, ["data", "plan"]);
  return { uid: uidOf(found) ?? "", plan: typeof plan === "string" ? plan : "" };
}

/** @throws {OpsError} TARGET_REFUSED when the namespace of inventory and markers is not there. */
export async function requireInventory(reader: KubeReader, namespace: string): Promise<void> {
  const path = { group: "", version: "v1", plural: "namespaces", namespace: "", name: namespace };
  if ((await reader.get(path, { metadataOnly: true })) !== undefined) return;
  throw new OpsError(
    "TARGET_REFUSED",
    `the cluster has no namespace ${namespace}, where the charter wants the inventory and the markers of used approvals`,
    { hint: "its owner creates it once: kubeops charter inventory <cluster> | kubectl apply -f -" },
  );
}

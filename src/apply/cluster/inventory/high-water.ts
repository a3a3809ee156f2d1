import type { AuditLog } from "../../../audit/log-store.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import type { KubeReader } from "../client/reader/reader.ts";

/**
 * How far a cluster's store had come, as the audit log says it: `cluster <UID of kube-system> at 1234`. Versions of one
 * store only rise (KEP-5504 makes their order part of the API); a store that lies below was restored from a backup, and
 * the markers of approvals that were used since are gone with the rest (kernel K11).
 */
export function highWaterText(clusterUid: string, version: bigint): string {
  return `cluster ${clusterUid} at ${version}`;
}

const form = /^cluster ([0-9a-zA-Z-]{1,64}) at (\d{1,20})$/;

/**
 * The highest version that the log names for a cluster; null when it names none. Only what happened under this charter
 * counts: approvals are void under another one, so an owner who restored a cluster signs the charter anew.
 */
export function loggedHighWater(
  log: Pick<AuditLog, "entries">,
  clusterUid: string,
  charterDigest: string,
): bigint | null {
  let highest: bigint | null = null;
  for (const { event } of log.entries()) {
    if (event.charter !== charterDigest) continue;
    const [, uid, digits] = form.exec(event.result ?? "") ?? [];
    if (uid !== clusterUid || digits === undefined) continue;
    const version = BigInt(digits);
    if (highest === null || version > highest) highest = version;
  }
  return highest;
}

/** The version of the cluster's store now: that of a list. */
export async function storeVersion(reader: KubeReader, namespace: string): Promise<bigint> {
  const { resourceVersion } = await reader.list(
    { group: "", version: "v1", plural: "configmaps", namespace },
    { metadataOnly: true, labelSelector: "kubernetes-operations.dev/marker=none", chunk: 1 },
  );
  if (!/^\d{1,20}$/.test(resourceVersion))
    throw new OpsError("CLUSTER_ANSWER", "the version of a list is no number, so its order is not known");
  return BigInt(resourceVersion);
}

/** @throws {OpsError} CLUSTER_SET_BACK */
export function refuseSetBack(now: bigint, seen: bigint | null): void {
  if (seen === null || now >= seen) return;
  throw new OpsError(
    "CLUSTER_SET_BACK",
    `the cluster's store stands at version ${now}; the audit log has seen ${seen}: it was restored from a backup, and with it went the marks of approvals that were used since`,
    {
      hint: "where the restoration was meant, the owner signs the charter anew with a higher serial: approvals made before are void then",
    },
  );
}

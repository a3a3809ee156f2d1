import { refuseForeignSet } from "../../apply/cluster/inventory/applyset-parent.ts";
import { prunableMembers } from "../../apply/cluster/inventory/set-members.ts";
import { observeCluster } from "../../apply/cluster/observe/observe-cluster.ts";
import { readPreimages } from "../../apply/cluster/preimages/preimages.ts";
import { charterTargetOf } from "../../apply/cluster/run/approved-cluster-plan.ts";
import { refuseDrift } from "../../apply/cluster/run/drift.ts";
import { type KubePlanner, openPlanner } from "../../apply/cluster/client/writer.ts";
import type { ClusterPlan } from "../../apply/run/git-plan.ts";
import type { TrustRoot } from "../../apply/trust-root/trust-root.ts";
import { LATEST_MINOR, SUPPORTED_MINORS } from "../../kube/catalogue/catalogue.ts";
import type { JsonObject } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import { buildPlan, reproducePlan } from "../../plan/build-plan.ts";
import { objectsToApply } from "../../plan/cluster/cluster-side.ts";
import type { CharterClusterTarget } from "../../plan/charter.ts";
import type { Plan } from "../../plan/plan.ts";
import { charterClusterTarget, type ClusterTargetSpec } from "../../plan/target.ts";
import { undoClusterRequest } from "../../plan/undo.ts";
import { clusterConnection } from "../cluster-access.ts";
import type { CliContext } from "../context.ts";
import type { ClusterAccessFlags } from "../flags.ts";
import type { AskedFor } from "../request.ts";
import type { Session } from "../session.ts";
import { toolVersion } from "../version.ts";

/** The charter's pin of a cluster. Without one no credential leaves the process (kernel K14). */
function pinned(trustRoot: TrustRoot | undefined, name: string): CharterClusterTarget {
  if (trustRoot === undefined) {
    throw new OpsError("CHARTER_MISSING", "there is no charter, so no cluster is pinned", {
      hint: "kubeops charter init, kubeops charter pin, kubeops charter sign",
    });
  }
  const row = charterClusterTarget(trustRoot.charter, name);
  if (row === undefined) {
    throw new OpsError("TARGET_INVALID", `the charter pins no cluster named ${printable(name)}`, {
      hint: "kubeops charter pin --kubeconfig <file> --context <name> --name <name>; its owner signs",
    });
  }
  return row;
}

/** The plan of a request against a cluster, as it is now: live objects, and the server's dry run of exactly our request. */
export async function planForCluster(
  context: CliContext,
  flags: ClusterAccessFlags & { readonly prune: boolean; readonly onto: boolean },
  session: Session,
  {
    asked,
    spec,
    minor,
  }: { readonly asked: AskedFor; readonly spec: ClusterTargetSpec; readonly minor: number | null },
): Promise<Plan> {
  if (flags.onto) throw new OpsError("USAGE", "--onto is for repositories");
  const row = pinned(session.trustRoot, spec.name);
  return observed(context, flags, row, session.trustRoot, {
    ...asked,
    deletions: flags.prune ? "what the set has and the request lacks" : [],
    minor,
  });
}

interface ClusterAsked
  extends Pick<Parameters<typeof buildPlan>[0], "request" | "intent" | "objects" | "authored"> {
  /** Null: the minor version that the cluster serves, where this program has its tables. */
  readonly minor: number | null;
  readonly deletions: readonly ObjectKey[] | "what the set has and the request lacks";
}

async function observed(
  context: CliContext,
  flags: ClusterAccessFlags,
  row: CharterClusterTarget,
  trustRoot: TrustRoot | undefined,
  asked: ClusterAsked,
): Promise<Plan> {
  const { url, caKeySha256, kubeSystemUid } = row.cluster;
  const pin = { url, caKeySha256, kubeSystemUid };
  const reader = openPlanner(clusterConnection(context, flags, pin.url), pin);
  const done = context.onInterrupt(() => reader.close());
  try {
    const objects = objectsToApply(asked.objects, { row, undoes: asked.request.undoes !== undefined });
    const deletions =
      typeof asked.deletions === "string"
        ? await prunedBy(reader, row, trustRoot, asked.objects)
        : asked.deletions;
    const cluster = await observeCluster({
      reader,
      name: row.name,
      pin,
      objects,
      deletions,
      recreate: asked.request.recreate === true,
      takeOver: asked.request.takeOver === true,
    });
    return buildPlan({
      ...asked,
      deletions,
      cluster,
      minor: asked.minor ?? (SUPPORTED_MINORS.includes(cluster.minor) ? cluster.minor : LATEST_MINOR),
      charter: trustRoot?.charter ?? null,
      charterOwner: trustRoot?.owner.fingerprint ?? null,
      macKey: trustRoot?.macKey ?? null,
      toolVersion,
    });
  } finally {
    done();
    reader.close();
  }
}

async function prunedBy(
  reader: KubePlanner,
  row: CharterClusterTarget,
  trustRoot: TrustRoot | undefined,
  desired: readonly JsonObject[],
): Promise<readonly ObjectKey[]> {
  if (trustRoot === undefined) return [];
  await refuseForeignSet(reader, row);
  return prunableMembers({ reader, charter: trustRoot.charter, row, desired });
}

/** Kernel K1: the plan is made again from the cluster as it is and from its dry runs, and must be what the file says. */
export async function reproduceInCluster(
  context: CliContext,
  flags: ClusterAccessFlags,
  plan: ClusterPlan,
  started: TrustRoot,
): Promise<void> {
  const { trustRoot, target } = charterTargetOf(plan, started);
  const { url, caKeySha256, kubeSystemUid } = target.cluster;
  const pin = { url, caKeySha256, kubeSystemUid };
  const reader = openPlanner(clusterConnection(context, flags, pin.url), pin);
  const done = context.onInterrupt(() => reader.close());
  try {
    const cluster = await observeCluster({
      reader,
      name: plan.target.name,
      pin,
      objects: plan.changes.flatMap(({ object }) => (object === null ? [] : [object])),
      deletions: plan.request.deletions,
      recreate: plan.request.recreate === true,
      takeOver: plan.request.takeOver === true,
    });
    refuseDrift(plan, cluster, trustRoot.macKey);
    reproducePlan(plan, {
      cluster,
      charter: trustRoot.charter,
      charterOwner: trustRoot.owner.fingerprint,
      macKey: trustRoot.macKey,
      toolVersion,
      minor: LATEST_MINOR,
    });
  } finally {
    done();
    reader.close();
  }
}

/** The plan that undoes an applied plan, against the cluster as it is now, from the pre-images kept beside the journal. */
export async function undoInCluster(
  context: CliContext,
  flags: ClusterAccessFlags,
  session: Session & { readonly trustRoot: TrustRoot },
  { plan, minor }: { readonly plan: ClusterPlan; readonly minor: number | null },
): Promise<Plan> {
  const row = pinned(session.trustRoot, plan.target.name);
  const kept = readPreimages(session.state, plan.digest, session.trustRoot.macKey);
  if (kept === undefined) {
    throw new OpsError(
      "PLAN_NOT_FOUND",
      "no pre-images of this plan are kept here: it was not applied from this state folder",
    );
  }
  const before = new Map([...kept].map(([id, { live }]) => [id, live]));
  return observed(context, flags, row, session.trustRoot, { ...undoClusterRequest(plan, before), minor });
}

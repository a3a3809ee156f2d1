import { type JsonObject, valueAt } from "../../kube/json.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import type { Reversibility } from "../plan.ts";
import { lossOf } from "./reversibility.ts";

interface LossRow {
  readonly kinds: readonly string[];
  /** What a person loses by it, in plain words. */
  readonly loses: string;
  readonly source: string;
}

const garbage = "kubernetes pkg/controller/garbagecollector: dependents go with their owner";

/** What is lost, beside the UID, when an object is deleted and made again. */
const rows: readonly LossRow[] = [
  {
    kinds: ["apps/Deployment", "apps/ReplicaSet", "apps/DaemonSet", "/ReplicationController"],
    loses: "all its Pods end before new ones start, and its rollout history is gone",
    source: garbage,
  },
  {
    kinds: ["apps/StatefulSet"],
    loses: "all its Pods end before new ones start",
    source: garbage,
  },
  {
    kinds: ["batch/Job"],
    loses: "its Pods, their logs and its history are gone, and it runs again from the start",
    source: garbage,
  },
  {
    kinds: ["/Pod"],
    loses: "its containers end, and their logs and scratch files are gone",
    source: "kubernetes/website:content/en/docs/concepts/workloads/pods/pod-lifecycle.md",
  },
  {
    kinds: ["/Service"],
    loses: "its address, node ports and load balancer are given up, and others may take their place",
    source: "kubernetes pkg/registry/core/service/ipallocator, portallocator",
  },
  {
    kinds: ["rbac.authorization.k8s.io/RoleBinding", "rbac.authorization.k8s.io/ClusterRoleBinding"],
    loses: "its subjects have no rights by it in between",
    source: "kubernetes plugin/pkg/auth/authorizer/rbac",
  },
  {
    kinds: ["/ConfigMap"],
    loses: "Pods that start in between do not find it",
    source: "kubernetes/website:content/en/docs/concepts/configuration/configmap.md",
  },
  {
    kinds: [
      "storage.k8s.io/StorageClass",
      "scheduling.k8s.io/PriorityClass",
      "node.k8s.io/RuntimeClass",
      "networking.k8s.io/IngressClass",
    ],
    loses: "what is created in between does not find the class; what stands keeps what it got",
    source: "kubernetes/website:content/en/docs/concepts/storage/storage-classes.md",
  },
];

/** Why a recreation is more than an update: what cannot be changed, the new identity, and what is lost. */
export function recreationLoss(
  key: ObjectKey,
  live: JsonObject,
  fields: readonly string[],
): Extract<Reversibility, { readonly reason: string }> {
  const kind = `${key.group}/${key.kind}`;
  const data = dataLoss(kind, live) ?? lossOf(key, live);
  const loses = rows.find(({ kinds }) => kinds.includes(kind))?.loses;
  const reason = [
    `${fields.join(", ")} cannot be changed: the object has to be deleted and made again, with another UID`,
    ...(loses === undefined ? [] : [loses]),
    ...(data === undefined ? [] : [data]),
  ].join("; ");
  return { kind: data === undefined ? "new-identity" : "irreversible", reason };
}

function dataLoss(kind: string, live: JsonObject): string | undefined {
  if (kind === "/Secret")
    return "its values are lost: no plan holds any, so its owner has to put them in again";
  if (kind !== "apps/StatefulSet") return undefined;
  return valueAt(live, ["spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"]) === "Delete"
    ? "its claims and the data in them are deleted with it"
    : undefined;
}

import { resourceOf } from "../../kube/catalogue/catalogue.ts";
import { canonicalJson } from "../../kube/canonical-json.ts";
import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../kube/json.ts";
import { objectKey } from "../../kube/object-key.ts";
import { semanticDiff } from "../change/semantic-diff.ts";
import type { FieldChange } from "../plan.ts";
import { ownValues } from "./projection.ts";

/**
 * What a server makes of an object that is created, beside what was asked for and the defaults that every server sets
 * (kernel K2): an admission rule that adds a container or puts another value in a field shows nowhere else, as nothing
 * stood there before and nobody owns it (measured on Kubernetes 1.37: what admission adds to a creation is in no
 * managedFields).
 */
export function serverMade(
  desired: JsonObject,
  result: JsonObject,
  macKey: Uint8Array | null,
): readonly FieldChange[] {
  const changes = semanticDiff(desired, result, macKey, ownValues(desired));
  if (resourceOf(objectKey(desired)) === undefined) return changes;
  return changes.filter((change) => change.operation !== "add" || !isDefault(desired, change));
}

/**
 * Defaults that Kubernetes sets whatever else is there: the end of the path, and the exact values (kubernetes
 * pkg/apis, defaults.go of each version; every row was seen on 1.37). What is not in the table is shown.
 */
const defaults: readonly (readonly [RegExp, ...Json[]])[] = [
  // Pods
  [/\.dnsPolicy$/u, "ClusterFirst"],
  [/\.restartPolicy$/u, "Always"],
  [/\.schedulerName$/u, "default-scheduler"],
  [/\.terminationGracePeriodSeconds$/u, 30],
  [/\.(?:securityContext|resources|metadata)$/u, {}],
  [/^spec\.enableServiceLinks$/u, true],
  [/\.imagePullPolicy$/u, "Always", "IfNotPresent"],
  [/\.terminationMessagePath$/u, "/dev/termination-log"],
  [/\.terminationMessagePolicy$/u, "File"],
  [/Probe\.failureThreshold$/u, 3],
  [/Probe\.periodSeconds$/u, 10],
  [/Probe\.(?:successThreshold|timeoutSeconds)$/u, 1],
  [/\.httpGet\.path$/u, "/"],
  [/\.httpGet\.scheme$/u, "HTTP"],
  [/\.grpc\.service$/u, ""],
  [/\.ports\.protocol$/u, "TCP"],
  [/\.fieldRef\.apiVersion$/u, "v1"],
  [/\.(?:configMap|secret|projected|downwardAPI)\.defaultMode$/u, 420],
  [/\.hostPath\.type$/u, ""],
  // Workloads
  [/^spec\.replicas$/u, 1],
  [/^spec\.progressDeadlineSeconds$/u, 600],
  [/^spec\.revisionHistoryLimit$/u, 10],
  [/^spec\.strategy$/u, { rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" }, type: "RollingUpdate" }],
  [/^spec\.strategy\.rollingUpdate$/u, { maxSurge: "25%", maxUnavailable: "25%" }],
  [
    /^spec\.updateStrategy$/u,
    { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 }, type: "RollingUpdate" },
    { rollingUpdate: { partition: 0 }, type: "RollingUpdate" },
  ],
  [/^spec\.updateStrategy\.rollingUpdate$/u, { maxSurge: 0, maxUnavailable: 1 }, { partition: 0 }],
  [/^spec\.podManagementPolicy$/u, "OrderedReady"],
  [/^spec\.persistentVolumeClaimRetentionPolicy$/u, { whenDeleted: "Retain", whenScaled: "Retain" }],
  [/^spec\.volumeClaimTemplates\.apiVersion$/u, "v1"],
  [/^spec\.volumeClaimTemplates\.kind$/u, "PersistentVolumeClaim"],
  [/^spec\.volumeClaimTemplates\.status$/u, { phase: "Pending" }],
  [/\.volumeMode$/u, "Filesystem"],
  [/^spec(?:\.jobTemplate\.spec)?\.(?:completions|parallelism)$/u, 1],
  [/^spec(?:\.jobTemplate\.spec)?\.backoffLimit$/u, 6],
  [/^spec(?:\.jobTemplate\.spec)?\.completionMode$/u, "NonIndexed"],
  [/^spec(?:\.jobTemplate\.spec)?\.(?:manualSelector|suspend)$/u, false],
  [/^spec(?:\.jobTemplate\.spec)?\.podReplacementPolicy$/u, "TerminatingOrFailed"],
  [/^spec\.selector$/u, { matchLabels: {} }],
  [/^spec\.concurrencyPolicy$/u, "Allow"],
  [/^spec\.failedJobsHistoryLimit$/u, 1],
  [/^spec\.successfulJobsHistoryLimit$/u, 3],
  [/^spec\.minReplicas$/u, 1],
  // Services, claims
  [/^spec\.type$/u, "ClusterIP"],
  [/^spec\.sessionAffinity$/u, "None"],
  [/^spec\.(?:internal|external)TrafficPolicy$/u, "Cluster"],
  [/^spec\.allocateLoadBalancerNodePorts$/u, true],
  [/^spec\.clusterIPs$/u, ["None"]],
  [/^spec\.ipFamilyPolicy$/u, "SingleStack"],
  [/^spec\.ipFamilies$/u, ["IPv4"], ["IPv6"]],
  [/^metadata\.finalizers$/u, ["kubernetes.io/pvc-protection"]],
];

function isDefault(desired: JsonObject, { path, after }: FieldChange): boolean {
  if (path === 'metadata.annotations["deprecated.daemonset.template.generation"]') return true;
  if (after === undefined || !("value" in after)) return false;
  const { value } = after;
  const text = canonicalJson(value);
  // Keys of items are left out: a default is one for every item.
  const bare = path.replace(/\[(?:"(?:[^"\\]|\\.)*"|[^\]"])*\]/gu, "");
  if (
    defaults.some(([end, ...values]) => end.test(bare) && values.some((one) => canonicalJson(one) === text))
  )
    return true;
  return isDerived(desired, bare, value);
}

/** What follows from another field of the object itself. */
function isDerived(desired: JsonObject, path: string, value: Json): boolean {
  const same = (at: readonly string[], wanted: Json): boolean => valueAt(desired, at) === wanted;
  const { group, kind, name } = objectKey(desired);
  const of = `${group}/${kind}`;
  if (path.endsWith(".spec.serviceAccount") && path.split(".").at(-2) === "spec")
    return same([...path.split(".").slice(0, -1), "serviceAccountName"], value);
  if (of === "networking.k8s.io/NetworkPolicy" && path === "spec.policyTypes") {
    const egress = valueAt(desired, ["spec", "egress"]) !== undefined;
    return canonicalJson(value) === canonicalJson(egress ? ["Ingress", "Egress"] : ["Ingress"]);
  }
  if (of === "/Service" && path === "spec.ports.targetPort") {
    const ports = valueAt(desired, ["spec", "ports"]);
    return isArray(ports) && ports.some((port) => isObject(port) && port["port"] === value);
  }
  if (of === "batch/Job" && path === "spec.template.metadata") {
    const labels = { "batch.kubernetes.io/job-name": name, "job-name": name };
    return canonicalJson(value) === canonicalJson({ labels });
  }
  return false;
}

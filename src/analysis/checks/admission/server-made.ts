import { CelError, CelList, CelMap, type CelValue } from "../../../kube/cel/values.ts";
import { isArray, isObject, type Json } from "../../../kube/json.ts";

/**
 * Fields that the server or its own admission plug-ins fill in before a policy looks (k8s.io/kubernetes
 * pkg/apis/*\/v1/defaults.go; plug-ins ServiceAccount, Priority, DefaultTolerationSeconds, DefaultStorageClass,
 * DefaultIngressClass). What a policy finds where one of them is not written is not known here.
 */
const filled: ReadonlySet<string> = new Set(
  `status creationTimestamp uid generation managedFields resourceVersion selfLink
replicas strategy rollingUpdate maxSurge maxUnavailable updateStrategy podManagementPolicy revisionHistoryLimit
progressDeadlineSeconds partition persistentVolumeClaimRetentionPolicy parallelism completions backoffLimit
completionMode suspend concurrencyPolicy successfulJobsHistoryLimit failedJobsHistoryLimit podReplacementPolicy selector
restartPolicy dnsPolicy schedulerName securityContext terminationGracePeriodSeconds enableServiceLinks preemptionPolicy
priority serviceAccountName serviceAccount imagePullPolicy terminationMessagePath terminationMessagePolicy resources
requests protocol hostPort scheme timeoutSeconds periodSeconds successThreshold failureThreshold defaultMode
type sessionAffinity clusterIP clusterIPs ipFamilies ipFamilyPolicy internalTrafficPolicy externalTrafficPolicy
targetPort nodePort allocateLoadBalancerNodePorts sessionAffinityConfig healthCheckNodePort policyTypes minReplicas
metrics behavior volumeMode storageClassName persistentVolumeReclaimPolicy reclaimPolicy volumeBindingMode
ingressClassName apiGroup failurePolicy matchPolicy namespaceSelector objectSelector scope reinvocationPolicy port
finalizers spec allowVolumeExpansion emptyDir medium fsType readOnly podSelector lastTransitionTime conditions loadBalancer
updateRevision currentRevision template minReadySeconds hostNetwork hostIPC hostPID nodeName`.split(/\s+/),
);

/** Lists of Pods to which plug-ins add. */
const extended: ReadonlySet<string> = new Set(["volumes", "volumeMounts", "tolerations"]);

export interface ServerMade {
  /** Plug-ins of the server change Pods. */
  readonly pod: boolean;
}

function unknown(field: string): CelError {
  return new CelError(`the server may fill in ${field}`, true);
}

/** An object of Kubernetes itself, as a policy sees it, as far as that is known. */
export function nativeValue(value: Json, made: ServerMade): CelValue {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (isArray(value))
    return new CelList({ size: value.length, at: (index) => nativeValue(value[index] ?? null, made) });
  if (!isObject(value)) return null;
  const names = Object.keys(value);
  return new CelMap({
    size: names.length,
    find: (key) => {
      if (typeof key !== "string") return undefined;
      if (made.pod && extended.has(key)) return unknown(key);
      if (Object.hasOwn(value, key)) return nativeValue(value[key] ?? null, made);
      return filled.has(key) ? unknown(key) : undefined;
    },
    keys: () => names,
  });
}

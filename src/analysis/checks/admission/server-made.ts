import { CelError, CelList, CelMap, type CelValue } from "../../../kube/cel/values.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../../kube/json.ts";

/**
 * Fields that the server fills in beside its defaults before a policy looks: what it writes down of every object, allocates
 * for Services, makes for Jobs, and what its own admission plug-ins add (DefaultStorageClass, DefaultIngressClass,
 * StorageObjectInUseProtection). What a policy finds where one of them is not written is not known here.
 */
const filled: ReadonlySet<string> = new Set(
  `creationTimestamp uid generation managedFields resourceVersion selfLink selector finalizers clusterIP clusterIPs
ipFamilies ipFamilyPolicy nodePort healthCheckNodePort storageClassName ingressClassName`.split(/\s+/),
);
/** The same for Pods (plug-ins ServiceAccount, Priority, LimitRanger, DefaultTolerationSeconds). */
const filledInPods: ReadonlySet<string> = new Set(
  "priority priorityClassName preemptionPolicy serviceAccountName serviceAccount imagePullSecrets nodeName resources limits requests nodeSelector".split(
    " ",
  ),
);
/** Labels that the server gives the Pods of a Job. */
const ofJob = /(?:^|\/)(?:controller-uid|job-name)$/;

/** Lists of Pods to which plug-ins add. */
const extended: ReadonlySet<string> = new Set(["volumes", "volumeMounts", "tolerations"]);

/**
 * A policy sees an object as Go writes it: what is empty is often left out (`omitempty` without a pointer). By the types of
 * k8s.io/api: texts, numbers and booleans that are left out when they are empty.
 */
const droppedScalars: ReadonlySet<string> = new Set(
  `allocationMode chapAuthDiscovery chapAuthSession clusterIP concurrencyPolicy deprecated directory dnsPolicy
exclusiveMaximum exclusiveMinimum externalName externalTrafficPolicy failureThreshold generateName globalDefault
healthCheckNodePort host hostIP hostIPC hostNetwork hostPID hostPort imagePullPolicy initialDelaySeconds
insecureSkipTLSVerifyBackend keyring listKind loadBalancerIP medium messageExpression minReadySeconds nodePort nullable
paused pattern persistentVolumeReclaimPolicy podCIDR podManagementPolicy policyName prefix preserveUnknownFields
priorityClassName protectionDomain providerID publishNotReadyAddresses schedulerName scheme serviceAccount
sessionAffinity singular sslEnabled stdin stdinOnce storageMode storagePool subPath subPathExpr subdomain
successThreshold terminationMessagePath terminationMessagePolicy title tty uniqueItems unschedulable whenDeleted
whenScaled workingDir`.split(/\s+/),
);
/** Those that some types leave out and others keep. */
const mixedScalars: ReadonlySet<string> = new Set(
  `action apiGroup apiVersion audience container containerName controller count description effect error expression
fieldPath format fsType group hostname image ip key kind message name namespace nodeName operation operator partition
path periodSeconds pool priority protocol readOnly reason reinvocationPolicy replicas request resource resourceVersion
restartPolicy revision secretName selector serviceAccountName signerName status storageClassName subresource
timeoutSeconds token type uid url user value version volumeName`.split(/\s+/),
);
const keptLists: ReadonlySet<string> = new Set(
  `admissionReviewVersions conversionReviewVersions drivers endpoints limits monitors names nodeSelectorTerms objects
paths rows sources storedVersions topologyKeys verbs addresses apiGroups audiences command conditions containers groups
items namespaces nonResourceRules nonResourceURLs ports requests resourceRules resources rules subjects
values versions data`.split(/\s+/),
);
/** Members whose own members are named by the author. */
const maps: ReadonlySet<string> = new Set(
  `annotations attributes auditAnnotations binaryData counters data defaultRequest hard labels limits matchLabels
maxLimitRequestRatio nodeSelector parameters requests stringData volumeAttributes extra`.split(/\s+/),
);

export interface ServerMade {
  /** Plug-ins of the server change Pods. */
  readonly pod: boolean;
  /** The value is a map, whose members are the author's. */
  readonly map?: boolean;
}

/** What becomes of an empty member: kept, left out, or one of the two. */
function fate(name: string, value: Json): "kept" | "dropped" | "unknown" {
  if (value === null) return keptLists.has(name) ? "unknown" : "dropped";
  if (value === "" || value === 0 || value === false) {
    if (droppedScalars.has(name)) return "dropped";
    return mixedScalars.has(name) ? "unknown" : "kept";
  }
  if (isArray(value) && value.length === 0) return keptLists.has(name) ? "unknown" : "dropped";
  if (isObject(value) && Object.keys(value).length === 0) {
    if (maps.has(name)) return "dropped";
    return ["selector", "default", "max", "min"].includes(name) ? "unknown" : "kept";
  }
  return "kept";
}

function isMap(name: string, value: Json | undefined): boolean {
  if (name !== "selector") return maps.has(name);
  return isObject(value) && !Object.hasOwn(value, "matchLabels") && !Object.hasOwn(value, "matchExpressions");
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
      const given = Object.hasOwn(value, key) ? value[key] : undefined;
      if (made.map !== true) return memberOf(value, key, made);
      if (given === undefined) return ofJob.test(key) ? unknown(key) : undefined;
      return nativeValue(given, made);
    },
    keys: () => names,
  });
}

function memberOf(holder: JsonObject, name: string, made: ServerMade): CelValue | undefined {
  const given = Object.hasOwn(holder, name) ? holder[name] : undefined;
  if (made.pod && extended.has(name)) return unknown(name);
  // A status that is written does not count when an object is created.
  if (name === "status" && Object.hasOwn(holder, "apiVersion")) return unknown(name);
  const empty = given === undefined ? "dropped" : fate(name, given);
  if (empty === "kept") return nativeValue(given ?? null, { pod: made.pod, map: isMap(name, given) });
  if (empty === "unknown") return new CelError(`the server may leave out ${name}, which is empty`, true);
  return absent(holder, name, made);
}

/** Structures that are always written, and a field by which their holder is known. */
const structures: ReadonlyMap<string, string> = new Map([
  ["resources", "image"],
  ["metadata", "spec"],
]);

function absent(holder: JsonObject, name: string, made: ServerMade): CelValue | undefined {
  if (filled.has(name) || (made.pod && filledInPods.has(name))) return unknown(name);
  if (name === "name" && Object.hasOwn(holder, "generateName")) return unknown(name);
  // Structures without a pointer are written even where they are empty.
  const neighbour = structures.get(name);
  if (neighbour !== undefined && Object.hasOwn(holder, neighbour)) return nativeValue({}, made);
  return undefined;
}

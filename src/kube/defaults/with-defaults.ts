import { isArray, isObject, type Json, type JsonObject } from "../json.ts";
import type { ObjectKey } from "../read-object.ts";
import {
  all,
  each,
  type Fill,
  ifMissing,
  inside,
  insideAlways,
  missing,
  orElse,
  unset,
  when,
  withMember,
} from "./fill.ts";
import { claimSpec, persistentVolumeSources, podOnly, template } from "./pods.ts";

const spec = (...fills: readonly Fill[]): Fill => insideAlways("spec", all(...fills));

const oneReplica: Fill = ifMissing("replicas", 1);

const deployment: Fill = spec(
  oneReplica,
  template("template"),
  ifMissing("revisionHistoryLimit", 10),
  ifMissing("progressDeadlineSeconds", 600),
  insideAlways(
    "strategy",
    all(
      orElse("type", "RollingUpdate"),
      when(
        ({ type }) => type === "RollingUpdate",
        insideAlways("rollingUpdate", all(ifMissing("maxUnavailable", "25%"), ifMissing("maxSurge", "25%"))),
      ),
    ),
  ),
);

const daemonSet: Fill = spec(
  template("template"),
  ifMissing("revisionHistoryLimit", 10),
  insideAlways(
    "updateStrategy",
    all(
      orElse("type", "RollingUpdate"),
      when(
        ({ type }) => type === "RollingUpdate",
        insideAlways("rollingUpdate", all(ifMissing("maxUnavailable", 1), ifMissing("maxSurge", 0))),
      ),
    ),
  ),
);

/** Without a type, rollingUpdate is made; with one, only an existing rollingUpdate is filled (SetDefaults_StatefulSet). */
const statefulUpdate: Fill = (strategy, minor) => {
  const typed = unset(strategy["type"])
    ? ifMissing("rollingUpdate", {})(withMember(strategy, "type", "RollingUpdate"), minor)
    : strategy;
  if (typed["type"] !== "RollingUpdate") return typed;
  const rolling = ifMissing("partition", 0);
  return inside("rollingUpdate", minor >= 37 ? all(rolling, ifMissing("maxUnavailable", 1)) : rolling)(
    typed,
    minor,
  );
};

const statefulSet: Fill = spec(
  oneReplica,
  template("template"),
  orElse("podManagementPolicy", "OrderedReady"),
  ifMissing("revisionHistoryLimit", 10),
  insideAlways("updateStrategy", statefulUpdate),
  when(
    (_, minor) => minor >= 32,
    insideAlways(
      "persistentVolumeClaimRetentionPolicy",
      all(orElse("whenDeleted", "Retain"), orElse("whenScaled", "Retain")),
    ),
  ),
  each("volumeClaimTemplates", insideAlways("spec", claimSpec)),
);

const jobSpec: Fill = all(
  template("template"),
  inside("podFailurePolicy", each("rules", each("onPodConditions", orElse("status", "True")))),
);

const job: Fill = spec(
  jobSpec,
  when(
    (value) => missing(value["completions"]) && missing(value["parallelism"]),
    ifMissing("completions", 1),
  ),
  ifMissing("parallelism", 1),
  (value) =>
    missing(value["backoffLimit"])
      ? withMember(value, "backoffLimit", missing(value["backoffLimitPerIndex"]) ? 6 : 2_147_483_647)
      : value,
  ifMissing("completionMode", "NonIndexed"),
  ifMissing("suspend", false),
  ifMissing("manualSelector", false),
  (value, minor) =>
    minor >= 31 && missing(value["podReplacementPolicy"])
      ? withMember(
          value,
          "podReplacementPolicy",
          missing(value["podFailurePolicy"]) ? "TerminatingOrFailed" : "Failed",
        )
      : value,
);

const cronJob: Fill = spec(
  orElse("concurrencyPolicy", "Allow"),
  ifMissing("suspend", false),
  ifMissing("successfulJobsHistoryLimit", 3),
  ifMissing("failedJobsHistoryLimit", 1),
  inside("jobTemplate", inside("spec", jobSpec)),
);

const servicePort: Fill = all(orElse("protocol", "TCP"), (port) =>
  unset(port["targetPort"]) && !missing(port["port"])
    ? withMember(port, "targetPort", port["port"] ?? 0)
    : port,
);

/** Types through which something outside can reach a Service (pkg/apis/core/v1/helper/service ExternallyAccessible). */
function reachable(value: JsonObject): boolean {
  const { type, externalIPs } = value;
  return (
    type === "LoadBalancer" ||
    type === "NodePort" ||
    (type === "ClusterIP" && isArray(externalIPs) && externalIPs.length > 0)
  );
}

const service: Fill = spec(
  orElse("sessionAffinity", "None"),
  when(
    ({ sessionAffinity }) => sessionAffinity === "ClientIP",
    (value) => {
      const config = value["sessionAffinityConfig"];
      const client = isObject(config) ? config["clientIP"] : undefined;
      return isObject(client) && !missing(client["timeoutSeconds"])
        ? value
        : withMember(value, "sessionAffinityConfig", { clientIP: { timeoutSeconds: 10_800 } });
    },
  ),
  orElse("type", "ClusterIP"),
  each("ports", servicePort),
  when(reachable, orElse("externalTrafficPolicy", "Cluster")),
  when(({ type }) => type !== "ExternalName", ifMissing("internalTrafficPolicy", "Cluster")),
  when(({ type }) => type === "LoadBalancer", ifMissing("allocateLoadBalancerNodePorts", true)),
);

/** Without a selector it takes the labels of its template. */
const controllerSelector: Fill = (object) => {
  const value = object["spec"];
  if (!isObject(value) || (isObject(value["selector"]) && Object.keys(value["selector"]).length > 0))
    return object;
  const made = value["template"];
  const metadata = isObject(made) ? made["metadata"] : undefined;
  const labels = isObject(metadata) ? metadata["labels"] : undefined;
  return isObject(labels) ? withMember(object, "spec", { ...value, selector: labels }) : object;
};

const webhook: Fill = all(
  ifMissing("failurePolicy", "Fail"),
  ifMissing("matchPolicy", "Equivalent"),
  ifMissing("namespaceSelector", {}),
  ifMissing("objectSelector", {}),
  ifMissing("timeoutSeconds", 10),
  each("rules", ifMissing("scope", "*")),
  inside("clientConfig", inside("service", ifMissing("port", 443))),
);

const matchResources: Fill = all(
  ifMissing("matchPolicy", "Equivalent"),
  ifMissing("namespaceSelector", {}),
  ifMissing("objectSelector", {}),
  each("resourceRules", ifMissing("scope", "*")),
  each("excludeResourceRules", ifMissing("scope", "*")),
);

const GROUP = "rbac.authorization.k8s.io";
const binding: Fill = all(
  inside("roleRef", orElse("apiGroup", GROUP)),
  each(
    "subjects",
    when(({ kind }) => kind === "User" || kind === "Group", orElse("apiGroup", GROUP)),
  ),
);

const scaleUp: JsonObject = {
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [
    { type: "Pods", value: 4, periodSeconds: 15 },
    { type: "Percent", value: 100, periodSeconds: 15 },
  ],
};
const scaleDown: JsonObject = {
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
};

const cpuMetric: Json = [
  { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } },
];

const autoscaler: Fill = spec(
  ifMissing("minReplicas", 1),
  when(
    ({ metrics }) => missing(metrics) || (isArray(metrics) && metrics.length === 0),
    (value) => (missing(value["targetCPUUtilizationPercentage"]) ? { ...value, metrics: cpuMetric } : value),
  ),
  inside("behavior", (behavior) => ({
    ...behavior,
    scaleUp: { ...scaleUp, ...(isObject(behavior["scaleUp"]) ? behavior["scaleUp"] : {}) },
    scaleDown: { ...scaleDown, ...(isObject(behavior["scaleDown"]) ? behavior["scaleDown"] : {}) },
  })),
);

/** The directions of a NetworkPolicy's spec: Ingress, and Egress where it has such a rule, unless it names them (SetDefaults_NetworkPolicy). */
export function policyTypesOf({ policyTypes: given, egress }: JsonObject): readonly Json[] {
  if (isArray(given) && given.length > 0) return given;
  return isArray(egress) && egress.length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
}

const policyTypes: Fill = (value) => ({ ...value, policyTypes: policyTypesOf(value) });

const policyPorts: Fill = each("ports", ifMissing("protocol", "TCP"));

const deviceRequest: Fill = all(
  orElse("allocationMode", "ExactCount"),
  when(({ allocationMode }) => allocationMode === "ExactCount", orElse("count", 1)),
  each("tolerations", orElse("operator", "Equal")),
);
const deviceClaim: Fill = inside(
  "devices",
  each("requests", all(inside("exactly", deviceRequest), each("firstAvailable", deviceRequest))),
);

/** Kinds whose defaults are told here, by `group/kind`; versions of a kind share them unless noted. */
const fills: ReadonlyMap<string, Fill> = new Map<string, Fill>([
  ["/Endpoints", each("subsets", each("ports", orElse("protocol", "TCP")))],
  [
    "/PersistentVolume",
    spec(orElse("persistentVolumeReclaimPolicy", "Retain"), claimSpec, persistentVolumeSources),
  ],
  ["/PersistentVolumeClaim", spec(claimSpec)],
  ["/Pod", spec(podOnly)],
  ["/PodTemplate", template("template")],
  ["/ReplicationController", all(controllerSelector, spec(oneReplica, template("template")))],
  ["/Secret", orElse("type", "Opaque")],
  ["/Service", service],
  [
    "admissionregistration.k8s.io/MutatingAdmissionPolicy",
    spec(ifMissing("failurePolicy", "Fail"), inside("matchConstraints", matchResources)),
  ],
  [
    "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding",
    spec(inside("matchResources", matchResources)),
  ],
  [
    "admissionregistration.k8s.io/MutatingWebhookConfiguration",
    each("webhooks", all(webhook, ifMissing("reinvocationPolicy", "Never"))),
  ],
  [
    "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
    spec(ifMissing("failurePolicy", "Fail"), inside("matchConstraints", matchResources)),
  ],
  [
    "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
    spec(inside("matchResources", matchResources)),
  ],
  ["admissionregistration.k8s.io/ValidatingWebhookConfiguration", each("webhooks", webhook)],
  ["apiregistration.k8s.io/APIService", spec(inside("service", ifMissing("port", 443)))],
  ["apps/DaemonSet", daemonSet],
  ["apps/Deployment", deployment],
  ["apps/ReplicaSet", spec(oneReplica, template("template"))],
  ["apps/StatefulSet", statefulSet],
  ["autoscaling/HorizontalPodAutoscaler", autoscaler],
  ["batch/CronJob", cronJob],
  ["batch/Job", job],
  ["discovery.k8s.io/EndpointSlice", each("ports", all(ifMissing("name", ""), ifMissing("protocol", "TCP")))],
  ["flowcontrol.apiserver.k8s.io/FlowSchema", spec(orElse("matchingPrecedence", 1000))],
  [
    "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration",
    spec(
      inside("exempt", all(ifMissing("nominalConcurrencyShares", 0), ifMissing("lendablePercent", 0))),
      inside(
        "limited",
        all(
          ifMissing("nominalConcurrencyShares", 30),
          ifMissing("lendablePercent", 0),
          inside(
            "limitResponse",
            inside(
              "queuing",
              all(orElse("handSize", 8), orElse("queues", 64), orElse("queueLengthLimit", 50)),
            ),
          ),
        ),
      ),
    ),
  ],
  ["networking.k8s.io/IngressClass", spec(inside("parameters", ifMissing("scope", "Cluster")))],
  [
    "networking.k8s.io/NetworkPolicy",
    spec(policyTypes, each("ingress", policyPorts), each("egress", policyPorts)),
  ],
  [`${GROUP}/ClusterRoleBinding`, binding],
  [`${GROUP}/RoleBinding`, binding],
  ["resource.k8s.io/ResourceClaim", spec(deviceClaim)],
  ["resource.k8s.io/ResourceClaimTemplate", spec(inside("spec", deviceClaim))],
  ["scheduling.k8s.io/PriorityClass", ifMissing("preemptionPolicy", "PreemptLowerPriority")],
  [
    "storage.k8s.io/CSIDriver",
    spec(
      ifMissing("attachRequired", true),
      ifMissing("podInfoOnMount", false),
      ifMissing("storageCapacity", false),
      ifMissing("fsGroupPolicy", "ReadWriteOnceWithFSType"),
      ifMissing("requiresRepublish", false),
      ifMissing("seLinuxMount", false),
      (value) => {
        const modes = value["volumeLifecycleModes"];
        return isArray(modes) && modes.length > 0
          ? value
          : { ...value, volumeLifecycleModes: ["Persistent"] };
      },
    ),
  ],
  [
    "storage.k8s.io/StorageClass",
    all(ifMissing("reclaimPolicy", "Delete"), ifMissing("volumeBindingMode", "Immediate")),
  ],
]);

/**
 * The object with the defaults that the API server of a minor fills in when it decodes it (pkg/apis/<group>/v1/defaults.go of
 * k8s.io/kubernetes), without what admission, allocation or a controller adds. The same object where none is missing;
 * shared parts are never changed. Kinds without defaults, and those of CRDs, come back as they are.
 */
export function withDefaults(object: JsonObject, key: ObjectKey, minor: number): JsonObject {
  return fills.get(`${key.group}/${key.kind}`)?.(object, minor) ?? object;
}

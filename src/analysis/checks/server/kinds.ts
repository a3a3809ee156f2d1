/** Which rules belong to which kind, whatever its version (versions of one kind share their internal type). */
import { isObject } from "../../../kube/json.ts";
import {
  mutatingPolicy,
  mutatingPolicyBinding,
  mutatingWebhooks,
  validatingPolicy,
  validatingPolicyBinding,
  validatingWebhooks,
} from "./access/admission.ts";
import {
  accessReview,
  apiService,
  flowSchema,
  priorityLevel,
  signingRequest,
  tokenReview,
  trustBundle,
} from "./access/machinery.ts";
import { clusterRole, clusterRoleBinding, role, roleBinding } from "./access/rbac.ts";
import { configMap, namespace, nodeSpec, nodeStatus, secret } from "./config/data.ts";
import { event, lease, limitRange, priorityClass, resourceQuota, runtimeClass } from "./config/limits.ts";
import {
  deviceClass,
  deviceTaintRule,
  resourceClaim,
  resourceClaimTemplate,
  resourceSlice,
} from "./devices/devices.ts";
import type { Check } from "./engine/run.ts";
import { endpointSlice, endpointsSubsets, serviceSpec } from "./network/services.ts";
import { ingress, ingressClass, ipAddress, networkPolicy, serviceCidr } from "./network/policies.ts";
import { checkPod, checkTemplate } from "./pods/templates.ts";
import { claimSpec } from "./storage/claims.ts";
import {
  csiDriver,
  csiNode,
  persistentVolume,
  storageCapacity,
  storageClass,
  storageMigration,
  volumeAttachment,
  volumeAttributesClass,
} from "./storage/volumes.ts";
import {
  controllerRevision,
  daemonSet,
  deployment,
  replicaSet,
  replicationController,
  statefulSet,
} from "./workloads/apps.ts";
import { cronJob, job } from "./workloads/jobs.ts";
import { autoscaler, disruptionBudget } from "./workloads/scaling.ts";

/** Rules for the spec; a spec that is left out is an empty one. */
function spec(check: Check): Check {
  return member("spec", check);
}

function member(name: string, check: Check): Check {
  return (value, run) => {
    if (!isObject(value)) return;
    run.path.push(name);
    check(value[name] ?? {}, run);
    run.path.pop();
  };
}

const pod: Check = (value, run) => {
  if (isObject(value)) checkPod(value, run);
};

const podTemplate: Check = (value, run) => {
  if (!isObject(value)) return;
  run.path.push("template");
  checkTemplate(value["template"], {}, run);
  run.path.pop();
};

const node: Check = (value, run) => {
  member("spec", nodeSpec)(value, run);
  member("status", nodeStatus)(value, run);
};

const rules: ReadonlyMap<string, Check> = new Map<string, Check>([
  ["/ConfigMap", configMap],
  ["/Endpoints", (value, run) => member("subsets", endpointsSubsets)(value, run)],
  ["/Event", event(true)],
  ["/LimitRange", spec(limitRange)],
  ["/Namespace", spec(namespace)],
  ["/Node", node],
  ["/PersistentVolume", persistentVolume],
  ["/PersistentVolumeClaim", spec(claimSpec)],
  ["/Pod", pod],
  ["/PodTemplate", podTemplate],
  ["/ReplicationController", spec(replicationController)],
  ["/ResourceQuota", spec(resourceQuota)],
  ["/Secret", secret],
  ["/Service", spec(serviceSpec)],
  ["admissionregistration.k8s.io/MutatingAdmissionPolicy", spec(mutatingPolicy)],
  ["admissionregistration.k8s.io/MutatingAdmissionPolicyBinding", spec(mutatingPolicyBinding)],
  ["admissionregistration.k8s.io/MutatingWebhookConfiguration", mutatingWebhooks],
  ["admissionregistration.k8s.io/ValidatingAdmissionPolicy", validatingPolicy],
  ["admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding", spec(validatingPolicyBinding)],
  ["admissionregistration.k8s.io/ValidatingWebhookConfiguration", validatingWebhooks],
  ["apiregistration.k8s.io/APIService", apiService],
  ["apps/ControllerRevision", controllerRevision],
  ["apps/DaemonSet", spec(daemonSet)],
  ["apps/Deployment", spec(deployment)],
  ["apps/ReplicaSet", spec(replicaSet)],
  ["apps/StatefulSet", spec(statefulSet)],
  ["authentication.k8s.io/TokenReview", spec(tokenReview)],
  ["authorization.k8s.io/LocalSubjectAccessReview", accessReview(true, true)],
  ["authorization.k8s.io/SelfSubjectAccessReview", accessReview(false, false)],
  ["authorization.k8s.io/SubjectAccessReview", accessReview(true, false)],
  ["autoscaling/HorizontalPodAutoscaler", spec(autoscaler)],
  ["batch/CronJob", cronJob],
  ["batch/Job", job],
  ["certificates.k8s.io/CertificateSigningRequest", spec(signingRequest)],
  ["certificates.k8s.io/ClusterTrustBundle", trustBundle],
  ["coordination.k8s.io/Lease", spec(lease)],
  ["discovery.k8s.io/EndpointSlice", endpointSlice],
  ["events.k8s.io/Event", event(false)],
  ["flowcontrol.apiserver.k8s.io/FlowSchema", flowSchema],
  ["flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration", priorityLevel],
  ["networking.k8s.io/IPAddress", ipAddress],
  ["networking.k8s.io/Ingress", ingress],
  ["networking.k8s.io/IngressClass", spec(ingressClass)],
  ["networking.k8s.io/NetworkPolicy", spec(networkPolicy)],
  ["networking.k8s.io/ServiceCIDR", spec(serviceCidr)],
  ["node.k8s.io/RuntimeClass", runtimeClass],
  ["policy/PodDisruptionBudget", spec(disruptionBudget)],
  ["rbac.authorization.k8s.io/ClusterRole", clusterRole],
  ["rbac.authorization.k8s.io/ClusterRoleBinding", clusterRoleBinding],
  ["rbac.authorization.k8s.io/Role", role],
  ["rbac.authorization.k8s.io/RoleBinding", roleBinding],
  ["resource.k8s.io/DeviceClass", spec(deviceClass)],
  ["resource.k8s.io/DeviceTaintRule", spec(deviceTaintRule)],
  ["resource.k8s.io/ResourceClaim", spec(resourceClaim)],
  ["resource.k8s.io/ResourceClaimTemplate", spec(resourceClaimTemplate)],
  ["resource.k8s.io/ResourceSlice", spec(resourceSlice)],
  ["scheduling.k8s.io/PriorityClass", priorityClass],
  ["storage.k8s.io/CSIDriver", spec(csiDriver)],
  ["storage.k8s.io/CSINode", spec(csiNode)],
  ["storage.k8s.io/CSIStorageCapacity", storageCapacity],
  ["storage.k8s.io/StorageClass", storageClass],
  ["storage.k8s.io/VolumeAttachment", spec(volumeAttachment)],
  ["storage.k8s.io/VolumeAttributesClass", volumeAttributesClass],
  ["storagemigration.k8s.io/StorageVersionMigration", spec(storageMigration)],
]);

/** The rules of a kind; undefined for kinds of CRDs and those that have none beyond metadata. */
export function rulesOf(group: string, kind: string): Check | undefined {
  return rules.get(`${group}/${kind}`);
}

/** Kinds that have rules, as `group/kind`. */
export const kindsWithRules: readonly string[] = [...rules.keys()];

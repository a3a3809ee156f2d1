import type { JsonObject } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";

/** Kinds whose strategy in kube-apiserver sets `metadata.generation` on creation, whatever a file says (Generation = 1 in pkg/registry). */
const setOnCreation: ReadonlySet<string> = new Set([
  "/Pod",
  "/PodTemplate",
  "/ReplicationController",
  "admissionregistration.k8s.io/MutatingAdmissionPolicy",
  "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding",
  "admissionregistration.k8s.io/MutatingWebhookConfiguration",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
  "apiextensions.k8s.io/CustomResourceDefinition",
  "apps/DaemonSet",
  "apps/Deployment",
  "apps/ReplicaSet",
  "apps/StatefulSet",
  "autoscaling/HorizontalPodAutoscaler",
  "batch/CronJob",
  "batch/Job",
  "discovery.k8s.io/EndpointSlice",
  "flowcontrol.apiserver.k8s.io/FlowSchema",
  "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration",
  "networking.k8s.io/Ingress",
  "networking.k8s.io/IngressClass",
  "networking.k8s.io/NetworkPolicy",
  "policy/PodDisruptionBudget",
  "resource.k8s.io/DeviceClass",
  "resource.k8s.io/DeviceTaintRule",
  "resource.k8s.io/ResourceSlice",
  "scheduling.k8s.io/PriorityClass",
]);

/** Does the server drop what the file says of the generation? */
export function isGenerationDropped(object: JsonObject): boolean {
  const { group, kind } = objectKey(object);
  return setOnCreation.has(`${group}/${kind}`);
}

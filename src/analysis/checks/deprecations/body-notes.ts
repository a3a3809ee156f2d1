import type { Gvk } from "./lifecycle.ts";

/** What else has to change, or changes, when the apiVersion does. */
interface BodyNote {
  readonly group: string;
  /** Versions that it is about. */
  readonly versions: readonly string[];
  readonly kinds: readonly string[];
  readonly note: string;
  /** The fields stand elsewhere, so that rules for the replacement cannot be asked of it. */
  readonly reshaped?: true;
  /** Where it is described. */
  readonly source: string;
}

const guide = "kubernetes.io/docs/reference/using-api/deprecation-guide";
const workload = "spec.selector is required and cannot be changed later: write the labels of the template";

/** One row a change of shape or meaning. Versions without a row differ from their replacement in the apiVersion alone. */
export const bodyNotes: readonly BodyNote[] = [
  {
    group: "extensions",
    versions: ["v1beta1"],
    kinds: ["Deployment"],
    note: `${workload}; spec.rollbackTo is gone; maxSurge and maxUnavailable default to 25% (before: 1), progressDeadlineSeconds to 600, revisionHistoryLimit to 10`,
    source: `${guide}/#deployment-v116`,
  },
  {
    group: "apps",
    versions: ["v1beta1", "v1beta2"],
    kinds: ["Deployment"],
    note: `${workload}; spec.rollbackTo is gone`,
    source: `${guide}/#deployment-v116`,
  },
  {
    group: "extensions",
    versions: ["v1beta1"],
    kinds: ["DaemonSet"],
    note: `${workload}; spec.templateGeneration is gone; spec.updateStrategy.type defaults to RollingUpdate (before: OnDelete)`,
    source: `${guide}/#daemonset-v116`,
  },
  {
    group: "apps",
    versions: ["v1beta2"],
    kinds: ["DaemonSet"],
    note: `${workload}; spec.templateGeneration is gone`,
    source: `${guide}/#daemonset-v116`,
  },
  {
    group: "apps",
    versions: ["v1beta1"],
    kinds: ["StatefulSet"],
    note: `${workload}; spec.updateStrategy.type defaults to RollingUpdate (before: OnDelete)`,
    source: `${guide}/#statefulset-v116`,
  },
  {
    group: "apps",
    versions: ["v1beta2"],
    kinds: ["StatefulSet"],
    note: workload,
    source: `${guide}/#statefulset-v116`,
  },
  {
    group: "extensions",
    versions: ["v1beta1"],
    kinds: ["ReplicaSet"],
    note: workload,
    source: `${guide}/#replicaset-v116`,
  },
  {
    group: "apps",
    versions: ["v1beta2"],
    kinds: ["ReplicaSet"],
    note: workload,
    source: `${guide}/#replicaset-v116`,
  },
  ...["extensions", "networking.k8s.io"].map(
    (group): BodyNote => ({
      group,
      versions: ["v1beta1"],
      kinds: ["Ingress"],
      reshaped: true,
      note: "spec.backend becomes spec.defaultBackend; serviceName and servicePort become service.name and service.port.number or .name; every path needs a pathType (ImplementationSpecific means what it meant before)",
      source: `${guide}/#ingress-v122`,
    }),
  ),
  {
    group: "policy",
    versions: ["v1beta1"],
    kinds: ["PodDisruptionBudget"],
    note: "an empty spec.selector ({}) means all Pods of the namespace (before: none)",
    source: `${guide}/#poddisruptionbudget-v125`,
  },
  {
    group: "autoscaling",
    versions: ["v2beta1"],
    kinds: ["HorizontalPodAutoscaler"],
    reshaped: true,
    note: "metrics take target with type and averageUtilization, averageValue or value instead of targetAverageUtilization, targetAverageValue and targetValue; metricName and selector become metric.name and metric.selector; target of an Object metric becomes describedObject",
    source: `${guide}/#horizontalpodautoscaler-v125`,
  },
  {
    group: "discovery.k8s.io",
    versions: ["v1alpha1", "v1beta1"],
    kinds: ["EndpointSlice"],
    reshaped: true,
    note: "topology of an endpoint becomes nodeName and zone",
    source: `${guide}/#endpointslice-v125`,
  },
  {
    group: "events.k8s.io",
    versions: ["v1beta1"],
    kinds: ["Event"],
    reshaped: true,
    note: "involvedObject becomes regarding; action, reason, reportingController and reportingInstance are required; type is Normal or Warning",
    source: `${guide}/#event-v125`,
  },
  {
    group: "admissionregistration.k8s.io",
    versions: ["v1beta1"],
    kinds: ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    note: "sideEffects (None or NoneOnDryRun) and admissionReviewVersions are required; defaults change: failurePolicy Fail (before: Ignore), matchPolicy Equivalent (Exact), timeoutSeconds 10 (30)",
    source: `${guide}/#webhook-resources-v122`,
  },
  {
    group: "apiextensions.k8s.io",
    versions: ["v1beta1"],
    kinds: ["CustomResourceDefinition"],
    reshaped: true,
    note: "spec.scope is required; spec.version becomes spec.versions; schema, subresources and additionalPrinterColumns (jsonPath) stand in each version; a structural schema is required, and preserveUnknownFields goes into it",
    source: `${guide}/#customresourcedefinition-v122`,
  },
  {
    group: "certificates.k8s.io",
    versions: ["v1beta1"],
    kinds: ["CertificateSigningRequest"],
    note: "spec.signerName and spec.usages are required",
    source: `${guide}/#certificatesigningrequest-v122`,
  },
  {
    group: "policy",
    versions: ["v1beta1"],
    kinds: ["PodSecurityPolicy"],
    note: "label the Namespaces with pod-security.kubernetes.io/enforce (Pod Security admission), or use a policy engine",
    source: `${guide}/#psp-v125`,
  },
  {
    group: "extensions",
    versions: ["v1beta1"],
    kinds: ["PodSecurityPolicy"],
    note: "label the Namespaces with pod-security.kubernetes.io/enforce (Pod Security admission), or use a policy engine",
    source: `${guide}/#psp-v125`,
  },
  {
    group: "flowcontrol.apiserver.k8s.io",
    versions: ["v1alpha1", "v1beta1", "v1beta2"],
    kinds: ["PriorityLevelConfiguration"],
    reshaped: true,
    note: "spec.limited.assuredConcurrencyShares becomes nominalConcurrencyShares; 0 there means none (before: the default of 30)",
    source: `${guide}/#flowcontrol-resources-v129`,
  },
  {
    group: "flowcontrol.apiserver.k8s.io",
    versions: ["v1beta3"],
    kinds: ["PriorityLevelConfiguration"],
    note: "spec.limited.nominalConcurrencyShares: 0 means none (before: the default of 30)",
    source: `${guide}/#flowcontrol-resources-v132`,
  },
  {
    group: "resource.k8s.io",
    versions: ["v1beta1"],
    kinds: ["ResourceClaim", "ResourceClaimTemplate"],
    reshaped: true,
    note: "what a device request asks for stands under exactly",
    source: "k8s.io/api resource/v1beta2 types.go DeviceRequest",
  },
  {
    group: "resource.k8s.io",
    versions: ["v1beta1"],
    kinds: ["ResourceSlice"],
    reshaped: true,
    note: "what stood under basic of a device stands in the device itself",
    source: "k8s.io/api resource/v1beta2 types.go Device",
  },
  {
    group: "resource.k8s.io",
    versions: ["v1alpha1", "v1alpha2", "v1alpha3"],
    kinds: [
      "ResourceClaim",
      "ResourceClaimTemplate",
      "ResourceClass",
      "DeviceClass",
      "ResourceSlice",
      "PodSchedulingContext",
    ],
    reshaped: true,
    note: "the alpha versions have another shape; delete the stored objects before the upgrade",
    source: "k8s.io/api resource/v1alpha3 types.go; kubernetes CHANGELOG-1.32, CHANGELOG-1.34",
  },
  {
    group: "certificates.k8s.io",
    versions: ["v1alpha1", "v1beta1"],
    kinds: ["PodCertificateRequest"],
    reshaped: true,
    note: "spec.pkixPublicKey and spec.proofOfPossession become spec.stubPKCS10Request",
    source: "k8s.io/api certificates/v1beta1 types.go; kubernetes CHANGELOG-1.37 (#139579)",
  },
  {
    group: "coordination.k8s.io",
    versions: ["v1alpha1"],
    kinds: ["LeaseCandidate"],
    reshaped: true,
    note: "spec.preferredStrategies becomes spec.strategy, and spec.binaryVersion is required",
    source: "k8s.io/api coordination/v1alpha1 and v1alpha2 types.go",
  },
  {
    group: "scheduling.k8s.io",
    versions: ["v1alpha1", "v1alpha2"],
    kinds: ["PodGroup", "Workload"],
    reshaped: true,
    note: "the alpha versions have another shape: see kubeops explain",
    source: "k8s.io/api scheduling/v1alpha2 and v1beta1 types.go",
  },
  {
    group: "storagemigration.k8s.io",
    versions: ["v1alpha1"],
    kinds: ["StorageVersionMigration"],
    reshaped: true,
    note: "spec.resource takes group and resource, without a version; spec.continueToken is gone",
    source: "k8s.io/api storagemigration/v1alpha1 and v1beta1 types.go",
  },
  {
    group: "node.k8s.io",
    versions: ["v1alpha1"],
    kinds: ["RuntimeClass"],
    reshaped: true,
    note: "spec.runtimeHandler becomes handler, the other fields of spec stand in the object itself",
    source: "k8s.io/api node/v1alpha1 types.go",
  },
  {
    group: "settings.k8s.io",
    versions: ["v1alpha1"],
    kinds: ["PodPreset"],
    note: "write the values into the Pods, or use a MutatingAdmissionPolicy",
    source: "kubernetes CHANGELOG-1.20 (#94090)",
  },
  {
    group: "auditregistration.k8s.io",
    versions: ["v1alpha1"],
    kinds: ["AuditSink"],
    note: "use the audit webhook of kube-apiserver (--audit-webhook-config-file)",
    source: "kubernetes CHANGELOG-1.19 (#91502)",
  },
  {
    group: "networking.k8s.io",
    versions: ["v1alpha1"],
    kinds: ["ClusterCIDR"],
    note: "the feature was given up; use a network plug-in that hands out ranges",
    source: "kubernetes CHANGELOG-1.29 (#121229)",
  },
  {
    group: "",
    versions: ["v1"],
    kinds: ["ComponentStatus"],
    note: "ask the health endpoints of the components",
    source: "k8s.io/api core/v1 types.go ComponentStatus",
  },
  {
    group: "",
    versions: ["v1"],
    kinds: ["Endpoints"],
    note: "addressType, endpoints[].addresses and ports stand in the slice itself; the label kubernetes.io/service-name names the Service",
    source: "k8s.io/api core/v1 types.go Endpoints; KEP-4974",
  },
];

/** What the row of a version says; undefined where only the apiVersion changes. */
export function bodyNoteOf(key: Gvk): string | undefined {
  return rowOf(key)?.note;
}

/** Do the fields of a version stand elsewhere than those of the version that replaces it? */
export function isReshaped(key: Gvk): boolean {
  return rowOf(key)?.reshaped === true;
}

function rowOf({ group, version, kind }: Gvk): BodyNote | undefined {
  return bodyNotes.find(
    (row) => row.group === group && row.versions.includes(version) && row.kinds.includes(kind),
  );
}

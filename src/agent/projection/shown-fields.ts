import type { ShownForm } from "./shown-as.ts";

/**
 * What a model may see of an object, by path: everything that has no row here is withheld. `[]` stands for the items of a
 * list, `{labels}` for labels by the allowlist below, `{keys}` for the keys of a map without its values. Rows with `edit`
 * are also what `edit_field` may set. Values of Secrets, ConfigMaps, variables and annotations, arguments, commands and free
 * texts have no row, and a test says that none is ever added.
 */
export interface ShownField {
  readonly path: string;
  readonly as: ShownForm | "labels" | "keys";
  readonly edit?: true;
}

/** Kinds as `group/kind`, in any version, and their rows. */
export interface ShownKind {
  readonly kinds: readonly string[];
  readonly fields: readonly ShownField[];
}

/** Labels whose values are structure: what selectors of the field select by, and Pod Security. Other keys are withheld too. */
export const shownLabels: ReadonlySet<string> = new Set([
  "app",
  "component",
  "k8s-app",
  "tier",
  "app.kubernetes.io/component",
  "app.kubernetes.io/instance",
  "app.kubernetes.io/managed-by",
  "app.kubernetes.io/name",
  "app.kubernetes.io/part-of",
  "app.kubernetes.io/version",
  "kubernetes.io/metadata.name",
  "pod-security.kubernetes.io/audit",
  "pod-security.kubernetes.io/audit-version",
  "pod-security.kubernetes.io/enforce",
  "pod-security.kubernetes.io/enforce-version",
  "pod-security.kubernetes.io/warn",
  "pod-security.kubernetes.io/warn-version",
]);

const show = (path: string, as: ShownField["as"]): ShownField => ({ path, as });
const edit = (path: string, as: ShownForm): ShownField => ({ path, as, edit: true });

function below(prefix: string, fields: readonly ShownField[]): readonly ShownField[] {
  return fields.map((field) => ({ ...field, path: `${prefix}.${field.path}` }));
}

const probe: readonly ShownField[] = [
  edit("httpGet.path", "path"),
  edit("httpGet.port", "port"),
  edit("tcpSocket.port", "port"),
  edit("grpc.port", "port"),
  edit("initialDelaySeconds", "seconds"),
  edit("periodSeconds", "seconds"),
  edit("timeoutSeconds", "seconds"),
  edit("failureThreshold", "count"),
  edit("successThreshold", "count"),
];

const container: readonly ShownField[] = [
  show("name", "name"),
  edit("image", "image"),
  edit("imagePullPolicy", "pullPolicy"),
  show("ports[].name", "name"),
  show("ports[].containerPort", "port"),
  show("ports[].protocol", "word"),
  edit("resources.requests.cpu", "quantity"),
  edit("resources.requests.memory", "quantity"),
  edit("resources.limits.cpu", "quantity"),
  edit("resources.limits.memory", "quantity"),
  show("env[].name", "variable"),
  show("env[].valueFrom.secretKeyRef.name", "name"),
  show("env[].valueFrom.secretKeyRef.key", "key"),
  show("env[].valueFrom.configMapKeyRef.name", "name"),
  show("env[].valueFrom.configMapKeyRef.key", "key"),
  show("envFrom[].secretRef.name", "name"),
  show("envFrom[].configMapRef.name", "name"),
  show("volumeMounts[].name", "name"),
  show("volumeMounts[].mountPath", "path"),
  show("volumeMounts[].readOnly", "boolean"),
  show("securityContext.privileged", "boolean"),
  show("securityContext.allowPrivilegeEscalation", "boolean"),
  show("securityContext.runAsNonRoot", "boolean"),
  show("securityContext.runAsUser", "integer"),
  edit("securityContext.readOnlyRootFilesystem", "boolean"),
  show("securityContext.capabilities.add[]", "word"),
  show("securityContext.capabilities.drop[]", "word"),
  ...below("livenessProbe", probe),
  ...below("readinessProbe", probe),
  ...below("startupProbe", probe),
];

const podSpec: readonly ShownField[] = [
  show("serviceAccountName", "name"),
  show("automountServiceAccountToken", "boolean"),
  show("hostNetwork", "boolean"),
  show("hostPID", "boolean"),
  show("hostIPC", "boolean"),
  show("priorityClassName", "name"),
  show("runtimeClassName", "name"),
  show("restartPolicy", "word"),
  edit("terminationGracePeriodSeconds", "seconds"),
  show("securityContext.runAsNonRoot", "boolean"),
  show("securityContext.runAsUser", "integer"),
  show("securityContext.fsGroup", "integer"),
  show("securityContext.seccompProfile.type", "word"),
  show("imagePullSecrets[].name", "name"),
  show("volumes[].name", "name"),
  show("volumes[].secret.secretName", "name"),
  show("volumes[].configMap.name", "name"),
  show("volumes[].persistentVolumeClaim.claimName", "name"),
  show("volumes[].hostPath.type", "word"),
  ...below("initContainers[]", container),
  ...below("containers[]", container),
];

const template: readonly ShownField[] = [show("metadata.labels", "labels"), ...below("spec", podSpec)];

const jobSpec: readonly ShownField[] = [
  show("parallelism", "pods"),
  show("completions", "pods"),
  edit("backoffLimit", "count"),
  edit("activeDeadlineSeconds", "seconds"),
  edit("ttlSecondsAfterFinished", "seconds"),
  ...below("template", template),
];

const update: readonly ShownField[] = [
  show("type", "word"),
  edit("rollingUpdate.maxSurge", "amount"),
  edit("rollingUpdate.maxUnavailable", "amount"),
];

const peer: readonly ShownField[] = [
  show("podSelector.matchLabels", "labels"),
  show("namespaceSelector.matchLabels", "labels"),
  show("ipBlock.cidr", "cidr"),
  show("ipBlock.except[]", "cidr"),
];
const policyPorts: readonly ShownField[] = [show("ports[].port", "port"), show("ports[].protocol", "word")];

const rules: readonly ShownField[] = [
  show("rules[].apiGroups[]", "word"),
  show("rules[].resources[]", "word"),
  show("rules[].verbs[]", "word"),
  show("rules[].resourceNames[]", "rbacName"),
];
const binding: readonly ShownField[] = [
  show("roleRef.kind", "kind"),
  show("roleRef.name", "rbacName"),
  show("subjects[].kind", "kind"),
  show("subjects[].name", "rbacName"),
  show("subjects[].namespace", "name"),
];

/** Of every kind, also of those that no table knows: what it is, and labels by the allowlist. */
export const shownOfAll: readonly ShownField[] = [show("metadata.labels", "labels")];

/** The table. */
export const shownKinds: readonly ShownKind[] = [
  { kinds: ["/Pod"], fields: below("spec", podSpec) },
  {
    kinds: [
      "apps/Deployment",
      "apps/StatefulSet",
      "apps/DaemonSet",
      "apps/ReplicaSet",
      "/ReplicationController",
    ],
    fields: below("spec", [
      edit("replicas", "pods"),
      edit("minReadySeconds", "seconds"),
      edit("revisionHistoryLimit", "count"),
      edit("progressDeadlineSeconds", "seconds"),
      show("serviceName", "name"),
      show("paused", "boolean"),
      show("selector.matchLabels", "labels"),
      ...below("strategy", update),
      ...below("updateStrategy", update),
      ...below("template", template),
    ]),
  },
  { kinds: ["batch/Job"], fields: below("spec", jobSpec) },
  {
    kinds: ["batch/CronJob"],
    fields: below("spec", [
      show("schedule", "schedule"),
      edit("suspend", "boolean"),
      show("concurrencyPolicy", "word"),
      edit("successfulJobsHistoryLimit", "count"),
      edit("failedJobsHistoryLimit", "count"),
      ...below("jobTemplate.spec", jobSpec),
    ]),
  },
  {
    kinds: ["/Service"],
    fields: below("spec", [
      show("type", "word"),
      show("selector", "labels"),
      show("ports[].name", "name"),
      show("ports[].port", "port"),
      show("ports[].targetPort", "port"),
      show("ports[].protocol", "word"),
    ]),
  },
  {
    kinds: ["networking.k8s.io/Ingress"],
    fields: below("spec", [
      show("ingressClassName", "name"),
      show("rules[].host", "host"),
      show("rules[].http.paths[].path", "path"),
      show("rules[].http.paths[].pathType", "word"),
      show("rules[].http.paths[].backend.service.name", "name"),
      show("rules[].http.paths[].backend.service.port.number", "port"),
      show("rules[].http.paths[].backend.service.port.name", "name"),
      show("tls[].hosts[]", "host"),
      show("tls[].secretName", "name"),
    ]),
  },
  {
    kinds: ["networking.k8s.io/NetworkPolicy"],
    fields: below("spec", [
      show("podSelector.matchLabels", "labels"),
      show("policyTypes[]", "word"),
      ...below("ingress[].from[]", peer),
      ...below("ingress[]", policyPorts),
      ...below("egress[].to[]", peer),
      ...below("egress[]", policyPorts),
    ]),
  },
  {
    kinds: ["autoscaling/HorizontalPodAutoscaler"],
    fields: below("spec", [
      show("scaleTargetRef.kind", "kind"),
      show("scaleTargetRef.name", "name"),
      edit("minReplicas", "pods"),
      edit("maxReplicas", "pods"),
      show("metrics[].type", "word"),
      show("metrics[].resource.name", "word"),
      edit("metrics[].resource.target.averageUtilization", "count"),
    ]),
  },
  {
    kinds: ["policy/PodDisruptionBudget"],
    fields: below("spec", [
      edit("minAvailable", "amount"),
      edit("maxUnavailable", "amount"),
      show("selector.matchLabels", "labels"),
    ]),
  },
  {
    kinds: ["/PersistentVolumeClaim"],
    fields: below("spec", [
      show("accessModes[]", "word"),
      show("storageClassName", "name"),
      edit("resources.requests.storage", "quantity"),
    ]),
  },
  {
    kinds: ["/ServiceAccount"],
    fields: [show("automountServiceAccountToken", "boolean"), show("imagePullSecrets[].name", "name")],
  },
  {
    kinds: ["/ConfigMap"],
    fields: [show("data", "keys"), show("binaryData", "keys"), show("immutable", "boolean")],
  },
  {
    kinds: ["/Secret"],
    fields: [
      show("type", "word"),
      show("data", "keys"),
      show("stringData", "keys"),
      show("immutable", "boolean"),
    ],
  },
  { kinds: ["rbac.authorization.k8s.io/Role", "rbac.authorization.k8s.io/ClusterRole"], fields: rules },
  {
    kinds: ["rbac.authorization.k8s.io/RoleBinding", "rbac.authorization.k8s.io/ClusterRoleBinding"],
    fields: binding,
  },
];

// Production-like sets of objects that the benchmarks of check and fix write into files.

/** Ten objects, about 7.7 kB, of one application. */
export function objectSet(number) {
  const name = `app-${number}`;
  const labels = (indent) =>
    ["name", "instance", "component", "part-of"]
      .map((label) => `${" ".repeat(indent)}app.kubernetes.io/${label}: ${name}\n`)
      .join("");
  const head = (apiVersion, kind, suffix = "") =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${name}${suffix}\n  namespace: team-${number % 10}\n  labels:\n${labels(4)}  annotations:\n    example.com/owner: team-${number % 10}@example.com\n    example.com/runbook: "https://runbooks.example.com/${name}"\n`;
  const probe = (path) =>
    `            httpGet:\n              path: ${path}\n              port: http\n            initialDelaySeconds: 5\n            periodSeconds: 10\n            timeoutSeconds: 3\n`;
  const container = (container, port) =>
    `        - name: ${container}\n          image: registry.example.com/team/${name}-${container}:1.${number}.0\n          imagePullPolicy: IfNotPresent\n          args: ["--listen=:${port}", "--log-format=json"]\n          ports:\n            - name: ${container === "web" ? "http" : "metrics"}\n              containerPort: ${port}\n              protocol: TCP\n          env:\n            - name: POD_NAME\n              valueFrom:\n                fieldRef:\n                  fieldPath: metadata.name\n            - name: DATABASE_HOST\n              value: "${name}-db.internal.example.com"\n            - name: MAX_CONNECTIONS\n              value: "64"\n          resources:\n            requests:\n              cpu: 100m\n              memory: 128Mi\n            limits:\n              memory: 256Mi\n          livenessProbe:\n${probe("/healthz")}          readinessProbe:\n${probe("/ready")}          securityContext:\n            allowPrivilegeEscalation: false\n            readOnlyRootFilesystem: true\n            capabilities:\n              drop: ["ALL"]\n          volumeMounts:\n            - name: tmp\n              mountPath: /tmp\n            - name: config\n              mountPath: /etc/${name}\n              readOnly: true\n`;
  return [
    `${head("apps/v1", "Deployment")}spec:\n  replicas: 3\n  revisionHistoryLimit: 5\n  strategy:\n    type: RollingUpdate\n    rollingUpdate:\n      maxSurge: 1\n      maxUnavailable: 0\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: ${name}\n  template:\n    metadata:\n      labels:\n${labels(8)}    spec:\n      serviceAccountName: ${name}\n      automountServiceAccountToken: false\n      securityContext:\n        runAsNonRoot: true\n        runAsUser: 10001\n        seccompProfile:\n          type: RuntimeDefault\n      topologySpreadConstraints:\n        - maxSkew: 1\n          topologyKey: topology.kubernetes.io/zone\n          whenUnsatisfiable: ScheduleAnyway\n          labelSelector:\n            matchLabels:\n              app.kubernetes.io/name: ${name}\n      containers:\n${container("web", 8080)}      volumes:\n        - name: tmp\n          emptyDir: {}\n        - name: config\n          configMap:\n            name: ${name}\n`,
    `${head("v1", "Service")}spec:\n  type: ClusterIP\n  selector:\n    app.kubernetes.io/name: ${name}\n  ports:\n    - name: http\n      port: 80\n      targetPort: http\n      protocol: TCP\n`,
    `${head("v1", "ServiceAccount")}automountServiceAccountToken: false\n`,
    `${head("v1", "ConfigMap")}data:\n  config.yaml: |\n    listen: ":8080"\n    log:\n      level: info\n      format: json\n  LOG_LEVEL: info\n`,
    `${head("autoscaling/v2", "HorizontalPodAutoscaler")}spec:\n  scaleTargetRef:\n    apiVersion: apps/v1\n    kind: Deployment\n    name: ${name}\n  minReplicas: 3\n  maxReplicas: 10\n  metrics:\n    - type: Resource\n      resource:\n        name: cpu\n        target:\n          type: Utilization\n          averageUtilization: 70\n`,
    `${head("policy/v1", "PodDisruptionBudget")}spec:\n  maxUnavailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: ${name}\n`,
    `${head("networking.k8s.io/v1", "NetworkPolicy")}spec:\n  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: ${name}\n  policyTypes: [Ingress, Egress]\n  ingress:\n    - from:\n        - namespaceSelector:\n            matchLabels:\n              kubernetes.io/metadata.name: ingress\n      ports:\n        - port: 8080\n          protocol: TCP\n  egress:\n    - ports:\n        - port: 53\n          protocol: UDP\n`,
    `${head("networking.k8s.io/v1", "Ingress")}spec:\n  ingressClassName: nginx\n  rules:\n    - host: ${name}.example.com\n      http:\n        paths:\n          - path: /\n            pathType: Prefix\n            backend:\n              service:\n                name: ${name}\n                port:\n                  name: http\n`,
    `${head("rbac.authorization.k8s.io/v1", "Role")}rules:\n  - apiGroups: [""]\n    resources: [configmaps]\n    resourceNames: [${name}]\n    verbs: [get, watch]\n`,
    `${head("rbac.authorization.k8s.io/v1", "RoleBinding")}roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: ${name}\nsubjects:\n  - kind: ServiceAccount\n    name: ${name}\n    namespace: team-${number % 10}\n`,
  ].join("---\n");
}

/** The same with what `kubeops fix` mends: types, words in the wrong case, misspelt fields, a version that goes. */
export function faultySet(number) {
  const faults = [
    ['value: "64"', "value: 64"],
    ["protocol: TCP\n          env", "protocol: tcp\n          env"],
    ["imagePullPolicy: IfNotPresent", "imagePullPolicy: ifNotPresent"],
    ["initialDelaySeconds", "initialDelaySecond"],
    ["revisionHistoryLimit", "revisionHistoryLimits"],
  ];
  const faulty = faults.reduce((text, [right, wrong]) => text.replace(right, wrong), objectSet(number));
  return `${faulty}---\n${flow(number)}`;
}

/** The same with what an upgrade from 1.31 to 1.37 takes away. */
export function oldSet(number) {
  return `${objectSet(number)}---\n${flow(number)}---\napiVersion: networking.k8s.io/v1beta1\nkind: ServiceCIDR\nmetadata:\n  name: app-${number}\nspec:\n  cidrs: [10.${number % 250}.0.0/24]\n`;
}

function flow(number) {
  return `apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\nmetadata:\n  name: app-${number}\nspec:\n  priorityLevelConfiguration:\n    name: workload-low\n  matchingPrecedence: 1000\n`;
}

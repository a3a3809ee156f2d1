import type { JsonObject } from "../../src/kube/json.ts";

function runs(kind: string, name: string, container: JsonObject, spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name, namespace: "shop", labels: { app: name } },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name, ...container }] },
      },
      ...spec,
    },
  };
}

function policy(name: string, spec: JsonObject): JsonObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, namespace: "shop" },
    spec,
  };
}

/** Objects as a person keeps them: a web server, an API with an autoscaler, a database behind a closed door. */
export const given: readonly JsonObject[] = [
  runs("Deployment", "web", {
    image: "ghcr.io/acme/web:1.0.0",
    ports: [{ name: "http", containerPort: 8080 }],
    env: [{ name: "API_URL", value: "http://api:9000" }],
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "128Mi" } },
    readinessProbe: { httpGet: { path: "/ready", port: 8080 }, periodSeconds: 10 },
  }),
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "shop" },
    spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: "http" }] },
  },
  runs("Deployment", "api", { image: "ghcr.io/acme/api:1.4.2", ports: [{ containerPort: 9000 }] }),
  {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "api", namespace: "shop" },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "api" },
      minReplicas: 2,
      maxReplicas: 4,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
        },
      ],
    },
  },
  runs(
    "StatefulSet",
    "db",
    { image: "postgres:17.2", ports: [{ containerPort: 5432 }] },
    { replicas: 1, serviceName: "db" },
  ),
  policy("db-closed", {
    podSelector: { matchLabels: { app: "db" } },
    policyTypes: ["Ingress"],
    ingress: [],
  }),
];

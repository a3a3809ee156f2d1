import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/kube/canonical-json.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { resourceOf } from "../../src/kube/catalogue/catalogue.ts";
import { keyText, objectKey } from "../../src/kube/object-key.ts";
import { FIELD_MANAGER } from "../../src/plan/change/applyset.ts";
import { maskLive, maskResult } from "../../src/plan/change/mask.ts";
import { appliedBy, managedEntries } from "../../src/plan/cluster/managed-fields.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";

const pods: JsonObject = {
  metadata: { labels: { app: "x" } },
  spec: {
    containers: [
      { name: "c", image: "x:1", ports: [{ containerPort: 80 }], env: [{ name: "A", value: "1" }] },
    ],
  },
};
function thing(apiVersion: string, kind: string, name: string, rest: JsonObject): JsonObject {
  return { apiVersion, kind, metadata: { name, namespace: "default" }, ...rest };
}
const service = (name: string, spec: JsonObject): JsonObject =>
  thing("v1", "Service", name, {
    spec: { selector: { app: "x" }, ports: [{ port: 80, name: "http" }], ...spec },
  });

/** Kinds for which the server makes something up, and some for which it only fills in defaults. */
const objects: readonly JsonObject[] = [
  service("plain", {}),
  service("headless", { clusterIP: "None" }),
  service("node", { type: "NodePort" }),
  service("chosen", { type: "NodePort", ports: [{ port: 80, nodePort: 30555 }] }),
  service("balancer", { type: "LoadBalancer", externalTrafficPolicy: "Local" }),
  service("outside", { type: "ExternalName", externalName: "example.org" }),
  thing("batch/v1", "Job", "job", {
    spec: { template: { spec: { ...(pods["spec"] as JsonObject), restartPolicy: "Never" } } },
  }),
  thing("batch/v1", "CronJob", "cron", {
    spec: {
      schedule: "0 0 * * *",
      jobTemplate: {
        spec: { template: { spec: { ...(pods["spec"] as JsonObject), restartPolicy: "Never" } } },
      },
    },
  }),
  thing("v1", "Pod", "pod", { spec: pods["spec"] as JsonObject }),
  thing("apps/v1", "Deployment", "web", {
    spec: { selector: { matchLabels: { app: "x" } }, template: pods },
  }),
  thing("apps/v1", "DaemonSet", "daemon", {
    spec: { selector: { matchLabels: { app: "x" } }, template: pods },
  }),
  thing("apps/v1", "StatefulSet", "db", {
    spec: {
      serviceName: "headless",
      selector: { matchLabels: { app: "x" } },
      template: pods,
      volumeClaimTemplates: [
        {
          metadata: { name: "data" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        },
      ],
    },
  }),
  thing("v1", "PersistentVolumeClaim", "claim", {
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  }),
  thing("v1", "ServiceAccount", "account", { automountServiceAccountToken: false }),
  thing("v1", "ConfigMap", "config", { data: { a: "1" } }),
  thing("networking.k8s.io/v1", "NetworkPolicy", "policy", {
    spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] },
  }),
  thing("policy/v1", "PodDisruptionBudget", "pdb", {
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: "x" } } },
  }),
  thing("autoscaling/v2", "HorizontalPodAutoscaler", "hpa", {
    spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" } },
  }),
  thing("networking.k8s.io/v1", "Ingress", "ingress", {
    spec: { defaultBackend: { service: { name: "plain", port: { name: "http" } } } },
  }),
  thing("rbac.authorization.k8s.io/v1", "Role", "role", {
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
  }),
];

describe.skipIf(
  controlPlaneMissing !== undefined && leftOut("dry runs against a real API server", controlPlaneMissing),
)("K2 what a real API server answers, masked", () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    // Without controllers: nothing but our requests changes the objects. Pods need the account that one of them makes.
    plane = await controlPlane({ components: "api" });
    await apply(thing("v1", "ServiceAccount", "default", {}), "");
  }, 120_000);
  afterAll(async () => plane?.stop());

  async function apply(object: JsonObject, query: string): Promise<JsonObject> {
    const key = objectKey(object);
    const plural = resourceOf(key)?.plural ?? "";
    const base = key.group === "" ? "/api/v1" : `/apis/${key.group}/${key.version}`;
    const path = `${base}/namespaces/default/${plural}/${key.name}?fieldManager=${FIELD_MANAGER}${query}`;
    const answer = await plane.admin("PATCH", path, object, "application/apply-patch+yaml");
    expect([keyText(key), answer.status, answer.status < 300 ? "" : answer.text]).toEqual([
      keyText(key),
      answer.status,
      "",
    ]);
    return answer.body;
  }
  const ours = (object: JsonObject): unknown =>
    managedEntries(object).filter(({ manager }) => manager === FIELD_MANAGER);
  const same = (one: JsonObject, other: JsonObject): void =>
    expect(canonicalJson(one)).toBe(canonicalJson(other));

  it.each(objects.map((object) => [keyText(objectKey(object)), object] as const))(
    "%s: two dry runs, the write, and the same again are one",
    async (_, object) => {
      const created = { live: null, desired: object };
      const first = maskResult(await apply(object, "&dryRun=All"), created);
      same(maskResult(await apply(object, "&dryRun=All"), created), first);
      const live = await apply(object, "");
      same(maskResult(live, created), first);
      // Applied again it changes nothing, and neither does what is read back as ours (kernel K12).
      const known = { live, desired: object };
      same(maskResult(await apply(object, "&dryRun=All"), known), maskLive(live));
      const back = appliedBy(FIELD_MANAGER, live);
      expect(back).toMatchObject(object);
      const again = await apply(back ?? {}, "&dryRun=All");
      same(maskResult(again, known), maskLive(live));
      expect(ours(again)).toEqual(ours(live));
    },
  );
});

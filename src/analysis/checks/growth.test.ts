import { expect, test } from "vitest";
import type { Json, JsonObject } from "../../kube/json.ts";
import type { ReadObject } from "../../kube/read-object.ts";
import { readObjects } from "../../kube/read-objects.ts";
import { readDocuments } from "../../kube/yaml/read-documents.ts";
import { findNetworkFaults } from "../network/findings/find.ts";
import { judgeObjects } from "./judge-objects.ts";
import { applySettings } from "./settings/exempt.ts";
import { noSettings } from "./settings/settings.ts";

/** One application: everything that refers to something else by name or by labels. */
function application(name: string): string {
  const meta = (own: string) => `metadata: {name: ${own}, namespace: shop, labels: {app: ${name}}}`;
  const selector = `selector: {matchLabels: {app: ${name}}}`;
  return [
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: shop, labels: {app: ${name}}, annotations: {check.kubernetes-operations.dev/supply-chain.moving-tag: measured}}\nspec: {replicas: 3, ${selector}, template: {metadata: {labels: {app: ${name}, part: all}}, spec: {serviceAccountName: ${name}, containers: [{name: a, image: "a:latest", ports: [{name: web, containerPort: 8080}], envFrom: [{configMapRef: {name: ${name}}}]}]}}}`,
    `apiVersion: v1\nkind: Service\n${meta(name)}\nspec: {selector: {app: ${name}, part: all}, ports: [{name: web, port: 80, targetPort: web}]}`,
    `apiVersion: v1\nkind: ServiceAccount\n${meta(name)}`,
    `apiVersion: v1\nkind: ConfigMap\n${meta(name)}\ndata: {a: b}`,
    `apiVersion: v1\nkind: LimitRange\n${meta(name)}\nspec: {limits: [{type: Container, max: {cpu: 1}}]}`,
    `apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n${meta(name)}\nspec: {maxReplicas: 4, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ${name}}}`,
    `apiVersion: policy/v1\nkind: PodDisruptionBudget\n${meta(name)}\nspec: {minAvailable: 1, ${selector}}`,
    `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n${meta(name)}\nspec: {podSelector: {matchLabels: {app: ${name}}}, ingress: [{from: [{podSelector: {matchLabels: {app: ${name}}}}]}]}`,
    `apiVersion: networking.k8s.io/v1\nkind: Ingress\n${meta(name)}\nspec: {rules: [{host: ${name}.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ${name}, port: {name: web}}}}]}}]}`,
    `apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\n${meta(name)}\nspec: {${selector}, endpoints: [{port: web}]}`,
  ].join("\n---\n");
}

/** Objects that count how often something of them is read. */
function counted(count: number): { readonly objects: readonly ReadObject[]; reads: () => number } {
  let reads = 0;
  const watch = <T extends Json>(value: T): T =>
    typeof value === "object" && value !== null
      ? new Proxy(value, {
          get: (target, name, receiver) => {
            reads++;
            const member = Reflect.get(target, name, receiver) as Json;
            return typeof member === "object" ? watch(member) : member;
          },
        })
      : value;
  const text = Array.from({ length: count }, (_, number) => application(`app-${number}`)).join("\n---\n");
  const { objects } = readObjects(readDocuments("a.yaml", new TextEncoder().encode(text)));
  return {
    objects: objects.map((read) => ({ ...read, object: watch<JsonObject>(read.object) })),
    reads: () => reads,
  };
}

test("twice the objects are twice the work, for every practice, sign and network fault", () => {
  const work = (count: number): number => {
    const { objects, reads } = counted(count);
    const found = [...judgeObjects(objects, { minor: 37, profile: "all" }), ...findNetworkFaults(objects)];
    expect(applySettings(found, objects, noSettings).exempt).toHaveLength(count);
    return reads();
  };
  const once = work(100);
  expect(once).toBeGreaterThan(10_000);
  expect(work(200) / once).toBeLessThan(2.2);
});

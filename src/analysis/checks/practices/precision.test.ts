import { describe, expect, test } from "vitest";
import { readDocuments } from "../../../kube/yaml/read-documents.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import { findNetworkFaults } from "../../network/findings/find.ts";
import { practiceFindings } from "./practice-findings.ts";

const read = (...documents: readonly string[]) =>
  readObjects(readDocuments("a.yaml", new TextEncoder().encode(documents.join("\n---\n")))).objects;
const found = (...documents: readonly string[]): readonly string[] =>
  practiceFindings(read(...documents), { minor: 37, profile: "default" })
    .filter(({ code }) => code.startsWith("reference/"))
    .map(({ severity, code }) => `${severity} ${code}`);

const rbac = "apiVersion: rbac.authorization.k8s.io/v1";
const role = `${rbac}\nkind: Role\nmetadata: {name: r, namespace: kube-system}\nrules: []`;
const binding = (name: string) =>
  `${rbac}\nkind: RoleBinding\nmetadata: {name: b, namespace: kube-system}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${name}}\nsubjects: []`;
const service = (spec: string, name = "a", labels = "{}") =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop, labels: ${labels}}\nspec: ${spec}`;
const deployment =
  "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: shop}\nspec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a, image: a:1}]}}}";
const alertmanager =
  "apiVersion: monitoring.coreos.com/v1\nkind: Alertmanager\nmetadata: {name: main, namespace: shop}\nspec: {replicas: 3}";

describe("what stands in every cluster, or comes of something in the input, is not missing", () => {
  test("Roles that the API server makes", () => {
    expect(found(role, binding("extension-apiserver-authentication-reader"))).toEqual([]);
    expect(found(role, binding("extension-apiserver-authentication-readr"))).toEqual([
      "warning reference/role",
    ]);
  });

  test("the Service of the API server, for a ServiceMonitor", () => {
    const monitor = (labels: string) =>
      `apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: m, namespace: shop}\nspec: {selector: {matchLabels: ${labels}}, namespaceSelector: {matchNames: [default]}, endpoints: [{port: https}]}`;
    const other = service("{ports: [{port: 80}]}").replace("namespace: shop", "namespace: default");
    expect(found(other, monitor("{component: apiserver, provider: kubernetes}"))).toEqual([]);
    expect(found(other, monitor("{component: apiservr}"))).toEqual(["warning reference/service-monitor"]);
  });

  test("claims of a StatefulSet's templates", () => {
    const set = (template: string) =>
      `apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s, namespace: shop}\nspec: {selector: {matchLabels: {app: s}}, volumeClaimTemplates: [{metadata: {name: ${template}}}], template: {metadata: {labels: {app: s}}, spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: data}}], containers: [{name: a, volumeMounts: [{name: data, mountPath: /d}]}]}}}`;
    expect(found(set("data"))).toEqual([]);
    expect(found(set("other"))).toEqual(["info reference/volume-claim"]);
  });

  test("an account without a name is the default one", () => {
    const pod = (field: string) =>
      `apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec: {${field}, containers: [{name: a}]}`;
    const account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: x, namespace: shop}";
    expect(found(account, pod('serviceAccountName: ""'))).toEqual([]);
    expect(found(account, pod('serviceAccountName: "", serviceAccount: other'))).toEqual([
      "warning reference/service-account",
    ]);
  });

  test("Pods that an operator makes of a custom resource are only remarked on", () => {
    const budget =
      "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: p, namespace: shop}\nspec: {maxUnavailable: 1, selector: {matchLabels: {alertmanager: main}}}";
    const policy =
      "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: shop}\nspec: {podSelector: {matchLabels: {alertmanager: main}}}";
    const front = service("{selector: {alertmanager: main}, ports: [{port: 80}]}");
    const all = [deployment, budget, front] as const;
    expect(found(...all)).toEqual([
      "warning reference/budget-selects-nothing",
      "warning reference/service-selects-nothing",
    ]);
    expect(found(...all, alertmanager)).toEqual([
      "info reference/budget-selects-nothing",
      "info reference/service-selects-nothing",
    ]);
    const severity = (...documents: readonly string[]) =>
      findNetworkFaults(read(...documents)).map((finding) => `${finding.severity} ${finding.code}`);
    expect(severity(deployment, policy)).toEqual(["warning network/selects-nothing"]);
    expect(severity(deployment, policy, alertmanager)).toEqual(["info network/selects-nothing"]);
  });
});

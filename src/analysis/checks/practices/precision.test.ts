import { describe, expect, test } from "vitest";
import { readDocuments } from "../../../kube/yaml/read-documents.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import { findNetworkFaults } from "../../network/findings/find.ts";
import { objectIndex } from "./object-index.ts";
import { practiceFindings } from "./practice-findings.ts";

const read = (...documents: readonly string[]) =>
  readObjects(readDocuments("a.yaml", new TextEncoder().encode(documents.join("\n---\n")))).objects;
const found = (...documents: readonly string[]): readonly string[] =>
  practiceFindings(objectIndex(read(...documents), 37), { profile: "default" })
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

/** What a row says of documents, each in a file of its own (`folder/name.yaml`), with every row on. */
const said = (id: string, files: Readonly<Record<string, string>>): readonly string[] =>
  practiceFindings(
    objectIndex(
      Object.entries(files).flatMap(
        ([file, text]) => readObjects(readDocuments(file, new TextEncoder().encode(text))).objects,
      ),
      37,
    ),
    { profile: "all" },
  )
    .filter(({ code }) => code === id)
    .map(({ severity, message }) => `${severity} ${message}`);
const pod = (spec: string, more = ""): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop, labels: {app: a}}\nspec: {${more}containers: [{name: a, image: 'a:1'${spec}}]}`;

describe("applications in folders beside each other are not one application", () => {
  const front = service("{selector: {app: a}, ports: [{port: 80, targetPort: web}]}");
  const serving = deployment.replace("image: a:1", "image: a:1, ports: [{name: web, containerPort: 80}]");

  test("a target port that the Pods of the Service's own folder take", () => {
    const id = "reference/service-target-port";
    const other = deployment.replace("name: a, namespace", "name: b, namespace");
    expect(said(id, { "x/s.yaml": front, "x/d.yaml": serving, "y/d.yaml": other })).toEqual([]);
    expect(said(id, { "x/s.yaml": front, "x/d.yaml": serving, "x/e.yaml": other })).toEqual([
      "warning no container of Deployment b has the TCP port web",
    ]);
    expect(said(id, { "x/s.yaml": front, "y/d.yaml": deployment, "z/d.yaml": serving })).toHaveLength(1);
  });

  test("ConfigMaps and claims of another folder say nothing about one that is missing", () => {
    const map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: o, namespace: shop}";
    const uses = pod(", envFrom: [{configMapRef: {name: c}}]");
    const id = "reference/configuration";
    const info = ["info ConfigMap c is not in the input"];
    const warning = ["warning ConfigMap c is not in the input"];
    expect(said(id, { "k/x/p.yaml": uses, "k/y/c.yaml": map })).toEqual(info);
    expect(said(id, { "k/x/p.yaml": uses, "k/x/c.yaml": map })).toEqual(warning);
    expect(said(id, { "k/x/p.yaml": uses, "k/c.yaml": map })).toEqual(warning);
    expect(said(id, { "k/p.yaml": uses, "k/y/c.yaml": map })).toEqual(warning);
    const claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: o, namespace: shop}";
    const mounts = pod("", "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}], ");
    expect(said("reference/volume-claim", { "x/p.yaml": mounts, "y/c.yaml": claim })).toEqual([
      "info PersistentVolumeClaim c is not in the input",
    ]);
  });
});

describe("what is said is so for the object", () => {
  const role = (rule: string): string => `${rbac}\nkind: ClusterRole\nmetadata: {name: r}\nrules: [${rule}]`;

  test("a wildcard is told with the groups that limit it", () => {
    const wildcard = (rule: string) => said("permission/wildcard", { "a.yaml": role(rule) });
    expect(wildcard("{apiGroups: [metrics.k8s.io], resources: ['*'], verbs: ['*']}")).toEqual([
      "warning ClusterRole r gives all verbs of all resources of group metrics.k8s.io",
    ]);
    expect(wildcard("{apiGroups: ['*'], resources: ['*'], verbs: ['*']}")).toEqual([
      "warning ClusterRole r gives all verbs of all resources",
    ]);
    expect(wildcard("{apiGroups: [''], resources: [a, b, c, d], verbs: ['*']}")).toEqual([
      'warning ClusterRole r gives all verbs of a, b, c and 1 more of group ""',
    ]);
    expect(wildcard("{nonResourceURLs: ['*'], verbs: ['*']}")).toEqual([
      "warning ClusterRole r gives all verbs on URLs that are no resources",
    ]);
  });

  test("the scheduler spreads by default, and a budget lets Pods go while enough are ready", () => {
    const two = deployment.replace("spec: {selector", "spec: {replicas: 2, selector");
    expect(said("reliability/not-spread", { "a.yaml": two })).toEqual([
      "info it leaves the spreading of its replicas over nodes to the defaults of the scheduler",
    ]);
    const budget =
      "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: p, namespace: shop}\nspec: {maxUnavailable: 1, selector: {}}";
    expect(said("reliability/budget-keeps-unhealthy", { "a.yaml": budget })).toEqual([
      "info the budget keeps Pods that are not ready while too few are ready",
    ]);
  });

  test("a Deployment with a claim needs Recreate", () => {
    const recreate = deployment.replace("spec: {selector", "spec: {strategy: {type: Recreate}, selector");
    const id = "reliability/no-rolling-update";
    expect(said(id, { "a.yaml": recreate })).toHaveLength(1);
    const claim = "spec: {volumes: [{name: v, persistentVolumeClaim: {claimName: c}}], containers";
    expect(said(id, { "a.yaml": recreate.replace("spec: {containers", claim) })).toEqual([]);
  });

  test("a readiness probe is missed where something is sent to the container", () => {
    const id = "reliability/readiness-probe";
    const text = "container a has no readiness probe";
    expect(said(id, { "a.yaml": pod("") })).toEqual([`info ${text}`]);
    expect(said(id, { "a.yaml": pod(", ports: [{containerPort: 80}]") })).toEqual([`warning ${text}`]);
    const front = service("{selector: {app: a}, ports: [{port: 80}]}");
    expect(said(id, { "a.yaml": pod(""), "s.yaml": front })).toEqual([`warning ${text}`]);
  });

  test("more replicas are no answer where nothing is sent, or where one node has the claim", () => {
    const id = "reliability/single-replica";
    const text = "the Deployment has one replica";
    const answering = deployment.replace("image: a:1", "image: a:1, ports: [{containerPort: 80}]");
    expect(said(id, { "a.yaml": answering })).toEqual([`warning ${text}`]);
    expect(said(id, { "a.yaml": deployment })).toEqual([`info ${text}`]);
    const claim = "spec: {volumes: [{name: v, persistentVolumeClaim: {claimName: c}}], containers";
    expect(said(id, { "a.yaml": answering.replace("spec: {containers", claim) })).toEqual([`info ${text}`]);
  });

  test("Roles are put where they give something", () => {
    const here = (document: string) =>
      said("namespace/default-namespace", {
        "a.yaml": document.replace(/namespace: [\w-]+/, "namespace: default"),
      });
    expect(here(binding("x"))).toEqual([]);
    expect(here(`${rbac}\nkind: Role\nmetadata: {name: r, namespace: x}\nrules: []`)).toEqual([]);
    expect(here(pod(""))).toHaveLength(1);
  });

  test("a socket is no folder that a read-only mount protects", () => {
    const mounts = (path: string) =>
      said("security/writable-host-path", {
        "a.yaml": pod(
          ", volumeMounts: [{name: v, mountPath: /v}]",
          `volumes: [{name: v, hostPath: {path: ${path}}}], `,
        ),
      });
    expect(mounts("/var/run/docker.sock")).toEqual([]);
    expect(mounts("/dev/log")).toEqual([]);
    expect(mounts("/srv")).toEqual(["warning container a can write to the node's files in volume v"]);
  });

  test("Pods whose own account is given something call the API server", () => {
    const id = "security/service-account-token";
    const uses = (name: string): string => pod("", `serviceAccountName: ${name}, `);
    const gives = (name: string): string =>
      `${rbac}\nkind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects: [{kind: ServiceAccount, name: ${name}, namespace: shop}]`;
    expect(said(id, { "a.yaml": uses("x"), "b.yaml": gives("x") })).toEqual([]);
    expect(said(id, { "a.yaml": uses("y"), "b.yaml": gives("x") })).toHaveLength(1);
    expect(said(id, { "a.yaml": uses("default"), "b.yaml": gives("default") })).toHaveLength(1);
  });

  test("an image without a tag is not named by one", () => {
    const untagged = pod("").replace("a:1", "a");
    expect(said("supply-chain/no-digest", { "a.yaml": untagged })).toEqual([
      "info container a names its image without a digest",
    ]);
  });

  test("a limit that many teams leave out on purpose is a remark, the one of memory a warning", () => {
    const severity = (id: string) => said(id, { "a.yaml": pod("") }).map((one) => one.split(" ")[0]);
    expect(severity("resources/cpu-limit")).toEqual(["info"]);
    expect(severity("resources/ephemeral-storage-limit")).toEqual(["info"]);
    expect(severity("resources/memory-limit")).toEqual(["warning"]);
  });
});

import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { deployment, example } from "./row.ts";
import { wideningTable } from "./table.ts";

const table = wideningTable(34);

function detect(
  id: string,
  before: JsonObject | null,
  after: JsonObject | null,
  others: readonly JsonObject[] = [],
): readonly string[] {
  const one = (object: JsonObject | null): JsonObject[] => (object === null ? [] : [object]);
  return table
    .find((row) => row.id === id)!
    .detect(
      {
        key: objectKey((after ?? before)!),
        operation: before === null ? "create" : after === null ? "delete" : "update",
        before,
        after,
      },
      { before: [...others, ...one(before)], after: [...others, ...one(after)] },
    )
    .map(({ path, detail }) => `${path}: ${detail}`);
}

const claims = (spec: JsonObject): JsonObject =>
  example("apps/v1", "StatefulSet", {
    spec: {
      template: { metadata: {}, spec: {} },
      volumeClaimTemplates: [{ metadata: { name: "d" }, spec }],
    },
  });

describe("K7 what widens beside roles, policies and names", () => {
  it("K7 sees a claim on a certain volume wherever claims are written", () => {
    const from = { kind: "PersistentVolumeClaim", name: "theirs", namespace: "other" };
    expect(detect("pv", null, claims({ volumeName: "pv1", dataSourceRef: from }))).toEqual([
      "spec.volumeClaimTemplates[0].spec.volumeName: takes PersistentVolume pv1",
      "spec.volumeClaimTemplates[0].spec.dataSourceRef: starts with the data of other/theirs",
    ]);
    expect(
      detect(
        "pv",
        null,
        deployment({
          volumes: [{ name: "v", ephemeral: { volumeClaimTemplate: { spec: { volumeName: "pv1" } } } }],
        }),
      ),
    ).toEqual([
      "spec.template.spec.volumes[name=v].ephemeral.volumeClaimTemplate.spec.volumeName: takes PersistentVolume pv1",
    ]);
    expect(
      detect(
        "pv",
        null,
        example("v1", "PersistentVolumeClaim", { spec: { selector: { matchLabels: { tenant: "b" } } } }),
      ),
    ).toEqual(["spec.selector: chooses PersistentVolumes by label"]);
    expect(detect("pv", null, claims({ accessModes: ["ReadWriteOnce"] }))).toEqual([]);
  });

  it("K7 sees volumes that a driver or a server fills, of any kind that is not known to be plain", () => {
    const volume = (source: JsonObject): readonly string[] =>
      detect("volume-driver", null, deployment({ volumes: [{ name: "v", ...source }] }));
    expect(volume({ csi: { driver: "secrets-store.csi.k8s.io" } })).toEqual([
      "spec.template.spec.volumes[name=v].csi: mounts what secrets-store.csi.k8s.io gives",
    ]);
    for (const type of ["nfs", "iscsi", "cephfs", "flexVolume", "azureFile", "glusterfs", "inventedLater"])
      expect([type, volume({ [type]: {} }).length]).toEqual([type, 1]);
    for (const type of ["configMap", "secret", "downwardAPI", "projected", "emptyDir", "image"])
      expect([type, volume({ [type]: {} })]).toEqual([type, []]);
  });

  it("K7 sees a certificate of a Pod as the token that it can stand for", () => {
    const pod = (source: JsonObject): JsonObject =>
      deployment({
        serviceAccountName: "web",
        automountServiceAccountToken: false,
        volumes: [{ name: "v", projected: { sources: [source] } }],
      });
    const account = example("v1", "ServiceAccount", { automountServiceAccountToken: false }, { name: "web" });
    const certificate = pod({ podCertificate: { signerName: "kubernetes.io/kube-apiserver-client-pod" } });
    expect(detect("token-mount", null, certificate, [account])).toHaveLength(1);
    expect(detect("own-service-account", null, certificate, [account])).toEqual([]);
    expect(detect("token-mount", null, pod({ configMap: { name: "a" } }), [account])).toEqual([]);
  });

  it("K7 sees annotations and labels with a prefix wherever they stand, new, changed and gone", () => {
    const pod = (annotations: JsonObject, labels: JsonObject = {}): JsonObject =>
      example("apps/v1", "Deployment", {
        spec: { template: { metadata: { annotations, labels }, spec: {} } },
      });
    const at = 'spec.template.metadata.annotations["sidecar.istio.io/inject"]';
    const off = pod({ "sidecar.istio.io/inject": "false" });
    const on = pod({ "sidecar.istio.io/inject": "true" });
    expect(detect("controller-mark", null, off)).toEqual([`${at}: carries sidecar.istio.io/inject`]);
    expect(detect("controller-mark", on, off)).toEqual([
      `${at}: carries another value of sidecar.istio.io/inject`,
    ]);
    expect(detect("controller-mark", on, pod({}))).toEqual([
      `${at}: carries sidecar.istio.io/inject no more`,
    ]);
    expect(detect("controller-mark", on, on)).toEqual([]);
    expect(detect("controller-mark", on, null)).toEqual([]);
    expect(detect("controller-mark", null, pod({}, { "k8s.v1.cni.cncf.io/networks": "x" }))).toHaveLength(1);
    expect(
      detect(
        "controller-mark",
        null,
        example("batch/v1", "CronJob", {
          spec: { jobTemplate: { metadata: { annotations: { "a.example/b": "c" } } } },
        }),
      ),
    ).toHaveLength(1);
    expect(
      detect(
        "controller-mark",
        null,
        example("v1", "Namespace", {}, { annotations: { "openshift.io/sa.scc.uid-range": "0/1" } }),
      ),
    ).toHaveLength(1);
    expect(
      detect("controller-mark", null, example("v1", "ConfigMap", {}, { labels: { grafana_dashboard: "1" } })),
    ).toHaveLength(1);
  });

  it("K7 leaves to other rows what they see, so that nothing is told twice", () => {
    for (const key of ["argocd.argoproj.io/sync-wave", "eks.amazonaws.com/role-arn", "helm.sh/hook"]) {
      expect(
        detect("controller-mark", null, example("v1", "ServiceAccount", {}, { annotations: { [key]: "a" } })),
      ).toEqual([]);
    }
    expect(
      detect("controller-mark", null, example("v1", "Namespace", {}, { labels: { "istio.io/rev": "a" } })),
    ).toEqual([]);
  });

  it("K7 tells an autoscaler or budget of the folder's own workloads from one of others", () => {
    const budget = (spec: JsonObject): JsonObject => example("policy/v1", "PodDisruptionBudget", { spec });
    const own = deployment({ containers: [] });
    expect(
      detect("workload-control", null, budget({ selector: { matchLabels: { app: "x" } } }), [own]),
    ).toEqual([]);
    expect(
      detect("workload-control", null, budget({ selector: { matchLabels: { app: "y" } } }), [own]),
    ).toEqual(["spec.selector: holds up evictions of Pods that the folder does not hold"]);
    for (const spec of [{ selector: {} }, { selector: { matchLabels: {} } }, {}])
      expect(detect("workload-control", null, budget(spec), [own])).toEqual([
        "spec.selector: holds up evictions of every Pod of the namespace",
      ]);
    const scaler = (apiVersion: string): JsonObject =>
      example("autoscaling/v2", "HorizontalPodAutoscaler", {
        spec: { scaleTargetRef: { apiVersion, kind: "Deployment", name: "x" } },
      });
    expect(detect("workload-control", null, scaler("apps/v1"), [own])).toEqual([]);
    expect(detect("workload-control", null, scaler("other.example/v1"), [own])).toEqual([
      "spec.scaleTargetRef: scales Deployment shop/x, which the folder does not hold",
    ]);
  });

  it("K7 sees every change of a Service that can be reached from outside", () => {
    const service = (spec: JsonObject): JsonObject => example("v1", "Service", { spec });
    const narrow = service({ type: "LoadBalancer", loadBalancerSourceRanges: ["192.0.2.0/24"] });
    expect(detect("service-exposure", narrow, service({ type: "LoadBalancer" }))).toEqual([
      "spec: can be reached from outside, and is changed",
    ]);
    expect(detect("service-exposure", narrow, service({ type: "ClusterIP" }))).toEqual([]);
    expect(detect("service-exposure", narrow, narrow)).toEqual([]);
  });

  it("K7 sees another scheduler", () => {
    expect(detect("node-placement", null, deployment({ schedulerName: "theirs" }))).toEqual([
      "spec.template.spec.schedulerName: is placed by theirs",
    ]);
    expect(detect("node-placement", null, deployment({ schedulerName: "default-scheduler" }))).toEqual([]);
  });
});

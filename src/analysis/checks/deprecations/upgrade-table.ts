import type { JsonPath } from "../../../kube/json.ts";
import { printableRest } from "../../../kube/printable.ts";
import type { ProblemRow, Severity } from "../../../kube/problem.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import type { Finding } from "../../findings/finding.ts";
import { rowFinding } from "../../findings/row-finding.ts";

export type UpgradeCode =
  | "upgrade/removed-api"
  | "upgrade/deprecated-api"
  | "upgrade/removed-component-api"
  | "upgrade/deprecated-component-api"
  | "upgrade/removed-custom-api"
  | "upgrade/deprecated-custom-api"
  | "upgrade/refused"
  | "upgrade/pod-security"
  | "upgrade/removed-field"
  | "upgrade/dropped-field"
  | "upgrade/field-takes-effect"
  | "upgrade/deprecated-field"
  | "upgrade/no-effect"
  | "upgrade/changed-default"
  | "upgrade/feature-gate";

/** The versions between which an example shows its row. */
export interface UpgradeExample {
  readonly from: number;
  readonly to: number;
}

export interface UpgradeRow extends ProblemRow {
  readonly example: UpgradeExample;
}

const lifecycle =
  "k8s.io/api zz_generated.prerelease-lifecycle.go; k8s.io/apiserver pkg/server/resource_expiration.go";
const componentFiles =
  "src/analysis/checks/deprecations/component-table.ts; register.go of the files of components in the modules of each minor";
const latest: UpgradeExample = { from: 36, to: 37 };
const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n";
const flow = (version: string): string =>
  `apiVersion: flowcontrol.apiserver.k8s.io/${version}\nkind: FlowSchema\nmetadata: {name: a}\nspec: {priorityLevelConfiguration: {name: b}}\n`;
const issuer = (version: string): string =>
  `apiVersion: cert-manager.io/${version}\nkind: Issuer\nmetadata: {name: a}\nspec: {selfSigned: {}}\n`;
const release = (version: string): string =>
  `apiVersion: helm.toolkit.fluxcd.io/${version}\nkind: HelmRelease\nmetadata: {name: a}\nspec: {interval: 1m}\n`;
const claim = (field: string): string =>
  `apiVersion: resource.k8s.io/v1alpha3\nkind: ResourceClaim\nmetadata: {name: a}\nspec: {devices: {requests: [{name: a, deviceClassName: b, ${field}}]}}\n`;
const kubeadm = (version: string): string =>
  `apiVersion: kubeadm.k8s.io/${version}\nkind: ClusterConfiguration\nclusterName: a\n`;
const kubelet = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";

/** What an upgrade of Kubernetes changes for objects: one row, one id. `kubeops check --upgrade-to` finds them. */
export const upgradeTable: Readonly<Record<UpgradeCode, UpgradeRow>> = {
  "upgrade/removed-api": {
    severity: "error",
    message: (what, other) => `${what} is not served any more by Kubernetes ${other}`,
    source: lifecycle,
    positive: flow("v1beta3"),
    negative: flow("v1"),
    example: { from: 31, to: 37 },
  },
  "upgrade/deprecated-api": {
    severity: "warning",
    message: (what, other) => `${what} is deprecated ${other}`,
    source: `${lifecycle}; "This API is deprecated" in k8s.io/api`,
    positive:
      "apiVersion: v1\nkind: Endpoints\nmetadata: {name: a}\nsubsets: [{addresses: [{ip: 192.0.2.1}], ports: [{port: 80}]}]\n",
    negative:
      'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: a, labels: {kubernetes.io/service-name: a}}\naddressType: IPv4\nendpoints: [{addresses: ["192.0.2.1"]}]\nports: [{port: 80}]\n',
    example: latest,
  },
  "upgrade/removed-component-api": {
    severity: "error",
    message: (what, other) => `${what} is not read any more by ${other}`,
    source: componentFiles,
    positive: kubeadm("v1beta3"),
    negative: kubeadm("v1beta4"),
    example: latest,
  },
  "upgrade/deprecated-component-api": {
    severity: "warning",
    message: (what, other) => `${what} is deprecated ${other}`,
    source: componentFiles,
    positive: kubeadm("v1beta3"),
    negative: kubeadm("v1beta4"),
    example: { from: 35, to: 36 },
  },
  "upgrade/removed-custom-api": {
    severity: "error",
    message: (what, other) => `${what} is not served any more since ${other}`,
    source: "src/analysis/checks/deprecations/third-party-table.ts",
    positive: issuer("v1alpha2"),
    negative: issuer("v1"),
    example: latest,
  },
  "upgrade/deprecated-custom-api": {
    severity: "warning",
    message: (what, other) => `${what} is deprecated since ${other}`,
    source: "src/analysis/checks/deprecations/third-party-table.ts",
    positive: release("v2beta2"),
    negative: release("v2"),
    example: latest,
  },
  "upgrade/refused": {
    severity: "error",
    message: (what, other) => `Kubernetes ${other} refuses it: ${what}`,
    source: "src/analysis/checks/server (k8s.io/kubernetes pkg/apis/*/validation of both versions)",
    positive:
      "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {a: b}}\n  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}\n  updateStrategy: {rollingUpdate: {maxUnavailable: 0}}\n",
    negative:
      "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\nspec:\n  selector: {matchLabels: {a: b}}\n  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}\n  updateStrategy: {rollingUpdate: {partition: 0}}\n",
    example: latest,
  },
  "upgrade/pod-security": {
    severity: "error",
    message: (what, other) => `Pod Security of Kubernetes ${other}: ${what}`,
    hint: "mend it, or pin the level of the Namespace to a version with pod-security.kubernetes.io/enforce-version",
    source: "src/analysis/checks/pod-security (k8s.io/pod-security-admission policy of both versions)",
    positive:
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {pod-security.kubernetes.io/enforce: baseline}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: a}\nspec: {containers: [{name: a, image: b, livenessProbe: {httpGet: {host: 192.0.2.1, port: 80}}}]}\n",
    negative:
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {pod-security.kubernetes.io/enforce: baseline}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: a}\nspec: {containers: [{name: a, image: b, livenessProbe: {httpGet: {port: 80}}}]}\n",
    example: { from: 33, to: 34 },
  },
  "upgrade/removed-field": {
    severity: "error",
    message: (what, other) => `Kubernetes ${other} does not know the field "${what}" any more`,
    hint: "remove it before the upgrade: kubectl and kubeops send fieldValidation=Strict, and are refused",
    source: "src/kube/schema (k8s.io/api types.go of both versions)",
    positive: `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b}], workloadRef: {name: a, podGroup: b}}\n`,
    negative: `${pod}  containers: [{name: a, image: b}]\n`,
    example: { from: 35, to: 36 },
  },
  "upgrade/dropped-field": {
    severity: "warning",
    message: (what, other) =>
      `${what} belongs to ${other}, which is off by default after the upgrade: the API server drops or refuses it`,
    hint: "remove the field, or make sure that the cluster switches the feature gate on",
    source: "k8s.io/api types.go, +featureGate; k8s.io/kubernetes pkg/features of both versions",
    positive: claim("adminAccess: true"),
    negative: claim("allocationMode: All"),
    example: { from: 31, to: 32 },
  },
  "upgrade/field-takes-effect": {
    severity: "warning",
    message: (what, other) => `${what} was dropped before, and takes effect with Kubernetes ${other}`,
    hint: "make sure that it is wanted",
    source: "k8s.io/api types.go, +featureGate; k8s.io/kubernetes pkg/features of both versions",
    positive: `${pod}  hostnameOverride: a\n  containers: [{name: a, image: b}]\n`,
    negative: `${pod}  hostname: a\n  containers: [{name: a, image: b}]\n`,
    example: { from: 34, to: 35 },
  },
  "upgrade/deprecated-field": {
    severity: "warning",
    message: (what, other) => `${what} is deprecated: ${other}`,
    source:
      '"Deprecated:" in the descriptions of k8s.io/api; the warnings of the API server (k8s.io/kubernetes pkg/api/*/warnings.go, pkg/registry); src/analysis/checks/deprecations/use-table.ts',
    positive:
      "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}], trafficDistribution: PreferClose}\n",
    negative:
      "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}], trafficDistribution: PreferSameZone}\n",
    example: latest,
  },
  "upgrade/no-effect": {
    severity: "warning",
    message: (what, other) => `${what} has no effect any more: ${other}`,
    source:
      "the warnings of the API server (k8s.io/kubernetes pkg/api/*/warnings.go); src/analysis/checks/deprecations/use-table.ts",
    positive: `${pod}  containers: [{name: a, image: b}]\n  volumes: [{name: a, rbd: {image: a, monitors: [b]}}]\n`,
    negative: `${pod}  containers: [{name: a, image: b}]\n  volumes: [{name: a, csi: {driver: rbd.csi.ceph.com}}]\n`,
    example: latest,
  },
  "upgrade/changed-default": {
    severity: "warning",
    message: (what, other) => `Kubernetes ${other} changes what was: ${what}`,
    source: "src/analysis/checks/deprecations/changed-defaults.ts",
    positive: kubelet,
    negative: `${kubelet}failCgroupV1: true\nimagePullCredentialsVerificationPolicy: NeverVerifyPreloadedImages\n`,
    example: { from: 34, to: 35 },
  },
  "upgrade/feature-gate": {
    severity: "error",
    message: (what, other) => `${what}: ${other}; the component does not start`,
    hint: "remove it before the upgrade",
    source:
      "k8s.io/kubernetes pkg/features, test/compatibility_lifecycle; k8s.io/component-base featuregate (unrecognized feature gate, feature is locked)",
    positive: `${kubelet}failCgroupV1: true\nfeatureGates: {SidecarContainers: true}\n`,
    negative: `${kubelet}failCgroupV1: true\nfeatureGates: {ImageVolume: true}\n`,
    example: latest,
  },
};

/** The versions between which the example of an id shows its row; undefined for an id of another table. */
export function upgradeExampleOf(id: string): UpgradeExample | undefined {
  const found = Object.entries(upgradeTable).find(([code]) => code === id);
  return found?.[1].example;
}

export interface UpgradeTexts {
  readonly what: string;
  readonly other?: string;
  readonly hint?: string | undefined;
  readonly severity?: Severity;
  readonly at?: "key" | "value";
}

/** A finding of the table about an object, at one of its paths. */
export function upgradeFinding(
  code: UpgradeCode,
  read: ReadObject,
  path: JsonPath,
  { what, other = "", hint, severity, at = "value" }: UpgradeTexts,
): Finding {
  return rowFinding(code, upgradeTable[code], read, path, {
    what: printableRest(what),
    other: printableRest(other),
    hint,
    severity,
    at,
  });
}

import type { JsonPath } from "../../../kube/json.ts";
import { printable, printableStart } from "../../../kube/printable.ts";
import type { ProblemRow } from "../../../kube/problem.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import type { Finding } from "../../findings/finding.ts";
import { rowFinding } from "../../findings/row-finding.ts";

export type ObjectFindingCode =
  | "object/unknown-kind"
  | "object/unknown-component-file"
  | "object/component-not-read"
  | "object/not-served"
  | "object/off-by-default"
  | "object/namespace-on-cluster-scoped"
  | "object/name"
  | "object/namespace"
  | "object/label-key"
  | "object/label-value"
  | "object/annotation-key"
  | "object/annotation-value"
  | "object/annotations-size";

const validation = "k8s.io/apimachinery pkg/util/validation/validation.go";
const meta = "k8s.io/apimachinery pkg/api/validation/objectmeta.go";
const configMap = "apiVersion: v1\nkind: ConfigMap\n";

/** What the catalogue and the syntax of metadata decide about an object: one row, one id. */
export const objectFindings: Readonly<Record<ObjectFindingCode, ProblemRow>> = {
  "object/unknown-kind": {
    severity: "info",
    message: (what, other) =>
      `${what} is not a kind of Kubernetes itself, and its definition is not known: ${other === "" ? "only its metadata is" : `of its ${other} objects only the metadata is`} checked`,
    hint: "kubeops schemas add <file or folder> adds its CustomResourceDefinition; one in the input counts too",
    source: "src/kube/catalogue (k8s.io/api)",
    positive: "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}",
    negative: `${configMap}metadata: {name: a}`,
  },
  "object/unknown-component-file": {
    severity: "info",
    message: (what, other) =>
      `${what} is a file for a component of Kubernetes ${other} of which no schema is known; it is not checked`,
    source: "src/kube/schema (types.go of the components)",
    positive: "apiVersion: kubelet.config.k8s.io/v1beta7\nkind: KubeletConfiguration",
    negative: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration",
  },
  "object/component-not-read": {
    severity: "error",
    message: (what, other) => `${what} is not read by ${other}`,
    source:
      "src/analysis/checks/deprecations/component-table.ts; register.go of the files of components in the modules of each minor",
    positive: "apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules: [{level: Metadata}]",
    negative: "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]",
  },
  "object/not-served": {
    severity: "error",
    message: (what, other) => `${what} is not served by Kubernetes ${other}`,
    source: "src/kube/catalogue (k8s.io/api, prerelease-lifecycle)",
    positive: "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}",
    negative: "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}",
  },
  "object/off-by-default": {
    severity: "warning",
    message: (what, other) =>
      `${what} is served by Kubernetes ${other} only where somebody has switched it on`,
    source: "src/kube/catalogue (k8s.io/kubernetes pkg/controlplane, KEP-3136)",
    positive:
      "apiVersion: storagemigration.k8s.io/v1alpha1\nkind: StorageVersionMigration\nmetadata: {name: a}",
    negative: `${configMap}metadata: {name: a}`,
  },
  "object/namespace-on-cluster-scoped": {
    // The server drops it and takes the object (measured with kube-apiserver 1.37).
    severity: "warning",
    message: (what, other) => `${what} has no namespace, this one is given ${other}; the API server drops it`,
    hint: "remove metadata.namespace",
    source: `${meta} ValidateObjectMetaAccessor`,
    positive: "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, namespace: b}",
    negative: `${configMap}metadata: {name: a, namespace: b}`,
  },
  "object/name": {
    severity: "error",
    message: (what, other) => `the API server refuses the name "${what}": ${other}`,
    source: `${validation}; k8s.io/kubernetes pkg/apis/*/validation`,
    positive: `${configMap}metadata: {name: A_b}`,
    negative: "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: A_b}",
  },
  "object/namespace": {
    severity: "error",
    message: (what, other) => `"${what}" is no name of a namespace: ${other}`,
    source: `${meta} ValidateNamespaceName`,
    positive: `${configMap}metadata: {name: a, namespace: b.c}`,
    negative: `${configMap}metadata: {name: a.b, namespace: b-c}`,
  },
  "object/label-key": {
    severity: "error",
    message: (what, other) => `"${what}" is no key of a label: ${other}`,
    source: "k8s.io/apimachinery pkg/api/validate/content/kube.go IsLabelKey",
    positive: `${configMap}metadata: {name: a, labels: {"a/b/c": d}}`,
    negative: `${configMap}metadata: {name: a, labels: {"a/b.c": d}}`,
  },
  "object/label-value": {
    severity: "error",
    message: (what, other) => `"${what}" is no value of a label: ${other}`,
    source: "k8s.io/apimachinery pkg/api/validate/content/kube.go IsLabelValue",
    positive: `${configMap}metadata: {name: a, labels: {b: "c d"}}`,
    negative: `${configMap}metadata: {name: a, labels: {b: "c.d"}}`,
  },
  "object/annotation-key": {
    severity: "error",
    message: (what, other) => `"${what}" is no key of an annotation: ${other}`,
    source: "k8s.io/apimachinery pkg/api/validation/objectmeta.go ValidateAnnotations",
    positive: `${configMap}metadata: {name: a, annotations: {"b c": d}}`,
    negative: `${configMap}metadata: {name: a, annotations: {"B.c": d}}`,
  },
  "object/annotation-value": {
    severity: "error",
    message: (what, other) => `the value of annotation "${what}" must be a text, this is ${other}`,
    hint: "write it in quotes",
    source: "k8s.io/apimachinery pkg/apis/meta/v1 ObjectMeta (map of texts)",
    positive: `${configMap}metadata: {name: a, annotations: {b: true}}`,
    negative: `${configMap}metadata: {name: a, annotations: {b: "true"}}`,
  },
  "object/annotations-size": {
    severity: "error",
    message: (what) => `the annotations have ${what} bytes together; the API server takes 262144`,
    source: "k8s.io/apimachinery pkg/api/validation/objectmeta.go TotalAnnotationSizeLimitB",
    positive: `${configMap}metadata: {name: a, annotations: {b: "${"c".repeat(262_144)}"}}`,
    negative: `${configMap}metadata: {name: a, annotations: {b: "${"c".repeat(1000)}"}}`,
  },
};

const SHOWN = 80;

export interface ObjectFindingTexts {
  readonly what: string;
  readonly other?: string;
  /** Instead of the table's hint. */
  readonly hint?: string;
}

/** A finding of the table about an object, at one of its paths. */
export function objectFinding(
  code: ObjectFindingCode,
  read: ReadObject,
  path: JsonPath,
  { what, other = "", hint }: ObjectFindingTexts,
): Finding {
  return rowFinding(code, objectFindings[code], read, path, {
    what: printableStart(what, SHOWN),
    other: printable(other),
    hint,
    at: code.endsWith("-key") ? "key" : "value",
  });
}

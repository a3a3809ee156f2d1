import type { JsonPath } from "./json.ts";
import type { Place } from "./place.ts";
import { type Problem, type ProblemRow, rowProblem } from "./problem.ts";

export type ObjectProblemCode =
  | "object/not-an-object"
  | "object/no-api-version"
  | "object/no-kind"
  | "object/no-name"
  | "object/generate-name"
  | "object/component-file"
  | "object/identity-type"
  | "object/null-text"
  | "object/duplicate-identity"
  | "object/same-elsewhere"
  | "object/case-collision";

export interface ObjectProblemTexts {
  readonly what?: string;
  readonly other?: string;
}

const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}";

/** What makes a document no object, or objects no set of objects: one row, one id. */
export const objectProblems: Readonly<Record<ObjectProblemCode, ProblemRow>> = {
  "object/not-an-object": {
    severity: "error",
    message: (what) => `a Kubernetes object is a mapping, this is ${what}`,
    source: "k8s.io/apimachinery pkg/apis/meta/v1/unstructured (UnstructuredJSONScheme)",
    positive: "- 1",
    negative: pod,
  },
  "object/no-api-version": {
    severity: "error",
    message: (what) => `${what === "" ? "the object" : what} has no apiVersion`,
    hint: "every object names apiVersion, kind and metadata.name",
    source: "k8s.io/apimachinery pkg/runtime (IsMissingVersion)",
    positive: "kind: Pod\nmetadata: {name: a}",
    negative: pod,
  },
  "object/no-kind": {
    severity: "error",
    message: (what) => `${what === "" ? "the object" : what} has no kind`,
    hint: "every object names apiVersion, kind and metadata.name",
    source: "k8s.io/apimachinery pkg/runtime (IsMissingKind)",
    positive: "apiVersion: v1\nmetadata: {name: a}",
    negative: pod,
  },
  "object/no-name": {
    severity: "error",
    message: (what) => `${what} has no metadata.name`,
    hint: "every object names apiVersion, kind and metadata.name",
    source: "k8s.io/apimachinery pkg/api/validation/objectmeta.go",
    positive: "apiVersion: v1\nkind: Pod",
    negative: pod,
  },
  "object/generate-name": {
    severity: "error",
    message: (what) => `${what} has metadata.generateName and no name: each apply would make another object`,
    hint: "give it a metadata.name",
    source: "k8s.io/apiserver pkg/registry/rest/create.go; kubectl apply refuses it too",
    positive: "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}",
    negative: pod,
  },
  "object/component-file": {
    severity: "error",
    message: (what) => `${what} is a file that a component reads at its start; no API server takes it`,
    hint: "keep it apart from the objects; kubeops check looks at both",
    source: "src/kube/component-files.ts",
    positive: "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: []",
    negative: pod,
  },
  "object/identity-type": {
    severity: "error",
    message: (what, other) => `${what} must be a text, this is ${other}`,
    hint: "write it in quotes",
    source: "k8s.io/apimachinery pkg/apis/meta/v1 (ObjectMeta, TypeMeta): strings",
    positive: "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: n}",
    negative: 'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: "n"}',
  },
  "object/null-text": {
    severity: "warning",
    message: (what) => `${what} has no value; the server reads an empty text`,
    hint: 'write ""',
    source: "encoding/json (null into a string)",
    positive: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  b:",
    negative: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  b: ""',
  },
  "object/duplicate-identity": {
    severity: "error",
    message: (what, other) => `${what} stands twice, first at ${other}`,
    hint: "keep one of the two; another apiVersion does not make it another object",
    source: "kernel K4",
    positive:
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\napiVersion: v2\nkind: Pod\nmetadata: {name: a}",
    negative:
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b}",
  },
  "object/same-elsewhere": {
    severity: "info",
    message: (what, other) => `${what} also stands in another folder, at ${other}`,
    hint: "where both folders go to one cluster, the one that is applied last holds",
    source: "kernel K4",
    positive:
      "# file: dev/a.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\n# file: prod/a.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: a}",
    negative:
      "# file: dev/a.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: dev}\n---\n# file: prod/a.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: prod}",
  },
  "object/case-collision": {
    severity: "error",
    message: (what, other) =>
      `${what} differs only by case from the object at ${other}; some file systems hold only one of them`,
    source: "kernel K4",
    positive:
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: A}",
    negative:
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: b}",
  },
};

/** A problem of the table; its texts are printable already. */
export function objectProblem(
  code: ObjectProblemCode,
  place: Place,
  texts: ObjectProblemTexts,
  path?: JsonPath,
): Problem {
  return rowProblem(code, objectProblems[code], place, texts, path);
}

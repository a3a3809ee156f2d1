import type { Severity } from "../../../../kube/problem.ts";

export type ServerCode =
  | "server/required"
  | "server/invalid"
  | "server/name"
  | "server/not-supported"
  | "server/out-of-range"
  | "server/forbidden"
  | "server/duplicate"
  | "server/too-long"
  | "server/too-many"
  | "server/not-found"
  | "server/mismatch"
  | "server/size"
  | "server/immutable";

export interface ServerCodeRow {
  readonly severity: Severity;
  readonly message: (what: string, other: string) => string;
  readonly hint: string;
  readonly source: string;
  /** An object in which it is found for minor 37, and its nearest neighbour in which it is not; none where two are needed. */
  readonly positive?: string;
  readonly negative?: string;
}

const core = "k8s.io/kubernetes pkg/apis/core/validation/validation.go";
const field = "k8s.io/apimachinery pkg/util/validation/field/errors.go";
const service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n";
const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";

/** Kinds of fault that the API server's validation tells, one id each. `what` is the value or field, `other` the reason. */
export const serverCodes: Readonly<Record<ServerCode, ServerCodeRow>> = {
  "server/required": {
    severity: "error",
    message: (what, other) => `${what} is required${other === "" ? "" : `: ${other}`}`,
    hint: "set it",
    source: `${field} Required`,
    positive: `${service}spec: {ports: []}`,
    negative: `${service}spec: {ports: [{port: 80}]}`,
  },
  "server/invalid": {
    severity: "error",
    message: (what, other) => `the API server refuses ${what}: ${other}`,
    hint: "write a value that the rule allows",
    source: `${field} Invalid`,
    positive: `${service}spec: {ports: [{port: 80}], externalIPs: [10.0.0.0/8]}`,
    negative: `${service}spec: {ports: [{port: 80}], externalIPs: [10.0.0.1]}`,
  },
  "server/name": {
    severity: "error",
    message: (what, other) => `${what} is no valid name here: ${other}`,
    hint: "rename it",
    source: "k8s.io/apimachinery pkg/util/validation/validation.go",
    positive: `${pod}spec: {containers: [{name: A_b, image: c}]}`,
    negative: `${pod}spec: {containers: [{name: a-b, image: c}]}`,
  },
  "server/not-supported": {
    severity: "error",
    message: (what, other) => `${what} is not supported here; supported: ${other}`,
    hint: "use one of these values; upper and lower case count",
    source: `${field} NotSupported`,
    positive: `${pod}spec: {containers: [{name: a, image: c, imagePullPolicy: always}]}`,
    negative: `${pod}spec: {containers: [{name: a, image: c, imagePullPolicy: Always}]}`,
  },
  "server/out-of-range": {
    severity: "error",
    message: (what, other) => `${what} is out of range: ${other}`,
    hint: "choose a number of the range",
    source: "k8s.io/apimachinery pkg/util/validation/validation.go IsInRange",
    positive: `${service}spec: {ports: [{port: 70000}]}`,
    negative: `${service}spec: {ports: [{port: 65535}]}`,
  },
  "server/forbidden": {
    severity: "error",
    message: (what, other) => `${what} must not be set: ${other}`,
    hint: "remove it",
    source: `${field} Forbidden`,
    positive: `${service}spec: {clusterIP: None, type: NodePort, ports: [{port: 80}]}`,
    negative: `${service}spec: {clusterIP: None, ports: [{port: 80}]}`,
  },
  "server/duplicate": {
    severity: "error",
    message: (what, other) => `${what} stands twice${other === "" ? "" : `: ${other}`}`,
    hint: "keep one of the two",
    source: `${field} Duplicate`,
    positive: `${pod}spec: {containers: [{name: a, image: c}, {name: a, image: d}]}`,
    negative: `${pod}spec: {containers: [{name: a, image: c}, {name: b, image: d}]}`,
  },
  "server/too-long": {
    severity: "error",
    message: (what, other) => `${what} is too long: ${other}`,
    hint: "shorten it",
    source: `${field} TooLong`,
    positive: `apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {b: "${"c".repeat(1_048_577)}"}`,
    negative: 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {b: "c"}',
  },
  "server/too-many": {
    severity: "error",
    message: (what, other) => `${what} has too many items: ${other}`,
    hint: "remove some",
    source: `${field} TooMany`,
    positive: `${pod}spec: {containers: [{name: a, image: c}], dnsConfig: {nameservers: [10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4]}}`,
    negative: `${pod}spec: {containers: [{name: a, image: c}], dnsConfig: {nameservers: [10.0.0.1]}}`,
  },
  "server/not-found": {
    severity: "error",
    message: (what, other) => `${what} names nothing: ${other}`,
    hint: "declare it in this object, or correct the name",
    source: `${field} NotFound`,
    positive: `${pod}spec: {containers: [{name: a, image: c, volumeMounts: [{name: v, mountPath: /v}]}]}`,
    negative: `${pod}spec: {containers: [{name: a, image: c, volumeMounts: [{name: v, mountPath: /v}]}], volumes: [{name: v, emptyDir: {}}]}`,
  },
  "server/mismatch": {
    severity: "error",
    message: (what, other) => `${what} does not fit: ${other}`,
    hint: "make the two agree",
    source: `${core} ValidatePodTemplateSpecForReplicaSet and its like`,
    positive:
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: c}}, spec: {containers: [{name: a, image: b}]}}}",
    negative:
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}}",
  },
  "server/size": {
    severity: "error",
    message: (what, other) => `${what}: ${other}`,
    hint: "split it",
    source: "k8s.io/apiserver pkg/server/config.go MaxRequestBodyBytes; etcd --max-request-bytes",
    positive: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {b: "${"c".repeat(1_048_577)}"}`,
    negative: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {b: c}",
  },
  "server/immutable": {
    severity: "error",
    message: (what, other) => `${what} cannot change${other === "" ? "" : `: ${other}`}`,
    hint: "delete the object and make it again, or give the new one another name",
    source:
      "k8s.io/apimachinery pkg/api/validation/objectmeta.go ValidateImmutableField and the kinds' ValidateXUpdate",
  },
};

import type { JsonPath } from "../../../kube/json.ts";
import { printableRest, printableStart } from "../../../kube/printable.ts";
import type { ProblemRow, Severity } from "../../../kube/problem.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import type { Finding } from "../../findings/finding.ts";
import { rowFinding } from "../../findings/row-finding.ts";

export type SchemaCode =
  | "schema/unknown-field"
  | "schema/type"
  | "schema/number-range"
  | "schema/format"
  | "schema/required"
  | "schema/enum"
  | "schema/limit"
  | "schema/duplicate-item"
  | "schema/field-off"
  | "schema/too-many";

const decoder = "sigs.k8s.io/json (strict decoding) into the Go types of k8s.io/api";
const deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n";
const template =
  "  selector: {matchLabels: {a: b}}\n  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}\n";
const controller =
  "apiVersion: v1\nkind: ReplicationController\nmetadata: {name: a}\nspec:\n  selector: {a: b}\n  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}\n";
const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n";

/** What decoding into the types of Kubernetes, and the rules those types declare, say of an object: one row, one id. */
export const schemaFindingTable: Readonly<Record<SchemaCode, ProblemRow>> = {
  "schema/unknown-field": {
    severity: "error",
    message: (what) => `unknown field "${what}"`,
    source: `${decoder}; kubectl and kubeops send fieldValidation=Strict`,
    positive: `${deployment}  replica: 2\n${template}`,
    negative: `${deployment}  replicas: 2\n${template}`,
  },
  "schema/type": {
    severity: "error",
    message: (what, other) => `${what} must be ${other}`,
    source: decoder,
    positive: `${deployment}  replicas: "2"\n${template}`,
    negative: `${deployment}  replicas: 2\n${template}`,
  },
  "schema/number-range": {
    severity: "error",
    message: (what, other) => `${what} must be ${other}`,
    source: decoder,
    positive: `${deployment}  replicas: 3000000000\n${template}`,
    negative: `${deployment}  replicas: 2000000000\n${template}`,
  },
  "schema/format": {
    severity: "error",
    message: (what, other) => `${what} cannot be read: ${other}`,
    source:
      "UnmarshalJSON of k8s.io/apimachinery Quantity, Time, MicroTime, Duration and IntOrString; encoding/base64",
    positive: 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: "%"}',
    negative: "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: YQ==}",
  },
  "schema/required": {
    severity: "error",
    message: (what) => `${what}: Required value`,
    source: "k8s.io/api types.go; src/analysis/checks/schema/required-fields.ts",
    positive: `${deployment}  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}\n`,
    negative: `${deployment}${template}`,
  },
  "schema/enum": {
    severity: "error",
    message: (what, other) => `${what}: Unsupported value: ${other}`,
    source: "k8s.io/api types.go, constants of the types marked +enum",
    positive: `${pod}  dnsPolicy: Clusterfirst\n  containers: [{name: a, image: b}]\n`,
    negative: `${pod}  dnsPolicy: ClusterFirst\n  containers: [{name: a, image: b}]\n`,
  },
  "schema/limit": {
    severity: "error",
    message: (what, other) => `${what}: Invalid value: ${other}`,
    source:
      "k8s.io/api types.go, tags +k8s:minimum, +k8s:maximum, +k8s:maxItems, +k8s:maxLength, +k8s:maxBytes, +k8s:format",
    positive: `${controller}  replicas: -1\n`,
    negative: `${controller}  replicas: 0\n`,
  },
  "schema/duplicate-item": {
    severity: "warning",
    message: (what, other) =>
      `${what} repeats the item ${other}: server-side apply refuses a list with two items of one key`,
    hint: "remove one of them, or make their keys differ",
    source: "k8s.io/api types.go, +listType and +listMapKey; sigs.k8s.io/structured-merge-diff typed",
    positive: `${pod}  containers: [{name: a, image: b, env: [{name: X, value: a}, {name: X, value: b}]}]\n`,
    negative: `${pod}  containers: [{name: a, image: b, env: [{name: X, value: a}, {name: Y, value: b}]}]\n`,
  },
  "schema/field-off": {
    severity: "warning",
    message: (what, other) =>
      `${what} belongs to ${other}, which is off by default: the API server drops or refuses it`,
    hint: "remove the field, or make sure that the cluster switches the feature gate on",
    source: "k8s.io/api types.go, +featureGate; k8s.io/kubernetes pkg/features",
    positive: `${pod}  hostnameOverride: a\n  containers: [{name: a, image: b}]\n`,
    negative: `${pod}  hostname: a\n  containers: [{name: a, image: b}]\n`,
  },
  "schema/too-many": {
    severity: "error",
    message: (what) => `this object has more than ${what} faults against its schema; the rest is not told`,
    hint: "mend these first",
    source: "src/analysis/checks/schema (a limit of this program)",
    positive: `${deployment}${Array.from({ length: 101 }, (_, index) => `  a${index}: 1\n`).join("")}${template}`,
    negative: `${deployment}${Array.from({ length: 99 }, (_, index) => `  a${index}: 1\n`).join("")}${template}`,
  },
};

/** Findings an object may have before the rest is left out. */
export const MAX_SCHEMA_FINDINGS = 100;

export interface SchemaTexts {
  readonly what: string;
  readonly other?: string;
  readonly hint?: string | undefined;
  /** Instead of the severity of the table. */
  readonly severity?: Severity;
}

/** A finding of the table about an object, at one of its paths. */
export function schemaFinding(
  code: SchemaCode,
  read: ReadObject,
  path: JsonPath,
  { what, other = "", hint, severity }: SchemaTexts,
): Finding {
  return rowFinding(code, schemaFindingTable[code], read, path, {
    what: printableStart(what, SHOWN),
    other: printableRest(other),
    hint,
    severity,
    at: atKey.has(code) ? "key" : "value",
  });
}

const atKey: ReadonlySet<SchemaCode> = new Set([
  "schema/unknown-field",
  "schema/field-off",
  // It is not there: the key of what it misses stands for it.
  "schema/required",
]);
const SHOWN = 200;

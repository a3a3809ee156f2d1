import type { JsonPath } from "../../../kube/json.ts";
import { printableLine } from "../../../kube/printable.ts";
import type { ProblemRow } from "../../../kube/problem.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import type { Finding, RelatedPlace } from "../../findings/finding.ts";
import { rowFinding } from "../../findings/row-finding.ts";

export type AdmissionCode =
  | "admission/denied"
  | "admission/warns"
  | "admission/audits"
  | "admission/mutates"
  | "admission/expression-invalid"
  | "admission/expression-doubtful"
  | "admission/unbound"
  | "admission/not-certain";

const plugin = "k8s.io/apiserver pkg/admission/plugin/policy";

/** A policy for ConfigMaps, bound with these actions, and a ConfigMap with these data. */
function policed(expression: string, actions: string, data: string, more = ""): string {
  return `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: p}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
  validations: [{expression: "${expression}"${more}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: b}
spec: {policyName: p, validationActions: [${actions}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: default}
data: ${data}
`;
}

const small = "object.data.size() < 2";
const mutating = (patch: string): string => `apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: m}
spec:
  reinvocationPolicy: Never
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
  mutations: [{patchType: ApplyConfiguration, applyConfiguration: {expression: "${patch}"}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: b}
spec: {policyName: m}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: default}
data: {a: b}
`;

/** What the admission policies among the inputs would do with the objects among them: one row, one id. */
export const admissionFindingTable: Readonly<Record<AdmissionCode, ProblemRow>> = {
  "admission/denied": {
    severity: "error",
    message: (what, other) => `${what} denies this: ${other}`,
    source: `${plugin}/validating/dispatcher.go`,
    positive: policed(small, "Deny", "{a: b, c: d}"),
    negative: policed(small, "Deny", "{a: b}"),
  },
  "admission/warns": {
    severity: "warning",
    message: (what, other) => `${what} warns of this: ${other}`,
    source: `${plugin}/validating/dispatcher.go`,
    positive: policed(small, "Warn", "{a: b, c: d}"),
    negative: policed(small, "Warn", "{a: b}"),
  },
  "admission/audits": {
    severity: "info",
    message: (what, other) => `${what} writes this into the audit log: ${other}`,
    source: `${plugin}/validating/dispatcher.go`,
    positive: policed(small, "Audit", "{a: b, c: d}"),
    negative: policed(small, "Audit", "{a: b}"),
  },
  "admission/mutates": {
    severity: "info",
    message: (what, other) => `${what} changes this when it is created: ${other}`,
    source: `${plugin}/mutating/dispatcher.go`,
    positive: mutating("Object{data: Object.data{x: 'y'}}"),
    negative: mutating("Object{data: Object.data{a: 'b'}}"),
  },
  "admission/expression-invalid": {
    severity: "error",
    message: (what, other) => `the API server refuses the expression at ${what}: ${other}`,
    source: "k8s.io/kubernetes pkg/apis/admissionregistration/validation/validation.go",
    positive: policed("objekt.data.size() < 2", "Deny", "{a: b}"),
    negative: policed(small, "Deny", "{a: b}"),
  },
  "admission/expression-doubtful": {
    severity: "warning",
    message: (what, other) => `the expression at ${what} does not fit the objects it is for: ${other}`,
    hint: "the API server takes it and says so in status.typeChecking",
    source: `${plugin}/validating/typechecking.go`,
    positive: policed("object.spec.replicas < 2", "Deny", "{a: b}"),
    negative: policed(small, "Deny", "{a: b}"),
  },
  "admission/unbound": {
    severity: "info",
    message: (what) => `no binding among the inputs puts ${what} into force`,
    source: `${plugin}/generic/policy_source.go`,
    positive: policed(small, "Deny", "{a: b}").replace("policyName: p", "policyName: q"),
    negative: policed(small, "Deny", "{a: b}"),
  },
  "admission/not-certain": {
    severity: "info",
    message: (what, other) => `not certain what ${what} does with this: ${other}`,
    source: `${plugin}/validating/validator.go`,
    positive: policed("request.userInfo.username == 'x'", "Deny", "{a: b}"),
    negative: policed(small, "Deny", "{a: b}"),
  },
};

const SHOWN = 500;

export interface AdmissionTexts {
  readonly what: string;
  readonly other?: string;
  readonly related?: readonly RelatedPlace[];
}

/** A finding of the table about an object, at one of its paths. */
export function admissionFinding(
  code: AdmissionCode,
  read: ReadObject,
  path: JsonPath,
  { what, other = "", related }: AdmissionTexts,
): Finding {
  const texts = { what: printableLine(what, SHOWN), other: printableLine(other, SHOWN) };
  const finding = rowFinding(code, admissionFindingTable[code], read, path, texts);
  return related === undefined || related.length === 0 ? finding : { ...finding, related };
}

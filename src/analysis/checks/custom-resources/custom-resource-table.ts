import type { JsonPath } from "../../../kube/json.ts";
import { pathText } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { printable, printableLine } from "../../../kube/printable.ts";
import type { ProblemRow } from "../../../kube/problem.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import type { Finding } from "../../findings/finding.ts";
import { rowFinding } from "../../findings/row-finding.ts";

export type CustomResourceCode =
  | "custom-resource/unknown-field"
  | "custom-resource/required"
  | "custom-resource/type"
  | "custom-resource/value"
  | "custom-resource/duplicate"
  | "custom-resource/rule"
  | "custom-resource/cost"
  | "custom-resource/not-served"
  | "custom-resource/not-certain"
  | "definition/field"
  | "definition/schema"
  | "definition/expression"
  | "definition/cost"
  | "definition/not-certain";

const apiextensions = "k8s.io/apiextensions-apiserver pkg";

/** A definition of `Thing` whose spec has this schema. */
function definition(schema: string, group = "example.com"): string {
  return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.${group}}
spec:
  group: ${group}
  scope: Namespaced
  names: {plural: things, kind: Thing}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: ${schema}
`;
}

function thing(schema: string, spec: string): string {
  return `${definition(schema)}---\napiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec: ${spec}\n`;
}

const size = "{type: object, required: [size], properties: {size: {type: integer, maximum: 3}}}";
const ruled = `{type: object, properties: {a: {type: integer}}, x-kubernetes-validations: [{rule: "self.a > 1"}]}`;
const costly = (rule: string, most: string): string =>
  `{type: object, properties: {a: {type: array${most}, items: {type: array${most}, items: {type: string, maxLength: 10}}}}, x-kubernetes-validations: [{rule: "${rule}"}]}`;

/** What the API server refuses of custom resources and of their definitions: one row, one id. */
export const customResourceFindingTable: Readonly<Record<CustomResourceCode, ProblemRow>> = {
  "custom-resource/unknown-field": {
    severity: "error",
    message: (what) => `unknown field ${what}: a strict server refuses it, another drops it`,
    source: `${apiextensions}/apiserver/schema/pruning/algorithm.go`,
    positive: thing(size, "{size: 1, sizes: 2}"),
    negative: thing(size, "{size: 1}"),
  },
  "custom-resource/required": {
    severity: "error",
    message: (what) => `${what} is required`,
    source: "k8s.io/kube-openapi pkg/validation/validate",
    positive: thing(size, "{}"),
    negative: thing(size, "{size: 1}"),
  },
  "custom-resource/type": {
    severity: "error",
    message: (what, other) => `the API server refuses ${what}: ${other}`,
    source: "k8s.io/kube-openapi pkg/validation/validate/type.go",
    positive: thing(size, '{size: "1"}'),
    negative: thing(size, "{size: 1}"),
  },
  "custom-resource/value": {
    severity: "error",
    message: (what, other) => `the API server refuses ${what}: ${other}`,
    source: "k8s.io/kube-openapi pkg/validation/validate",
    positive: thing(size, "{size: 4}"),
    negative: thing(size, "{size: 3}"),
  },
  "custom-resource/duplicate": {
    severity: "error",
    message: (what) => `${what} stands twice in a list of type set or map`,
    source: `${apiextensions}/apiserver/schema/listtype/validation.go`,
    positive: thing(
      "{type: object, properties: {l: {type: array, x-kubernetes-list-type: set, items: {type: string}}}}",
      "{l: [a, b, a]}",
    ),
    negative: thing(
      "{type: object, properties: {l: {type: array, x-kubernetes-list-type: set, items: {type: string}}}}",
      "{l: [a, b]}",
    ),
  },
  "custom-resource/rule": {
    severity: "error",
    message: (what, other) => `a validation rule refuses ${what}: ${other}`,
    source: `${apiextensions}/apiserver/schema/cel/validation.go`,
    positive: thing(ruled, "{a: 1}"),
    negative: thing(ruled, "{a: 2}"),
  },
  "custom-resource/cost": {
    severity: "error",
    message: (what, other) => `the rules of ${what} cost more than the API server spends on them: ${other}`,
    source: "k8s.io/apiserver pkg/apis/cel/config.go",
    positive: thing(
      `{type: object, properties: {a: {type: array, maxItems: 100, items: {type: integer}}}, x-kubernetes-validations: [{rule: "self.a.all(x, self.a.all(y, self.a.all(z, x * y * z == 1)))"}]}`,
      `{a: [${"1, ".repeat(99)}1]}`,
    ),
    negative: thing(ruled, "{a: 2}"),
  },
  "custom-resource/not-served": {
    severity: "error",
    message: (what, other) => `${what} is no served version of its definition${other}`,
    source: `${apiextensions}/apiserver/customresource_handler.go`,
    positive: `${definition("{type: object}")}---\napiVersion: example.com/v2\nkind: Thing\nmetadata: {name: a}\n`,
    negative: thing("{type: object}", "{}"),
  },
  "custom-resource/not-certain": {
    severity: "info",
    message: (what, other) => `not certain whether ${what} passes its schema: ${other}`,
    source: `${apiextensions}/apiserver/validation/validation.go`,
    positive: "",
    negative: "",
  },
  "definition/field": {
    severity: "error",
    message: (what, other) => `the API server refuses ${what}: ${other}`,
    source: `${apiextensions}/apis/apiextensions/validation/validation.go`,
    positive: definition("{type: object}").replace("plural: things", "plural: Things"),
    negative: definition("{type: object}"),
  },
  "definition/schema": {
    severity: "error",
    message: (what, other) => `the API server refuses the schema at ${what}: ${other}`,
    source: `${apiextensions}/apiserver/schema/validation.go; ${apiextensions}/apis/apiextensions/validation/validation.go`,
    positive: definition("{properties: {a: {type: string}}}"),
    negative: definition("{type: object, properties: {a: {type: string}}}"),
  },
  "definition/expression": {
    severity: "error",
    message: (what, other) => `the API server refuses the expression at ${what}: ${other}`,
    source: `${apiextensions}/apiserver/schema/cel/compilation.go`,
    positive: definition('{type: object, x-kubernetes-validations: [{rule: "self.a > 1"}]}'),
    negative: definition(ruled),
  },
  "definition/cost": {
    severity: "error",
    message: (what, other) => `the API server refuses the rule at ${what}: ${other}`,
    source: `${apiextensions}/apis/apiextensions/validation/validation.go (StaticEstimatedCostLimit)`,
    positive: definition(costly("self.a.all(x, x.all(y, y.contains('a')))", "")),
    negative: definition(costly("self.a.all(x, x.all(y, y.contains('a')))", ", maxItems: 10")),
  },
  "definition/not-certain": {
    severity: "info",
    message: (what, other) => `not certain whether the API server takes ${what}: ${other}`,
    source: `${apiextensions}/apiserver/schema`,
    positive: "",
    negative: "",
  },
};

const SHOWN = 300;

export interface CustomResourceTexts {
  readonly other?: string;
  readonly hint?: string;
}

/** A finding of the table about an object, at one of its paths. */
export function customResourceFinding(
  code: CustomResourceCode,
  read: ReadObject,
  path: JsonPath,
  { other = "", hint }: CustomResourceTexts,
): Finding {
  const what = path.length === 0 ? objectKey(read.object).kind : pathText(path);
  return rowFinding(code, customResourceFindingTable[code], read, path, {
    what: start(printable(what)),
    other: printableLine(other, SHOWN),
    hint,
    at: code.endsWith("unknown-field") ? "key" : "value",
  });
}

function start(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text;
}

import type { JsonPath } from "../json.ts";
import type { Place } from "../place.ts";
import { printableStart } from "../printable.ts";
import { type Problem, type ProblemRow, rowProblem } from "../problem.ts";

export type YamlProblemCode =
  | "yaml/syntax"
  | "yaml/json"
  | "yaml/encoding"
  | "yaml/line-break"
  | "yaml/duplicate-key"
  | "yaml/merge-override"
  | "yaml/merge-order"
  | "yaml/number-not-exact"
  | "yaml/number-not-json"
  | "yaml/ambiguous-scalar"
  | "yaml/tag"
  | "yaml/too-deep"
  | "yaml/too-many-aliases"
  | "yaml/alias"
  | "yaml/merge"
  | "yaml/document-separator"
  | "yaml/directive"
  | "yaml/ignored-content"
  | "yaml/key-type"
  | "yaml/template-text"
  | "yaml/too-many-problems";

const goYaml = "go.yaml.in/yaml/v2";
const sigsYaml = "sigs.k8s.io/yaml yaml.go";
const yamlReader = "k8s.io/apimachinery pkg/util/yaml/decoder.go";

/**
 * A word that YAML gives a meaning, as it is; `this` for everything else. A scalar may be a secret, also one of a file of
 * the target (kernel K16, K17), and the place says which it is.
 */
function spoken(text: string): string {
  return /^(?:y|n|yes|no|on|off|true|false|null|~)$/iu.test(text) ? text : "this";
}

/** Everything the reader finds in a text: one row, one id. */
export const yamlProblems: Readonly<Record<YamlProblemCode, ProblemRow>> = {
  "yaml/syntax": {
    severity: "error",
    message: (what) => `not valid YAML: ${what}`,
    source: `${goYaml} scannerc.go, parserc.go`,
    positive: "a: [1, 2",
    negative: "a: [1, 2]",
  },
  "yaml/json": {
    severity: "error",
    message: (what) => `not valid JSON: ${what}`,
    hint: "after two JSON objects the rest of the stream must be JSON too",
    source: `${yamlReader} YAMLOrJSONDecoder`,
    positive: '{"a":1} {"b":2} {c: 3}',
    negative: '{"a":1} {"b":2} {"c":3}',
  },
  "yaml/encoding": {
    severity: "error",
    message: (what) => `not readable as text: ${what}`,
    hint: "save the file as UTF-8",
    source: `${goYaml} readerc.go`,
    positive: "a: \u0001",
    negative: "a: \u00e9",
  },
  "yaml/line-break": {
    severity: "error",
    message: (what) => `${what} ends a line for the API server and not for other readers`,
    hint: 'write the character as an escape in double quotes ("\\u2028")',
    source: `${goYaml} yamlprivateh.go is_break (YAML 1.1)`,
    positive: "a: x\u2028b",
    negative: 'a: "x\\u2028b"',
  },
  "yaml/duplicate-key": {
    severity: "error",
    message: (what, other) =>
      `key "${what}" is already set at ${other}; kubectl keeps the last value, strict readers refuse the document`,
    hint: "keep one of the two",
    source: `${goYaml} decode.go setMapIndex; kubernetes/kubernetes#67477`,
    positive: "a: 1\na: 2",
    negative: "a: 1\nA: 2",
  },
  "yaml/merge-override": {
    severity: "warning",
    message: (what, other) =>
      `key "${what}" replaces the value that the merge at ${other} has set; strict readers refuse this`,
    source: `${goYaml} decode.go setMapIndex, merge`,
    positive: "x: &x {a: 1}\ny:\n  <<: *x\n  a: 2",
    negative: "x: &x {a: 1}\ny:\n  <<: *x\n  b: 2",
  },
  "yaml/merge-order": {
    severity: "error",
    message: (what, other) =>
      `this merge replaces key "${what}" of ${other} for the API server, while other readers keep the earlier value`,
    hint: "write the merge before the keys that override it",
    source: `${goYaml} decode.go merge (document order)`,
    positive: "x: &x {a: 1}\ny:\n  a: 2\n  <<: *x",
    negative: "x: &x {a: 1}\ny:\n  b: 2\n  <<: *x",
  },
  "yaml/number-not-exact": {
    severity: "error",
    message: () => "this number is too large to be carried exactly",
    hint: "write it in quotes if it is a text",
    source: `${goYaml} resolve.go; RFC 8259 section 6; kernel K4`,
    positive: "a: 9007199254740993",
    negative: "a: 9007199254740992",
  },
  "yaml/number-not-json": {
    severity: "error",
    message: (what) => `${what} is a number that JSON has no form for`,
    hint: "write it in quotes if it is a text",
    source: `${sigsYaml} (json.Marshal: unsupported value)`,
    positive: "a: .inf",
    negative: "a: inf",
  },
  "yaml/ambiguous-scalar": {
    severity: "warning",
    message: (what, other) =>
      `${spoken(what)} is read as ${other} by the API server, and differently by other YAML readers`,
    hint: "write it in quotes if it is a text, or in its plain form if it is not",
    source: `${goYaml} resolve.go; YAML 1.1 types bool, int, float, timestamp; YAML 1.2 core schema`,
    positive: "a: yes",
    negative: 'a: "yes"',
  },
  "yaml/tag": {
    severity: "error",
    message: (_, other) => `this cannot be read as ${other}`,
    source: `${goYaml} resolve.go`,
    positive: "a: !!int x",
    negative: "a: !!int 5",
  },
  "yaml/too-deep": {
    severity: "error",
    message: (what) => `nested deeper than ${what} levels`,
    source: `${goYaml} scannerc.go max_flow_level, max_indents (10,000 there; no API object comes near either)`,
    positive: "[".repeat(2000),
    negative: `${"[".repeat(50)}${"]".repeat(50)}`,
  },
  "yaml/too-many-aliases": {
    severity: "error",
    message: () =>
      "aliases make up too much of the document (the API server refuses it as excessive aliasing)",
    source: `${goYaml} decode.go allowedAliasRatio`,
    positive: `a: &a [${"x,".repeat(50)}x]\nb: &b [${"*a,".repeat(50)}*a]\nc: &c [${"*b,".repeat(50)}*b]\nd: [${"*c,".repeat(50)}*c]`,
    negative: "a: &a [x]\nb: [*a, *a]",
  },
  "yaml/alias": {
    severity: "error",
    message: (what) => what,
    source: `${goYaml} decode.go alias`,
    positive: "a: *b",
    negative: "b: &b 1\na: *b",
  },
  "yaml/merge": {
    severity: "error",
    message: () => "a merge (<<) takes an alias of a mapping, a mapping, or a list of these",
    source: `${goYaml} decode.go merge`,
    positive: "<<: 1",
    negative: '"<<": 1',
  },
  "yaml/document-separator": {
    severity: "error",
    message: (what) => `only spaces or a comment may follow the document separator ---, found ${what}`,
    hint: "start the document on the next line",
    source: `${yamlReader} YAMLReader.Read`,
    positive: "--- {a: 1}",
    negative: "--- # text\na: 1",
  },
  "yaml/directive": {
    severity: "error",
    message: (what) => `the API server does not take the directive ${what}`,
    hint: "remove the line",
    source: `${yamlReader} YAMLReader.Read (a directive becomes a document of its own)`,
    positive: "%YAML 1.2\n---\na: 1",
    negative: "# YAML 1.2\n---\na: 1",
  },
  "yaml/ignored-content": {
    severity: "error",
    message: () => "the API server reads nothing of this document after its end",
    hint: "separate documents with a line ---",
    source: `${goYaml} yaml.go Unmarshal reads one document; ${yamlReader} does not split at ...`,
    positive: "a: 1\n...\nb: 2",
    negative: "a: 1\n---\nb: 2",
  },
  "yaml/key-type": {
    severity: "error",
    message: (what) => `${what} cannot be a key`,
    source: `${sigsYaml} convertToJSONableObject; ${goYaml} decode.go mapping`,
    positive: "~: 1",
    negative: '"~": 1',
  },
  "yaml/template-text": {
    severity: "error",
    message: () => "this is a Go template, not YAML",
    hint: "render it first (helm template), and check the result",
    source: "helm.sh/docs/chart_template_guide",
    positive: "a: {{ .Values.a }}",
    negative: 'a: "{{ .Values.a }}"',
  },
  "yaml/too-many-problems": {
    severity: "error",
    message: (what) => `more than ${what} problems in one document; the rest is not listed`,
    source: "limit of this program",
    positive: "- yes\n".repeat(1001),
    negative: "- yes\n".repeat(1000),
  },
};

/** Most problems that are listed for one document. */
export const MAX_PROBLEMS = 1000;

const SHOWN = 160;

/** A text of the input as messages show it: printable and cut to 160 characters. */
export function shown(text: string): string {
  return printableStart(text, SHOWN);
}

/** A problem of the table at a place. */
export function yamlProblem(
  code: YamlProblemCode,
  place: Place,
  what = "",
  other = "",
  path?: JsonPath,
): Problem {
  return rowProblem(code, yamlProblems[code], place, { what: shown(what), other: shown(other) }, path);
}

import { type JsonPath, pointerSteps } from "../json.ts";
import { printableLine } from "../printable.ts";
import type { ChartProblemCode } from "./problems.ts";

/** Why Helm ended without a result, taken from what it printed: hostile text, of which only known shapes are read. */
export interface HelmFault {
  readonly code: ChartProblemCode;
  /** Printable, on one line, cut. */
  readonly what: string;
  /** Places in files by the names that Helm gives them, outermost first. They may name anything. */
  readonly at: readonly { readonly name: string; readonly line: number; readonly column: number }[];
  /** The value that a schema refuses: the chart it is for, and its path there. */
  readonly value?: { readonly chart: string; readonly path: JsonPath };
}

/** Longest message that is read and that is shown. */
const READ = 16_384;
const SHOWN = 600;

const known: readonly {
  readonly pattern: RegExp;
  readonly code: ChartProblemCode;
}[] = [
  { pattern: /found in Chart\.yaml, but missing in charts\/ directory: (.*)/s, code: "chart/dependency" },
  { pattern: /^chart requires kubeVersion: (.*)/s, code: "chart/kube-version" },
  { pattern: /^cannot load (?:values\.yaml|values\.schema\.json): (.*)/s, code: "chart/values" },
  { pattern: /^failed to parse (.*)/s, code: "chart/values" },
];

/** The YAML of a template that Helm's reader refuses; the rendered text is to be had with --debug. */
export function isInvalidYaml(stderr: string): boolean {
  return errorText(stderr)?.startsWith("YAML parse error on ") === true;
}

/** What is wrong with an assignment of `--set`; undefined when that is not why Helm ended. */
export function settingFault(stderr: string): string | undefined {
  const match = /^failed parsing --set data: (.*)/s.exec(errorText(stderr) ?? "");
  return match === null ? undefined : shown(match[1] ?? "");
}

/**
 * Faults in what `helm template` printed on standard error, `Error: …` (helm.sh/helm pkg/engine/engine.go: cleanupParseError,
 * reformatExecErrorMsg; pkg/chart/common/util/jsonschema.go). At least one, also when nothing of it is known.
 */
export function helmFaults(stderr: string): readonly HelmFault[] {
  const text = errorText(stderr);
  if (text === undefined)
    return [{ code: "chart/malformed", what: shown(stderr) || "it ended without a message", at: [] }];
  if (text.startsWith("values don't meet the specifications of the schema")) {
    const values = valueFaults(text);
    return values.length > 0 ? values : [{ code: "chart/values", what: shown(text), at: [] }];
  }
  for (const { pattern, code } of known) {
    const match = pattern.exec(text);
    if (match !== null) return [{ code, what: shown(match[1] ?? ""), at: [] }];
  }
  // What a template says with `fail` or `required` stands behind its place, and no place in it counts.
  const said =
    /^(?:execution|parse) error (?:at|in) \(([^\n]{1,4096}?):(\d{1,7})(?::(\d{1,7}))?\): (.*)/s.exec(text);
  if (said !== null)
    return [{ code: "chart/template", what: shown(said[4] ?? ""), at: [placeOf(said[1], said[2], said[3])] }];
  const yaml = /^YAML parse error on ([^\n]{1,4096}?): (.*)/s.exec(text);
  if (yaml !== null)
    return [{ code: "chart/template", what: shown(yaml[2] ?? ""), at: [placeOf(yaml[1], "1", "1")] }];
  const at = chain(text);
  return [{ code: at.length === 0 ? "chart/malformed" : "chart/template", what: shown(text), at }];
}

function errorText(stderr: string): string | undefined {
  const start = /^Error: /m.exec(stderr);
  if (start === null) return undefined;
  const text = stderr.slice(start.index + start[0].length, start.index + READ);
  const end = text.indexOf("\n\nUse --debug flag");
  return (end < 0 ? text : text.slice(0, end)).trim();
}

function shown(text: string): string {
  return printableLine(text.trim(), SHOWN);
}

function placeOf(name = "", line = "1", column = "1"): HelmFault["at"][number] {
  // The template parser counts columns of actions from 0.
  return { name, line: Number(line), column: Math.max(1, Number(column)) };
}

/** Places of a chain of includes: `template: a.yaml:8:3: executing … template: b.tpl:2:5: executing …`, or one a line. */
function chain(text: string): HelmFault["at"] {
  const places: HelmFault["at"][number][] = [];
  for (const match of text.matchAll(/(?:^|\n *|template: )([^\n:]{1,1024}):(\d{1,7}):(\d{1,7})(?=\n|: )/g)) {
    places.push(placeOf(match[1], match[2], match[3]));
    if (places.length === 64) break;
  }
  return places;
}

/** `- at '/image/tag': got string, want integer` below the name of a chart; a line above lines of its own says nothing. */
function valueFaults(text: string): readonly HelmFault[] {
  const faults: HelmFault[] = [];
  let chart = "";
  const lines = text.split("\n").slice(1, 200);
  for (const [index, line] of lines.entries()) {
    const heading = /^([^\s-][^\n]*):$/.exec(line);
    if (heading !== null) chart = heading[1] ?? "";
    const match = /^( *)- (?:at '((?:\/[^']*)?)'|([^\s:]+)): (.*)$/.exec(line);
    if (match === null) continue;
    const [, indent = "", pointer, member, what = ""] = match;
    if (
      /^ *- /.test(lines[index + 1] ?? "") &&
      (/^ */.exec(lines[index + 1] ?? "")?.[0].length ?? 0) > indent.length
    )
      continue;
    const path = pointer === undefined ? (member ?? "").split(".") : pointerPath(pointer);
    faults.push({
      code: "chart/values",
      what: shown(path.length === 0 ? what : `${path.join(".")}: ${withoutSecret(path, what)}`),
      at: [],
      value: { chart, path },
    });
  }
  return faults;
}

/** What a schema says of a credential quotes it, as in `'...' does not match pattern`. */
function withoutSecret(path: JsonPath, what: string): string {
  const secret = /pass|secret|token|credential|private|key|auth/i;
  return path.some((step) => typeof step === "string" && secret.test(step))
    ? what.replaceAll(/'.*'/g, "'...'")
    : what;
}

function pointerPath(pointer: string): JsonPath {
  return pointerSteps(pointer).map((part) => (/^\d{1,6}$/.test(part) ? Number(part) : part));
}

import type { Place } from "../place.ts";
import { type PlainProblemRow, type Problem, rowProblem, type Severity } from "../problem.ts";

export type ChartProblemCode =
  | "chart/malformed"
  | "chart/dependency"
  | "chart/kube-version"
  | "chart/outside"
  | "chart/schema"
  | "chart/template"
  | "chart/too-large"
  | "chart/values";

/** Why Helm does not render a chart, or why it is not given one: one row, one id. */
export const chartProblems: Readonly<Record<ChartProblemCode, PlainProblemRow>> = {
  "chart/malformed": {
    severity: "error",
    message: (what) => `Helm does not take this chart: ${what}`,
    source: "helm.sh/helm pkg/chart/v2/loader/load.go and pkg/chart/v2/metadata.go",
  },
  "chart/dependency": {
    severity: "error",
    message: (what) => `a dependency is not in charts/: ${what}`,
    hint: "fetch what the chart depends on: helm dependency build, in the folder of the chart",
    source: "helm.sh/helm pkg/action/install.go (CheckDependencies)",
  },
  "chart/kube-version": {
    severity: "error",
    message: (what) => `the chart is not for this version of Kubernetes: ${what}`,
    hint: "check for another one with --kube-version, or correct kubeVersion in Chart.yaml",
    source: "helm.sh/helm pkg/action/action.go (renderResources)",
  },
  "chart/outside": {
    severity: "error",
    message: (what) => `a link that leaves the chart, not followed: ${what}`,
    hint: "copy the file into the chart",
    source: "kernel K16; Helm itself follows links anywhere (internal/sympath/walk.go)",
  },
  "chart/schema": {
    severity: "warning",
    message: (what) =>
      `the values are not checked by this schema, for it refers to what is elsewhere: ${what}`,
    hint: "put the schema that it refers to into the file, under $defs",
    source: "helm.sh/helm pkg/chart/common/util/jsonschema.go (loaders of http, https and file)",
  },
  "chart/template": {
    severity: "error",
    message: (what) => `Helm cannot render the template: ${what}`,
    source: "helm.sh/helm pkg/engine/engine.go",
  },
  "chart/too-large": {
    severity: "error",
    message: (what) => `more than is rendered here: ${what}`,
    hint: "look for a loop in the templates, or move files that do not belong to the chart out of its folder",
    source: "src/apply/chart/render-chart.ts",
  },
  "chart/values": {
    severity: "error",
    message: (what) => `the values are not what the chart asks for: ${what}`,
    source: "helm.sh/helm pkg/chart/common/util/jsonschema.go (ValidateAgainstSchema)",
  },
};

/** A problem of the table; `what` is printable already. */
export function chartProblem(
  code: ChartProblemCode,
  place: Place,
  what: string,
  severity: Severity = chartProblems[code].severity,
): Problem {
  return { ...rowProblem(code, chartProblems[code], place, { what }), severity };
}

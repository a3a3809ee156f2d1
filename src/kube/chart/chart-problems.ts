import { isObject, type JsonPath, valueAt } from "../json.ts";
import type { Place } from "../place.ts";
import type { Problem } from "../problem.ts";
import type { ReadDocument } from "../read-object.ts";
import type { HelmFault } from "./helm-error.ts";
import { type ChartProblemCode, chartProblem } from "./problems.ts";
import type { SourceFile } from "./rendered.ts";

export interface FaultPlaces {
  /** The file of the chart that a name of Helm's is for; undefined when there is none. */
  readonly sourceOf: (name: string) => SourceFile | undefined;
  readonly description: ReadDocument;
  /** Values by falling precedence: the user's files, last first, then the chart's own. */
  readonly values: readonly ReadDocument[];
}

/** Members of Chart.yaml that a fault is about. */
const members: Partial<Record<ChartProblemCode, string>> = {
  "chart/dependency": "dependencies",
  "chart/kube-version": "kubeVersion",
};

/** What Helm said, as a problem at the place that it is about: only places in files of the chart and of the values. */
export function problemOf(fault: HelmFault, places: FaultPlaces): Problem {
  return chartProblem(fault.code, placeOf(fault, places), fault.what);
}

function placeOf({ code, at, value }: HelmFault, { sourceOf, description, values }: FaultPlaces): Place {
  // The innermost of a chain of includes is where it went wrong.
  for (const { name, line, column } of [...at].reverse()) {
    const source = sourceOf(name);
    if (source === undefined) continue;
    if (line > source.text.split("\n").length) return { file: source.display, line: 1, column: 1 };
    return { file: source.display, line, column };
  }
  if (value !== undefined) {
    const found = valuePlace(value.chart, value.path, description, values);
    if (found !== undefined) return found;
  }
  if (code === "chart/values" && values[0] !== undefined) return values[0].places.value([]);
  const member = members[code];
  return member === undefined
    ? { ...description.places.value([]), column: 1 }
    : description.places.key([member]);
}

/** Where a value stands: in the values that have it, those of the highest precedence first. */
function valuePlace(
  chart: string,
  path: JsonPath,
  description: ReadDocument,
  values: readonly ReadDocument[],
): Place | undefined {
  const root = isObject(description.value) ? description.value["name"] : undefined;
  const full = chart === root || chart === "" ? path : [chart, ...path];
  for (let length = full.length; length > 0; length--) {
    const part = full.slice(0, length);
    const document = values.find(({ value }) => valueAt(value, part) !== undefined);
    if (document !== undefined) return document.places.key(part);
  }
  return undefined;
}

import { byText } from "../by-text.ts";
import { decodeText } from "../yaml/decode-text.ts";
import { lineIndex } from "../yaml/line-index.ts";
import { readDocuments } from "../yaml/read-documents.ts";
import type { Place, RenderedPlace } from "../place.ts";
import type { PlaceMap, ReadDocument, SourceLines } from "../read-object.ts";
import { type TraceBudget, traceLines, type Tracer } from "./trace-lines.ts";

/** A file of a chart, by the name that Helm gives it in `# Source:`. */
export interface SourceFile {
  /** As people name it. */
  readonly display: string;
  readonly text: string;
}

export interface RenderedChart {
  /** As people name the chart's folder. */
  readonly display: string;
  /** What `helm template` printed. */
  readonly output: Uint8Array;
  /** The file of the chart that a `# Source:` names; undefined for a name that is none of its files: the name is hostile. */
  readonly sourceOf: (name: string) => SourceFile | undefined;
  /** Where what no file of the chart can be named for is said to be: its Chart.yaml. */
  readonly elsewhere: string;
}

export interface RenderedDocuments {
  readonly documents: readonly ReadDocument[];
  /** The templates by their display names, for excerpts. */
  readonly sources: ReadonlyMap<string, SourceLines>;
}

/** Comparisons of lines that tracing one chart may cost. */
const BUDGET = 5_000_000;

interface Section {
  /** First line of the section in the output, counted from 1. */
  readonly from: number;
  readonly template: Template;
  /** Lines of the template's output before this section. */
  readonly before: number;
}

interface Template {
  readonly source: SourceFile | undefined;
  readonly lines: string[];
  tracer?: Tracer;
}

/**
 * What Helm made of a chart, as documents whose places are in its templates. A section begins with a line `---` and a line
 * `# Source: <name>` (helm.sh/helm pkg/cmd/template.go and pkg/action/action.go); what follows without such a line belongs to
 * the section before it. Where the line of a template cannot be told, the place carries the line of the output.
 */
export function readRendered({ display, output, sourceOf, elsewhere }: RenderedChart): RenderedDocuments {
  const name = `${display} as rendered`;
  const read = readDocuments(name, output);
  const decoded = decodeText(output);
  const text = "text" in decoded ? decoded.text : "";
  const sections = sectionsOf(text, sourceOf);
  const budget: TraceBudget = { left: BUDGET };
  const tracerOf = (template: Template, text: string): Tracer =>
    (template.tracer ??= traceLines(text, template.lines, budget));
  const placeOf = (place: Place): Place | RenderedPlace => {
    const section = sectionAt(sections, place.line);
    const source = section?.template.source;
    const rendered = place.line;
    if (section === undefined || source === undefined)
      return { file: elsewhere, line: 1, column: 1, rendered };
    const traced = tracerOf(section.template, source.text)(section.before + place.line - section.from);
    const { line } = traced;
    const column = traced.column(place.column);
    return { file: source.display, line, column, ...(traced.exact ? {} : { rendered }) };
  };
  const sources = new Map<string, SourceLines>();
  for (const { template } of sections) {
    const { source } = template;
    if (source !== undefined && !sources.has(source.display))
      sources.set(source.display, lineIndex(source.display, source.text));
  }
  return { documents: read.map((document) => moved(document, placeOf, sources)), sources };
}

function moved(
  document: ReadDocument,
  placeOf: (place: Place) => Place,
  sources: ReadonlyMap<string, SourceLines>,
): ReadDocument {
  const places: PlaceMap = {
    value: (path) => placeOf(document.places.value(path)),
    key: (path) => placeOf(document.places.key(path)),
  };
  const { file } = places.value([]);
  const source = sources.get(file);
  const { index, value } = document;
  const problems = document.problems.map((problem) =>
    problem.place === undefined ? problem : { ...problem, place: placeOf(problem.place) },
  );
  return { file, index, value, places, problems, ...(source === undefined ? {} : { source }) };
}

/**
 * The output with its sections in the order of their sources: of a chart with a template that is no YAML, Helm prints them in
 * any order (helm.sh/helm pkg/action/action.go goes over a map).
 */
export function sortedSections(output: Uint8Array): Uint8Array {
  const decoded = decodeText(output);
  if (!("text" in decoded)) return output;
  const sections: { readonly name: string; text: string }[] = [{ name: "", text: "" }];
  for (const piece of decoded.text.split(/^(?=---\n# Source: )/m)) {
    const name = header.exec(piece.split("\n", 2)[1] ?? "")?.[1] ?? "";
    sections.push({ name, text: piece.endsWith("\n") ? piece : `${piece}\n` });
  }
  sections.sort((left, right) => byText(left.name, right.name));
  return new TextEncoder().encode(sections.map(({ text }) => text).join(""));
}

const header = /^# Source: (.{1,4096})$/;

function sectionsOf(text: string, sourceOf: RenderedChart["sourceOf"]): readonly Section[] {
  const sections: Section[] = [];
  const templates = new Map<string, Template>();
  let current: Template | undefined;
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    const name = line === "---" ? header.exec(lines[index + 1] ?? "")?.[1] : undefined;
    if (name === undefined) {
      current?.lines.push(line);
      continue;
    }
    current = templates.get(name);
    if (current === undefined) {
      current = { source: sourceOf(name), lines: [] };
      templates.set(name, current);
    }
    // The two lines of the header are no lines of the template.
    sections.push({ from: index + 3, template: current, before: current.lines.length });
    index++;
  }
  return sections;
}

/** The section that holds a line; the header of a section belongs to it. */
function sectionAt(sections: readonly Section[], line: number): Section | undefined {
  let low = 0;
  let high = sections.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sections[middle]?.from ?? 0) - 2 <= line) low = middle + 1;
    else high = middle;
  }
  return sections[low - 1];
}

import { type TemplateLine, templateLines } from "./template-lines.ts";

/** Where a line of a rendered text comes from: line (from 1) and column of its template. */
export interface Traced {
  readonly line: number;
  /** Column in the template of a column of the rendered line, both from 1. */
  readonly column: (rendered: number) => number;
  /** This line of the template prints the rendered line; false: it is the nearest that could be found. */
  readonly exact: boolean;
}

/** Comparisons of a line with a pattern that are paid for one chart; beyond them only unchanged lines are traced. */
export interface TraceBudget {
  left: number;
}

/** Traces lines (from 0) of what a template printed. */
export type Tracer = (rendered: number) => Traced;

interface Anchor {
  readonly rendered: number;
  readonly template: number;
}

/**
 * Traces the lines that a template printed back to its own. A line that stands in the template once, unchanged, is its
 * own trace, and holds the lines around it: between two of them, what is unchanged, what fits the text around the actions
 * of one line, and what only one line can have printed is traced too.
 */
export function traceLines(template: string, rendered: readonly string[], budget: TraceBudget): Tracer {
  const lines = templateLines(template);
  const sources = template.split("\n");
  const unchanged = new Map<string, number[]>();
  for (const [index, line] of lines.entries()) {
    if (line.kind !== "text" || line.text === "") continue;
    const same = unchanged.get(line.text);
    if (same === undefined) unchanged.set(line.text, [index]);
    else same.push(index);
  }
  const anchors = anchorsOf(rendered, unchanged);
  const known = new Map<number, Traced>();

  const traced = (template: number, exact: boolean, shown: string): Traced => {
    const line = lines[template];
    const source = sources[template] ?? "";
    const indent = source.length - source.trimStart().length;
    return {
      line: template + 1,
      exact,
      column: (column) => {
        if (exact && line?.kind === "text") return column;
        if (exact && line?.kind === "mixed" && shown.startsWith(line.pieces[0] ?? "")) {
          const [first = ""] = line.pieces;
          return column <= first.length ? column : first.length + 1;
        }
        return indent + 1;
      },
    };
  };

  const trace = (index: number): Traced => {
    const shown = (rendered[index] ?? "").trimEnd();
    const own = unchanged.get(shown);
    const [only] = own ?? [];
    if (only !== undefined && own?.length === 1) return traced(only, true, shown);
    const { after, before } = around(anchors, index, lines.length);
    const nearest = traced(Math.max(0, after), false, shown);
    if (shown === "") return nearest;
    const [first, second] = within(own ?? [], after, before);
    if (first !== undefined) return traced(first, second === undefined, shown);
    const fitting = best(lines, after + 1, before, shown, budget) ?? best(lines, 0, lines.length, shown, budget);
    if (fitting !== undefined) return traced(fitting, true, shown);
    const printer = onlyPrinter(lines, after, before, budget);
    return printer === undefined ? nearest : traced(printer, false, shown);
  };

  return (index) => {
    const before = known.get(index);
    if (before !== undefined) return before;
    const found = trace(index);
    known.set(index, found);
    return found;
  };
}

function anchorsOf(rendered: readonly string[], unchanged: ReadonlyMap<string, readonly number[]>): readonly Anchor[] {
  const anchors: Anchor[] = [];
  for (const [index, text] of rendered.entries()) {
    const same = unchanged.get(text.trimEnd());
    const [only] = same ?? [];
    if (only !== undefined && same?.length === 1) anchors.push({ rendered: index, template: only });
  }
  return anchors;
}

/** The first two of sorted numbers that lie between two others. */
function within(numbers: readonly number[], after: number, before: number): readonly number[] {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) <= after) low = middle + 1;
    else high = middle;
  }
  return numbers.slice(low, low + 2).filter((number) => number < before);
}

/** The lines of the template between which a rendered line was printed; a loop that goes back gives only the first. */
function around(
  anchors: readonly Anchor[],
  index: number,
  end: number,
): { readonly after: number; readonly before: number } {
  let low = 0;
  let high = anchors.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((anchors[middle]?.rendered ?? 0) < index) low = middle + 1;
    else high = middle;
  }
  const after = anchors[low - 1]?.template ?? -1;
  const next = anchors[low]?.template ?? end;
  return { after, before: next > after ? next : end };
}

/** The one line with actions in a part of the template that can have printed a line: the one with the longest text of its own. */
function best(
  lines: readonly TemplateLine[],
  from: number,
  to: number,
  shown: string,
  budget: TraceBudget,
): number | undefined {
  let found: number | undefined;
  let longest = 0;
  let rivals = false;
  for (let at = from; at < to && budget.left > 0; at++) {
    const line = lines[at];
    // Comparing costs what is compared: long lines are paid for like many.
    budget.left -= 1 + shown.length / 256;
    if (line?.kind !== "mixed" || !fits(line.pieces, shown)) continue;
    const length = line.pieces.reduce((sum, piece) => sum + piece.trim().length, 0);
    rivals = length === longest || (rivals && length < longest);
    if (length > longest) [found, longest] = [at, length];
  }
  return rivals ? undefined : found;
}

/** Whether a line begins with the first piece, ends with the last, and holds those between in their order. */
function fits(pieces: readonly string[], shown: string): boolean {
  const first = pieces[0] ?? "";
  const last = (pieces.at(-1) ?? "").trimEnd();
  // What an action prints may begin with a line end: then the line is the first piece alone.
  if (first.trim() !== "" && shown === first.trimEnd()) return true;
  if (shown.length < first.length + last.length || !shown.startsWith(first) || !shown.endsWith(last)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = shown.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= shown.length - last.length;
}

/** The line of a part of the template that can print lines of any text, where there is only one. */
function onlyPrinter(
  lines: readonly TemplateLine[],
  after: number,
  before: number,
  budget: TraceBudget,
): number | undefined {
  let found: number | undefined;
  for (let at = after + 1; at < before && budget.left > 0; at++) {
    budget.left--;
    const line = lines[at];
    if (line?.kind !== "prints" && (line?.kind !== "mixed" || line.pieces.at(-1)?.trim() !== "")) continue;
    if (found !== undefined) return undefined;
    found = at;
  }
  return found;
}

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

/**
 * Traces the lines that a template printed back to its own. A template prints its lines in order, but for those it leaves
 * out and those it repeats. So the lines are followed twice, from the first on and from the last back: each is the nearest
 * line of the template that stands there unchanged or fits it around its actions. Where both ways agree it is the line.
 */
export function traceLines(template: string, rendered: readonly string[], budget: TraceBudget): Tracer {
  const source = sourceOf(templateLines(template));
  const { lines } = source;
  const sources = template.split("\n");
  const shown = rendered.map((line) => line.trimEnd());
  let meeting: Meeting | undefined;
  return (index) => {
    meeting ??= meet(source, shown, budget);
    const text = shown[index] ?? "";
    const { at, exact } = lineOf(lines, meeting, index);
    const line = lines[at];
    const own = sources[at] ?? "";
    const first = line?.kind === "mixed" ? (line.pieces[0] ?? "") : "";
    const indent = own.length - own.trimStart().length;
    return {
      line: at + 1,
      exact,
      column: (column) => {
        if (exact && line?.kind === "text") return column;
        if (exact && line?.kind === "mixed" && text.startsWith(first))
          return Math.min(column, first.length + 1);
        return indent + 1;
      },
    };
  };
}

/** The line of the template for each rendered line, found one way; undefined where none prints it by its own text. */
type Way = readonly (number | undefined)[];

/** What both ways say of each rendered line. */
interface Meeting {
  readonly down: Way;
  readonly up: Way;
  /** The lines of the template where the ways agreed last before each rendered line, and next behind it. */
  readonly before: readonly number[];
  readonly behind: readonly number[];
}

function meet(source: Source, shown: readonly string[], budget: TraceBudget): Meeting {
  const down = follow(source, shown, 1, budget);
  const up = follow(source, shown, -1, budget);
  const agreed = (index: number): number | undefined => (down[index] === up[index] ? down[index] : undefined);
  const before: number[] = [];
  for (let index = 0, at = 0; index < shown.length; index++) {
    before.push(at);
    at = agreed(index) ?? at;
  }
  const behind: number[] = [];
  for (let index = shown.length - 1, at = source.lines.length; index >= 0; index--) {
    behind.push(at);
    at = agreed(index) ?? at;
  }
  return { down, up, before, behind: behind.reverse() };
}

function lineOf(
  lines: readonly TemplateLine[],
  { down, up, before, behind }: Meeting,
  index: number,
): { readonly at: number; readonly exact: boolean } {
  const [first, second] = [down[index], up[index]];
  if (first !== undefined && first === second) return { at: first, exact: true };
  const after = before[index] ?? 0;
  const next = behind[index] ?? lines.length;
  const end = next > after ? next : lines.length;
  const known = [first, second].find((line) => line !== undefined && line >= after && line <= end);
  if (known !== undefined) return { at: known, exact: false };
  // It was printed by an action, of which any may print any number of lines: the first between what is known.
  for (let at = after; at < Math.min(end, after + NEAR); at++) {
    const line = lines[at];
    if (line?.kind === "prints" || (line?.kind === "mixed" && line.pieces.at(-1)?.trim() === ""))
      return { at, exact: false };
  }
  return { at: after, exact: false };
}

/** Lines that are looked at for the action that printed a line. */
const NEAR = 200;

function follow(
  { lines, unchanged }: Source,
  shown: readonly string[],
  step: 1 | -1,
  budget: TraceBudget,
): Way {
  const [start, end, first] = step === 1 ? [-1, lines.length, 0] : [lines.length, -1, shown.length - 1];
  const next = nextAnchors(shown, unchanged, step);
  const found: (number | undefined)[] = Array.from({ length: shown.length });
  let at = start;
  for (let index = first; index >= 0 && index < shown.length; index += step) {
    const text = shown[index] ?? "";
    if (text === "") continue;
    const same = unchanged.get(text) ?? [];
    const anchor = next[index];
    const limit = anchor !== undefined && (anchor - at) * step > 0 ? anchor : end;
    const line =
      same.length === 1
        ? same[0]
        : better(
            nearest(same, lines, { from: at + step, to: limit, step, text, budget }),
            // A loop goes back to where it began.
            nearest(same, lines, { from: at, to: start, step: step === 1 ? -1 : 1, text, budget }),
          );
    found[index] = line;
    at = line ?? at;
  }
  return found;
}

/** The lines of a template, and by their texts those without an action. */
interface Source {
  readonly lines: readonly TemplateLine[];
  readonly unchanged: ReadonlyMap<string, readonly number[]>;
}

function sourceOf(lines: readonly TemplateLine[]): Source {
  const unchanged = new Map<string, number[]>();
  for (const [index, line] of lines.entries()) {
    if (line.kind !== "text" || line.text === "") continue;
    const same = unchanged.get(line.text);
    if (same === undefined) unchanged.set(line.text, [index]);
    else same.push(index);
  }
  return { lines, unchanged };
}

/** For each rendered line the next one, in the direction of the way, that stands in the template once: its line there. */
function nextAnchors(
  shown: readonly string[],
  unchanged: Source["unchanged"],
  step: 1 | -1,
): readonly (number | undefined)[] {
  const anchors: (number | undefined)[] = Array.from({ length: shown.length });
  let anchor: number | undefined;
  for (let index = step === 1 ? shown.length - 1 : 0; index >= 0 && index < shown.length; index -= step) {
    anchors[index] = anchor;
    const same = unchanged.get(shown[index] ?? "");
    if (same?.length === 1) [anchor] = same;
  }
  return anchors;
}

interface Search {
  readonly from: number;
  /** Where it ends, itself not looked at. */
  readonly to: number;
  readonly step: 1 | -1;
  readonly text: string;
  readonly budget: TraceBudget;
}

interface Candidate {
  readonly at: number;
  /** How much of the text is the template's own. */
  readonly own: number;
}

/** Onwards, but where a line behind says more of the text: `--{{ $key }}={{ $value }}` fits what `--name={{ . }}` printed. */
function better(onwards: Candidate | undefined, back: Candidate | undefined): number | undefined {
  if (onwards === undefined || back === undefined) return (onwards ?? back)?.at;
  return back.own > onwards.own ? back.at : onwards.at;
}

/** The nearest line that prints a text: unchanged, or before that with actions in it, of those the one with most of the text. */
function nearest(
  same: readonly number[],
  lines: readonly TemplateLine[],
  { from, to, step, text, budget }: Search,
): Candidate | undefined {
  const plain = firstFrom(same, from, step);
  const until = plain !== undefined && (to - plain) * step > 0 ? plain : to;
  let found: Candidate | undefined;
  for (let at = from; (until - at) * step > 0 && budget.left > 0; at += step) {
    // Comparing costs what is compared: long lines are paid for like many.
    budget.left -= 1 + text.length / 256;
    const line = lines[at];
    if (line?.kind !== "mixed" || !fits(line.pieces, text)) continue;
    const own = line.pieces.reduce((sum, piece) => sum + piece.trim().length, 0);
    if (found === undefined || own > found.own) found = { at, own };
  }
  if (found !== undefined) return found;
  return until === plain && plain !== undefined ? { at: plain, own: text.trim().length } : undefined;
}

/** The first of sorted numbers from one on, in a direction. */
function firstFrom(numbers: readonly number[], from: number, step: 1 | -1): number | undefined {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  if (step === 1 || numbers[low] === from) return numbers[low];
  return numbers[low - 1];
}

/**
 * Whether a line begins with the first piece, ends with the last, and holds those between in their order. Pieces that say
 * nothing, as in `- {{ . }}`, fit no line: they would fit most.
 */
function fits(pieces: readonly string[], shown: string): boolean {
  const first = pieces[0] ?? "";
  const last = (pieces.at(-1) ?? "").trimEnd();
  // What an action prints may begin with a line end: then the line is the first piece alone.
  if (/\w/.test(first) && shown === first.trimEnd()) return true;
  if (shown.length < first.length + last.length || !shown.startsWith(first) || !shown.endsWith(last))
    return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = shown.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= shown.length - last.length && pieces.some((piece) => piece.trim() !== "");
}

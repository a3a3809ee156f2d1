import { type Splice, sortedSplices, spliced } from "./splices/splice.ts";

/** Lines before and after a change. */
const CONTEXT = 3;

/** Lines `from` to `to` (exclusive, from 0) of the old text become `lines`. */
interface Change {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

/**
 * The change that splices make to a text, as `diff -u` writes it and `patch` and `git apply` read it; nothing where there
 * are none. The name must be printable.
 */
export function unifiedDiff(name: string, text: string, splices: readonly Splice[]): string {
  const lines = linesOf(text);
  const starts = lineStarts(text);
  const hunks: Change[][] = [];
  for (const change of changesOf(text, starts, lines, sortedSplices(splices))) {
    const last = hunks.at(-1)?.at(-1);
    if (last !== undefined && change.from - last.to <= 2 * CONTEXT) hunks.at(-1)?.push(change);
    else hunks.push([change]);
  }
  if (hunks.length === 0) return "";
  let moved = 0;
  const written = hunks.map((hunk) => {
    const body: string[] = [];
    const from = Math.max(0, (hunk[0]?.from ?? 0) - CONTEXT);
    const to = Math.min(lines.length, (hunk.at(-1)?.to ?? 0) + CONTEXT);
    let at = from;
    let grown = 0;
    for (const change of hunk) {
      for (const line of lines.slice(at, change.from)) body.push(` ${line}`);
      for (const line of lines.slice(change.from, change.to)) body.push(`-${line}`);
      for (const line of change.lines) body.push(`+${line}`);
      grown += change.lines.length - (change.to - change.from);
      at = change.to;
    }
    for (const line of lines.slice(at, to)) body.push(` ${line}`);
    const header = `@@ -${range(from, to - from)} +${range(from + moved, to - from + grown)} @@`;
    moved += grown;
    return [header, ...body].map((line) => `${line}\n`).join("");
  });
  return `--- a/${name}\n+++ b/${name}\n${written.join("")}`;
}

/** `first,count`; a range without lines stands behind the line before it. */
function range(from: number, count: number): string {
  return `${count === 0 ? from : from + 1},${count}`;
}

function changesOf(
  text: string,
  starts: readonly number[],
  lines: readonly string[],
  splices: readonly Splice[],
): readonly Change[] {
  const groups: { from: number; to: number; splices: Splice[] }[] = [];
  for (const splice of splices) {
    const from = lineAt(starts, splice.start);
    const last = groups.at(-1);
    const to = Math.min(starts.length, lineAt(starts, splice.end) + 1);
    if (last !== undefined && from < last.to) {
      last.to = Math.max(last.to, to);
      last.splices.push(splice);
    } else groups.push({ from, to, splices: [splice] });
  }
  return groups.flatMap((group) => {
    const base = starts[group.from] ?? text.length;
    const inner = group.splices.map((splice) => ({
      ...splice,
      start: splice.start - base,
      end: splice.end - base,
    }));
    const fresh = linesOf(spliced(text.slice(base, starts[group.to] ?? text.length), inner));
    return trimmed(lines, { from: group.from, to: group.to, lines: fresh });
  });
}

/** A change without the lines that it leaves as they are, at its start and at its end. */
function trimmed(old: readonly string[], { from, to, lines }: Change): readonly Change[] {
  let start = 0;
  while (start < lines.length && from + start < to && old[from + start] === lines[start]) start++;
  let end = 0;
  while (
    end < lines.length - start &&
    to - end > from + start &&
    old[to - end - 1] === lines[lines.length - end - 1]
  )
    end++;
  const change = { from: from + start, to: to - end, lines: lines.slice(start, lines.length - end) };
  return change.from === change.to && change.lines.length === 0 ? [] : [change];
}

/** Offsets at which lines begin. */
function lineStarts(text: string): readonly number[] {
  const starts: number[] = [];
  for (let at = 0; at < text.length; at = text.indexOf("\n", at) + 1 || text.length) starts.push(at);
  return starts;
}

/** Number of the line of an offset; that of the line behind the last one at the end of a text that ends with a line end. */
function lineAt(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

const NO_END = "\n\\ No newline at end of file";

function linesOf(text: string): readonly string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") return lines.slice(0, -1);
  return [...lines.slice(0, -1), (lines.at(-1) ?? "") + NO_END];
}

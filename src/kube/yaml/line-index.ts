import type { Place } from "../place.ts";

/** Offsets of a text as places; the table of lines is built when the first place is asked for. */
export interface LineIndex {
  place(offset: number): Place;
  /** The offset of a place. */
  offset(place: Place): number;
  /** The text of a line, counted from 1, without its end; undefined beyond the text. */
  text(line: number): string | undefined;
}

export function lineIndex(file: string, text: string): LineIndex {
  let starts: number[] | undefined;
  return {
    place(offset) {
      starts ??= lineStarts(text);
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((starts[middle] ?? 0) <= offset) low = middle;
        else high = middle - 1;
      }
      return { file, line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
    },
    offset({ line, column }) {
      starts ??= lineStarts(text);
      return (starts[line - 1] ?? 0) + column - 1;
    },
    text(line) {
      starts ??= lineStarts(text);
      const start = starts[line - 1];
      if (start === undefined) return undefined;
      const next = starts[line];
      return text.slice(start, next === undefined ? text.length : next - 1).replace(/\r$/, "");
    },
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) starts.push(end + 1);
  return starts;
}

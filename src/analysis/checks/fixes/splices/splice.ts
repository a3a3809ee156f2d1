/** The text from `start` to `end` becomes `text`. Offsets are in UTF-16 units. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Of those that insert at one offset the deepest comes first. */
  readonly depth: number;
}

/** In the order in which they stand in the text. */
export function sortedSplices(splices: readonly Splice[]): readonly Splice[] {
  return [...splices].sort(
    (left, right) => left.start - right.start || left.end - right.end || right.depth - left.depth,
  );
}

/** What splices make of a text; they may not overlap. */
export function spliced(text: string, splices: readonly Splice[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const splice of sortedSplices(splices)) {
    parts.push(text.slice(at, splice.start), splice.text);
    at = splice.end;
  }
  return parts.join("") + text.slice(at);
}

/** Longest name that is compared: the cost grows with the square of it. */
const LONGEST = 64;

/**
 * The name that somebody meant who wrote `name`: one that differs by case, `-` or `_` only, else the nearest one within
 * a third of its length and at most three edits; of equally near ones the first. Undefined when none is near.
 */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  if (name.length === 0 || name.length > LONGEST) return undefined;
  const folded = foldedName(name);
  const allowed = Math.min(3, Math.floor(name.length / 3));
  let best: string | undefined;
  let bestDistance = allowed + 1;
  for (const candidate of names) {
    if (foldedName(candidate) === folded) return candidate;
    if (candidate.length > LONGEST || Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** A name without its case, `-` and `_`: what names have in common that are spelt differently. */
export function foldedName(text: string): string {
  return text.toLowerCase().replaceAll(/[-_]/g, "");
}

/** Insertions, deletions, exchanges, and swaps of neighbours that turn one text into the other. */
export function editDistance(left: string, right: string): number {
  let before: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const line = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (line[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1])
        cost = Math.min(cost, (before[column - 2] ?? 0) + 1);
      line.push(cost);
    }
    before = last;
    last = line;
  }
  return last[right.length] ?? 0;
}

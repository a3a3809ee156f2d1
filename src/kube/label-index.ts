import { type Labels, matchesSelector, type Selector } from "./selector.ts";

/** Things with labels. The work of a question grows with the things that have its rarest label, not with all of them. */
export interface LabelIndex<T> {
  /** Those that a selector selects, in their order; at most `most`. */
  matching(selector: Selector, most?: number): readonly T[];
}

export function labelIndex<T>(items: readonly T[], labelsOf: (item: T) => Labels): LabelIndex<T> {
  const byLabel = new Map<string, number[]>();
  const labels = items.map(labelsOf);
  for (const [number, own] of labels.entries()) {
    for (const key of Object.keys(own)) {
      const label = `${key}\0${own[key] ?? ""}`;
      const bucket = byLabel.get(label);
      if (bucket === undefined) byLabel.set(label, [number]);
      else bucket.push(number);
    }
  }
  return {
    matching: (selector, most = items.length) => {
      const found: T[] = [];
      const take = (number: number): boolean => {
        const item = items[number];
        if (item !== undefined && matchesSelector(selector, labels[number] ?? {})) found.push(item);
        return found.length < most;
      };
      const candidates = rarest(byLabel, selector);
      if (candidates === undefined) items.every((_, number) => take(number));
      else candidates.every(take);
      return found;
    },
  };
}

/** The numbers that have one of the values that the most selective requirement asks for; undefined: any may fit. */
function rarest(
  byLabel: ReadonlyMap<string, readonly number[]>,
  selector: Selector,
): readonly number[] | undefined {
  let best: readonly (readonly number[])[] | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const { key, operator, values } of selector) {
    if (operator !== "In") continue;
    const buckets = values.map((value) => byLabel.get(`${key}\0${value}`) ?? []);
    const size = buckets.reduce((sum, bucket) => sum + bucket.length, 0);
    if (size >= least) continue;
    best = buckets;
    least = size;
  }
  if (best === undefined || best.length === 1) return best?.[0];
  return best.flat().toSorted((a, b) => a - b);
}

/**
 * Many selectors, each with what it stands for, asked by labels: those that want a value of a label are looked up by it, so
 * that a question costs about as much as its answer is long.
 */
export class SelectorIndex<T = unknown> {
  readonly #byLabel = new Map<string, [Selector, T][]>();
  readonly #always: [Selector, T][] = [];

  add(selector: Selector, item: T): void {
    let best: Selector[number] | undefined;
    for (const requirement of selector) {
      if (
        requirement.operator === "In" &&
        (best === undefined || requirement.values.length < best.values.length)
      )
        best = requirement;
    }
    if (best === undefined) {
      this.#always.push([selector, item]);
      return;
    }
    for (const value of best.values) {
      const label = `${best.key}\0${value}`;
      const row = this.#byLabel.get(label);
      if (row === undefined) this.#byLabel.set(label, [[selector, item]]);
      else row.push([selector, item]);
    }
  }

  /** What the selectors stand for that select these labels. */
  matches(labels: Labels): readonly T[] {
    const found: T[] = [];
    for (const row of this.#rows(labels))
      for (const [selector, item] of row) if (matchesSelector(selector, labels)) found.push(item);
    return found;
  }

  /** Does one of them select these labels? */
  selects(labels: Labels): boolean {
    return this.#rows(labels).some((row) => row.some(([selector]) => matchesSelector(selector, labels)));
  }

  #rows(labels: Labels): readonly (readonly (readonly [Selector, T])[])[] {
    const rows = [this.#always];
    if (this.#byLabel.size === 0) return rows;
    for (const key of Object.keys(labels)) {
      const row = this.#byLabel.get(`${key}\0${labels[key] ?? ""}`);
      if (row !== undefined) rows.push(row);
    }
    return rows;
  }
}

/** An index of selectors that stand for nothing but themselves. */
export function selectorIndex(selectors: readonly Selector[]): SelectorIndex<Selector> {
  const index = new SelectorIndex<Selector>();
  for (const selector of selectors) index.add(selector, selector);
  return index;
}

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

/** Selectors, asked whether one of them selects given labels: only those are tried that ask for one of the labels. */
export interface SelectorIndex {
  selects(labels: Labels): boolean;
}

export function selectorIndex(selectors: readonly Selector[]): SelectorIndex {
  const byLabel = new Map<string, Selector[]>();
  const others: Selector[] = [];
  for (const selector of selectors) {
    const asked = selector.find(({ operator }) => operator === "In");
    if (asked === undefined) others.push(selector);
    for (const value of asked?.values ?? []) {
      const label = `${asked?.key ?? ""}\0${value}`;
      const bucket = byLabel.get(label);
      if (bucket === undefined) byLabel.set(label, [selector]);
      else bucket.push(selector);
    }
  }
  return {
    selects: (labels) =>
      others.some((selector) => matchesSelector(selector, labels)) ||
      Object.keys(labels).some((key) =>
        byLabel.get(`${key}\0${labels[key] ?? ""}`)?.some((selector) => matchesSelector(selector, labels)),
      ),
  };
}

import { type Labels, matchesSelector, type Selector } from "../../../kube/selector.ts";

/**
 * Many selectors, asked by labels: those that want a value of a label are looked up by it, so that a question costs about
 * as much as its answer is long.
 */
export class SelectorIndex<T> {
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
      const key = `${best.key}=${value}`;
      const row = this.#byLabel.get(key);
      if (row === undefined) this.#byLabel.set(key, [[selector, item]]);
      else row.push([selector, item]);
    }
  }

  matches(labels: Labels): readonly T[] {
    const found: T[] = [];
    for (const [selector, item] of this.#always) if (matchesSelector(selector, labels)) found.push(item);
    if (this.#byLabel.size > 0) {
      for (const key of Object.keys(labels)) {
        const row = this.#byLabel.get(`${key}=${labels[key] ?? ""}`);
        if (row === undefined) continue;
        for (const [selector, item] of row) if (matchesSelector(selector, labels)) found.push(item);
      }
    }
    return found;
  }
}

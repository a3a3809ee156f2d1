import { SelectorIndex } from "../../../kube/label-index.ts";
import { type Labels, matchesSelector, type Selector } from "../../../kube/selector.ts";
import type { NamespaceModel } from "../model/workload.ts";
import type { Term } from "../policies/policy.ts";

/** Number of a term: equal terms have equal numbers. */
export type TermId = number;

/** All terms of a network, each once, and the question which of them match a pod. */
export class Terms {
  readonly list: Term[] = [];
  readonly #ids = new Map<string, TermId>();
  readonly #fixed = new Map<string, SelectorIndex<TermId>>();
  readonly #bySelector = new Map<string, { readonly index: SelectorIndex<TermId> }>();
  readonly #namespaces = new SelectorIndex<{ readonly index: SelectorIndex<TermId> }>();
  #groupsOf = new WeakMap<NamespaceModel, readonly SelectorIndex<TermId>[]>();

  add(term: Term): TermId {
    const key = termKey(term);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.list.length;
    this.list.push(term);
    this.#ids.set(key, id);
    this.#indexOf(term).add(term.pods, id);
    this.#groupsOf = new WeakMap();
    return id;
  }

  #indexOf(term: Term): SelectorIndex<TermId> {
    if (typeof term.namespace === "string") {
      const fixed = this.#fixed.get(term.namespace) ?? new SelectorIndex<TermId>();
      this.#fixed.set(term.namespace, fixed);
      return fixed;
    }
    const key = selectorKey(term.namespace);
    let group = this.#bySelector.get(key);
    if (group === undefined) {
      group = { index: new SelectorIndex<TermId>() };
      this.#bySelector.set(key, group);
      this.#namespaces.add(term.namespace, group);
    }
    return group.index;
  }

  /** The terms that match a pod with these labels in this namespace, rising. */
  matching(namespace: NamespaceModel, labels: Labels): readonly TermId[] {
    return this.#groups(namespace)
      .flatMap((index) => index.matches(labels))
      .sort((left, right) => left - right);
  }

  /** The terms that can match a pod of this namespace, whatever its labels. */
  ofNamespace(namespace: NamespaceModel): readonly TermId[] {
    const name = namespace.name;
    return [...this.list.keys()].filter((id) => {
      const term = this.list[id];
      if (term === undefined) return false;
      return typeof term.namespace === "string"
        ? term.namespace === name
        : matchesSelector(term.namespace, namespace.labels);
    });
  }

  /** The terms that can match a pod of a namespace that does not exist yet. */
  ofNewNamespaces(): readonly TermId[] {
    return [...this.list.keys()].filter((id) => typeof this.list[id]?.namespace !== "string");
  }

  #groups(namespace: NamespaceModel): readonly SelectorIndex<TermId>[] {
    const known = this.#groupsOf.get(namespace);
    if (known !== undefined) return known;
    const fixed = this.#fixed.get(namespace.name);
    const groups = this.#namespaces.matches(namespace.labels).map((group) => group.index);
    const all = fixed === undefined ? groups : [fixed, ...groups];
    this.#groupsOf.set(namespace, all);
    return all;
  }
}

export function selectorKey(selector: Selector): string {
  return JSON.stringify(selector.map(({ key, operator, values }) => [key, operator, values]));
}

function termKey({ namespace, pods }: Term): string {
  return `${typeof namespace === "string" ? `=${namespace}` : selectorKey(namespace)} ${selectorKey(pods)}`;
}

import { printable } from "../../../kube/printable.ts";
import type { Network } from "../engine/network.ts";
import { policyText } from "../policies/policy.ts";
import type { Workload } from "../model/workload.ts";

/** How workloads are called: `shop/web`, and `shop/Deployment/web` where two of one namespace share the name. */
export class Names {
  readonly #workloads: readonly Workload[];
  readonly #texts: readonly string[];
  readonly #sizes = new Map<string, number>();

  constructor(workloads: readonly Workload[]) {
    this.#workloads = workloads;
    const kinds = new Map<string, Set<string>>();
    for (const { namespace, name, kind } of workloads) {
      const id = `${namespace}/${name}`;
      const known = kinds.get(id);
      if (known === undefined) kinds.set(id, new Set([kind]));
      else known.add(kind);
      this.#sizes.set(namespace, (this.#sizes.get(namespace) ?? 0) + 1);
    }
    const seen = new Map<string, number>();
    this.#texts = workloads.map(({ namespace, name, kind }) => {
      const id = `${namespace}/${name}`;
      const text = (kinds.get(id)?.size ?? 0) > 1 ? `${namespace}/${kind}/${name}` : id;
      const number = (seen.get(text) ?? 0) + 1;
      seen.set(text, number);
      // Pods of one controller that policies can tell apart.
      return printable(number === 1 ? text : `${text}#${number}`);
    });
  }

  of(number: number): string {
    return this.#texts[number] ?? "";
  }

  /** Many of them, in a few words: whole namespaces as `shop/*`; at most `most` parts, where it is given. */
  group(numbers: readonly number[], most?: number): readonly string[] {
    const byNamespace = new Map<string, number[]>();
    for (const number of numbers) {
      const namespace = this.#workloads[number]?.namespace ?? "";
      const row = byNamespace.get(namespace);
      if (row === undefined) byNamespace.set(namespace, [number]);
      else row.push(number);
    }
    const parts = [...byNamespace].flatMap(([namespace, row]) =>
      row.length > 1 && row.length === this.#sizes.get(namespace)
        ? [printable(`${namespace}/*`)]
        : row.map((number) => this.of(number)),
    );
    if (most === undefined || parts.length <= most) return parts;
    return [...parts.slice(0, most), `${parts.length - most} more`];
  }
}

/** Policies by their numbers. */
export function policyTexts(
  { policies }: Pick<Network, "policies">,
  numbers: readonly number[],
): readonly string[] {
  return numbers.flatMap((number) => {
    const policy = policies[number];
    return policy === undefined ? [] : [policyText(policy)];
  });
}

/** The workloads of classes, rising. */
export function workloadsOf(net: Pick<Network, "classes">, classes: readonly number[]): readonly number[] {
  return classes.flatMap((id) => net.classes[id]?.workloads ?? []).sort((left, right) => left - right);
}

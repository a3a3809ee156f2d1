import { byText } from "../../kube/by-text.ts";
import { canonicalJson } from "../../kube/canonical-json.ts";
import type { Operation } from "../operations/operation.ts";
import { operations as table } from "../operations/table.ts";
import type { SourcedOperation } from "./compose-input.ts";

/** An operation as one source said it. */
export interface Fragment {
  readonly source: string;
  readonly operation: Operation;
}

/**
 * The operations of all sources as one list: what several said alike stands once, with all who said it. In the order of the
 * table, then by their arguments: who was asked first, or answered faster, does not show. Of rationales the first by source
 * stays: they are prose, and decide nothing.
 */
export function mergeOperations(fragments: readonly Fragment[]): readonly SourcedOperation[] {
  const rank = new Map<string, number>(table.map((row, index) => [row.name, index]));
  const merged = new Map<string, { readonly sources: Set<string>; readonly operation: Operation }>();
  const inOrder = [...fragments].sort((left, right) => byText(whole(left), whole(right)));
  for (const { source, operation } of inOrder) {
    const { rationale: _, ...meant } = operation;
    const key = canonicalJson(meant);
    const known = merged.get(key) ?? { sources: new Set<string>(), operation };
    known.sources.add(source);
    merged.set(key, known);
  }
  return [...merged]
    .sort(([left, { operation: a }], [right, { operation: b }]) => {
      return (rank.get(a.kind) ?? 0) - (rank.get(b.kind) ?? 0) || byText(left, right);
    })
    .map(([, { sources, operation }]) => ({ sources: [...sources].sort(), operation }));
}

function whole({ source, operation }: Fragment): string {
  return canonicalJson([source, operation]);
}

import type { JsonPath } from "../../../../kube/json.ts";
import type { SourceDocument, SourceEntry, SourceNode } from "../../../../kube/yaml/source-tree.ts";

/** An edit cannot be made in this text, and why. Thrown here and caught by the splicer. */
export class NotHere {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

export const ALIASED = "an anchor or alias stands at this place: others share what it holds";

export interface Text {
  readonly text: string;
  readonly document: SourceDocument;
  readonly newline: string;
  /** Members of mappings by their name, so that many edits of one large mapping stay cheap. */
  readonly members: Map<SourceNode, ReadonlyMap<string | undefined, readonly SourceEntry[]>>;
}

export interface Trail {
  /** The deepest node of the path that is there. */
  readonly node: SourceNode;
  /** How many steps of the path lead to it. */
  readonly depth: number;
  readonly whole: boolean;
  readonly parents: readonly SourceNode[];
  readonly entry: SourceEntry | undefined;
}

/** Goes down a path as far as it is written. Nothing that an alias shares is entered. */
export function trailOf(context: Text, path: JsonPath): Trail {
  const { document } = context;
  let node = document.root;
  if (node === undefined) throw new NotHere("the document cannot be read");
  const parents: SourceNode[] = [];
  let entry: SourceEntry | undefined;
  for (const [depth, step] of path.entries()) {
    refuseShared(document, node);
    const found: readonly SourceEntry[] = entriesAt(context, node, step);
    if (found.length > 1) throw new NotHere("the field is written twice");
    const [next] = found;
    if (next === undefined) {
      if (entriesAt(context, node, undefined).some(({ key }) => key?.merge === true))
        throw new NotHere("a merge (<<) stands at this place");
      return { node, depth, whole: false, parents, entry };
    }
    parents.push(node);
    entry = next;
    node = next.value;
  }
  refuseShared(document, node);
  return { node, depth: path.length, whole: true, parents, entry };
}

export function entriesAt(
  { members }: Text,
  node: SourceNode,
  step: string | number | undefined,
): readonly SourceEntry[] {
  if (typeof step === "number") return node.kind === "list" ? node.entries.slice(step, step + 1) : [];
  if (node.kind !== "mapping") return [];
  let byName = members.get(node);
  if (byName === undefined) {
    byName = Map.groupBy(node.entries, ({ key }) => (key?.merge === true ? undefined : key?.name));
    members.set(node, byName);
  }
  return byName.get(step) ?? [];
}

function refuseShared({ aliased }: SourceDocument, node: SourceNode): void {
  if (node.kind === "alias" || (node.anchor !== undefined && aliased.has(node.anchor)))
    throw new NotHere(ALIASED);
}

export function spanOf({ start, end }: SourceNode): { readonly start: number; readonly end: number } {
  return { start, end };
}

export function isNull(context: Text, node: SourceNode): boolean {
  return (
    node.kind === "left-out" ||
    (node.kind === "scalar" &&
      !node.tagged &&
      /^(?:~|null|Null|NULL)$/.test(context.text.slice(node.start, node.end)))
  );
}

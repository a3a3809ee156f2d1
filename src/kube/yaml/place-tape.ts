import type { JsonPath } from "../json.ts";
import type { PlaceMap } from "../read-object.ts";
import type { LineIndex } from "./line-index.ts";

/**
 * Where each node of a document stands, in document order, as four columns: one entry a node, no object a node. The
 * children of node `i` begin at `i + 1`; the next sibling of a child `c` is `next[c]`.
 */
export interface PlaceTape {
  readonly offsets: number[];
  readonly keyOffsets: number[];
  /** Key under which the node stands in a mapping; "" in a list. */
  readonly names: string[];
  readonly next: number[];
  /** Nodes whose parts stand elsewhere: aliases and merged members. */
  readonly links: Map<number, number>;
  /** Nodes that are mappings. */
  readonly mappings: Set<number>;
}

export function placeTape(): PlaceTape {
  return { offsets: [], keyOffsets: [], names: [], next: [], links: new Map(), mappings: new Set() };
}

/** Offset of the key `name` among the members of a mapping that is still open; undefined when it is not there. */
export function keyOffsetIn(tape: PlaceTape, node: number, name: string): number | undefined {
  for (let child = node + 1; child < tape.offsets.length; child = tape.next[child] ?? tape.offsets.length) {
    if (tape.names[child] === name) return tape.keyOffsets[child];
  }
  return undefined;
}

type Children = ReadonlyMap<string | number, number>;

/** The places of a document; nothing is computed before it is asked for. */
export function placesOf(tape: PlaceTape, lines: LineIndex, base: number): PlaceMap {
  const known = new Map<number, Children>();

  function childrenOf(node: number): Children {
    const index = known.get(node);
    if (index !== undefined) return index;
    const made = new Map<string | number, number>();
    const end = tape.next[node] ?? 0;
    const mapping = tape.mappings.has(node);
    let place = 0;
    // Of keys that stand twice the last counts, as in the value.
    for (let child = node + 1; child < end; child = tape.next[child] ?? end) {
      made.set(mapping ? (tape.names[child] ?? "") : place++, child);
    }
    known.set(node, made);
    return made;
  }

  /** The node at the path or its nearest ancestor. */
  function find(path: JsonPath): number {
    let node = 0;
    for (const step of path) {
      const child = childrenOf(tape.links.get(node) ?? node).get(step);
      if (child === undefined) return node;
      node = child;
    }
    return node;
  }

  return {
    value: (path) => lines.place(base + (tape.offsets[find(path)] ?? 0)),
    key: (path) => {
      const node = find(path);
      const key = tape.keyOffsets[node] ?? -1;
      return lines.place(base + (key >= 0 ? key : (tape.offsets[node] ?? 0)));
    },
  };
}

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

/** Columns of a packed node: its offset, the offset of its key, and twice its `next`, plus one for a mapping. */
const COLUMNS = 3;

/** The tape in half its room: it lives as long as its document, and there may be 100,000 of them. */
function packed(tape: PlaceTape): Int32Array {
  const { offsets, keyOffsets, next, mappings } = tape;
  const nodes = new Int32Array(offsets.length * COLUMNS);
  for (let node = 0, at = 0; node < offsets.length; node++, at += COLUMNS) {
    nodes[at] = offsets[node] ?? 0;
    nodes[at + 1] = keyOffsets[node] ?? -1;
    nodes[at + 2] = (next[node] ?? 0) * 2;
  }
  for (const node of mappings) {
    const at = node * COLUMNS + 2;
    nodes[at] = (nodes[at] ?? 0) + 1;
  }
  return nodes;
}

/** The places of a document; nothing is computed before it is asked for. The tape must be finished. */
export function placesOf(tape: PlaceTape, lines: LineIndex, base: number): PlaceMap {
  const nodes = packed(tape);
  const names = tape.names.slice();
  const links = tape.links.size === 0 ? undefined : tape.links;
  let known: Map<number, Children> | undefined;

  const offsetOf = (node: number): number => nodes[node * COLUMNS] ?? 0;
  const keyOffsetOf = (node: number): number => nodes[node * COLUMNS + 1] ?? -1;
  const nextOf = (node: number): number => (nodes[node * COLUMNS + 2] ?? 0) >> 1;
  const isMapping = (node: number): boolean => ((nodes[node * COLUMNS + 2] ?? 0) & 1) === 1;

  function childrenOf(node: number): Children {
    const index = known?.get(node);
    if (index !== undefined) return index;
    const made = new Map<string | number, number>();
    const end = nextOf(node);
    const mapping = isMapping(node);
    let place = 0;
    // Of keys that stand twice the last counts, as in the value.
    for (let child = node + 1; child < end; child = nextOf(child)) {
      made.set(mapping ? (names[child] ?? "") : place++, child);
    }
    known ??= new Map();
    known.set(node, made);
    return made;
  }

  /** The node at the path or its nearest ancestor. */
  function find(path: JsonPath): number {
    let node = 0;
    for (const step of path) {
      const child = childrenOf(links?.get(node) ?? node).get(step);
      if (child === undefined) return node;
      node = child;
    }
    return node;
  }

  return {
    value: (path) => lines.place(base + offsetOf(find(path))),
    key: (path) => {
      const node = find(path);
      const key = keyOffsetOf(node);
      return lines.place(base + (key >= 0 ? key : offsetOf(node)));
    },
  };
}

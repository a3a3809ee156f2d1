import type { JsonPath } from "../json.ts";
import type { PlaceMap } from "../read-object.ts";
import type { LineIndex } from "./line-index.ts";

/** Columns of a node: its offset, the offset of its key, and twice where its next sibling is, plus one for a mapping. */
const COLUMNS = 3;
const FIRST_NODES = 64;

/**
 * Where each node of a document stands, in document order: columns of numbers and the keys, no object a node, for a tape
 * lives as long as its document, and there may be 100,000 of them. The children of node `i` begin at `i + 1`; the next
 * sibling of a child `c` is `next(c)`.
 */
export class PlaceTape {
  #columns = new Int32Array(FIRST_NODES * COLUMNS);
  /** Key under which each node stands in a mapping; "" in a list. */
  readonly #names: string[] = [];
  #links: Map<number, number> | undefined;

  get length(): number {
    return this.#names.length;
  }

  /** Adds a node; `keyAt` is -1 in a list. */
  add(at: number, keyAt: number, name: string): number {
    const node = this.#names.length;
    const column = node * COLUMNS;
    if (column === this.#columns.length) {
      const wider = new Int32Array(column * 2);
      wider.set(this.#columns);
      this.#columns = wider;
    }
    this.#columns[column] = at;
    this.#columns[column + 1] = keyAt;
    this.#columns[column + 2] = (node + 1) * 2;
    this.#names.push(name);
    return node;
  }

  markMapping(node: number): void {
    const column = node * COLUMNS + 2;
    this.#columns[column] = (this.#columns[column] ?? 0) | 1;
  }

  /** Everything that was added since belongs to the node. */
  close(node: number): void {
    const column = node * COLUMNS + 2;
    this.#columns[column] = this.length * 2 + ((this.#columns[column] ?? 0) & 1);
  }

  /** The parts of a node stand elsewhere: it is an alias, or a merged member. */
  link(node: number, target: number): void {
    this.#links ??= new Map();
    this.#links.set(node, this.linked(target));
  }

  linked(node: number): number {
    return this.#links?.get(node) ?? node;
  }

  offset(node: number): number {
    return this.#columns[node * COLUMNS] ?? 0;
  }

  /** -1 in a list. */
  keyOffset(node: number): number {
    return this.#columns[node * COLUMNS + 1] ?? -1;
  }

  name(node: number): string {
    return this.#names[node] ?? "";
  }

  next(node: number): number {
    return (this.#columns[node * COLUMNS + 2] ?? 0) >> 1;
  }

  isMapping(node: number): boolean {
    return ((this.#columns[node * COLUMNS + 2] ?? 0) & 1) === 1;
  }

  /** Offset of the key `name` among the members of a mapping that is still open; undefined when it is not there. */
  keyOffsetIn(node: number, name: string): number | undefined {
    for (let child = node + 1; child < this.length; child = this.next(child)) {
      if (this.name(child) === name) return this.keyOffset(child);
    }
    return undefined;
  }

  /** Gives back the room that no node needs. */
  finish(): void {
    this.#columns = this.#columns.slice(0, this.length * COLUMNS);
  }
}

type Children = ReadonlyMap<string | number, number>;

/** The places of a document; nothing is computed before it is asked for. The tape must be finished. */
class TapePlaces implements PlaceMap {
  readonly #tape: PlaceTape;
  readonly #lines: LineIndex;
  readonly #base: number;
  #known: Map<number, Children> | undefined;

  constructor(tape: PlaceTape, lines: LineIndex, base: number) {
    this.#tape = tape;
    this.#lines = lines;
    this.#base = base;
  }

  value(path: JsonPath): ReturnType<PlaceMap["value"]> {
    return this.#lines.place(this.#base + this.#tape.offset(this.#find(path)));
  }

  key(path: JsonPath): ReturnType<PlaceMap["key"]> {
    const node = this.#find(path);
    const key = this.#tape.keyOffset(node);
    return this.#lines.place(this.#base + (key >= 0 ? key : this.#tape.offset(node)));
  }

  /** The node at the path or its nearest ancestor. */
  #find(path: JsonPath): number {
    let node = 0;
    for (const step of path) {
      const child = this.#childrenOf(this.#tape.linked(node)).get(step);
      if (child === undefined) return node;
      node = child;
    }
    return node;
  }

  #childrenOf(node: number): Children {
    const index = this.#known?.get(node);
    if (index !== undefined) return index;
    const tape = this.#tape;
    const made = new Map<string | number, number>();
    const end = tape.next(node);
    const mapping = tape.isMapping(node);
    let place = 0;
    // Of keys that stand twice the last counts, as in the value.
    for (let child = node + 1; child < end; child = tape.next(child))
      made.set(mapping ? tape.name(child) : place++, child);
    this.#known ??= new Map();
    this.#known.set(node, made);
    return made;
  }
}

export function placesOf(tape: PlaceTape, lines: LineIndex, base: number): PlaceMap {
  tape.finish();
  return new TapePlaces(tape, lines, base);
}

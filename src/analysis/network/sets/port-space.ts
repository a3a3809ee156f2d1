/** Protocols that policies can name. ICMP and others are not specified by NetworkPolicy v1. */
export type Protocol = "TCP" | "UDP" | "SCTP";

export const protocols: readonly Protocol[] = ["TCP", "UDP", "SCTP"];

export const MAX_PORT = 65_535;

/** Beyond the ports that exist: one point for each name of a port that pods which do not exist yet may give to a port. */
const NAMED = 65_536;
/** The end of a range of every port, those that exist and those that have only a name. */
export const MAX_POINT = 131_071;

/** A set of (protocol, port), as a number: equal sets of one space have equal numbers. */
export type PortSetId = number;

/** Sorted, disjoint, not touching intervals: from, to, from, to, ... */
type Intervals = readonly number[];

interface PortSet {
  readonly TCP: Intervals;
  readonly UDP: Intervals;
  readonly SCTP: Intervals;
}

export interface PortRange {
  readonly protocol: Protocol;
  readonly from: number;
  readonly to: number;
}

/**
 * Sets of ports, each kept once, with union, intersection and difference remembered: the engine compares and combines
 * millions of them by number. Sets of two spaces must not be mixed; `adopt` carries one over.
 */
export class PortSpace {
  /** No port. */
  static readonly none: PortSetId = 0;
  /** Every port of every protocol. */
  static readonly all: PortSetId = 1;
  /** The same with every name that a pod which does not exist yet may give to a port. */
  static readonly allNamed: PortSetId = 2;

  readonly #sets: PortSet[] = [];
  readonly #ids = new Map<string, PortSetId>();
  readonly #unions = new Map<number, PortSetId>();
  readonly #meets = new Map<number, PortSetId>();
  readonly #rests = new Map<number, PortSetId>();
  readonly #names = new Map<string, number>();

  constructor() {
    this.#intern({ TCP: [], UDP: [], SCTP: [] });
    this.#intern(everyProtocol([1, MAX_PORT]));
    this.#intern(everyProtocol([1, MAX_POINT]));
  }

  #intern(set: PortSet): PortSetId {
    const key = `${set.TCP.join()}/${set.UDP.join()}/${set.SCTP.join()}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#sets.length;
    this.#sets.push(set);
    this.#ids.set(key, id);
    return id;
  }

  #at(id: PortSetId): PortSet {
    const set = this.#sets[id];
    if (set === undefined) throw new Error(`no set of ports has the number ${id}`);
    return set;
  }

  /** The set of these ranges; a range that ends before it starts is empty. */
  of(ranges: readonly PortRange[]): PortSetId {
    const lists: Record<Protocol, [number, number][]> = { TCP: [], UDP: [], SCTP: [] };
    for (const { protocol, from, to } of ranges) if (from <= to) lists[protocol].push([from, to]);
    return this.#intern({ TCP: merged(lists.TCP), UDP: merged(lists.UDP), SCTP: merged(lists.SCTP) });
  }

  /** The point that stands for "the port which the pod calls `name`", for pods that do not exist yet. */
  named(protocol: Protocol, name: string): PortRange {
    let point = this.#names.get(name);
    if (point === undefined) {
      point = Math.min(MAX_POINT, NAMED + this.#names.size);
      this.#names.set(name, point);
    }
    return { protocol, from: point, to: point };
  }

  union(left: PortSetId, right: PortSetId): PortSetId {
    if (left === right || right === PortSpace.none) return left;
    if (left === PortSpace.none) return right;
    return this.#remember(this.#unions, Math.min(left, right), Math.max(left, right), (a, b) =>
      mergedFlat([...a, ...b]),
    );
  }

  unionAll(ids: readonly PortSetId[]): PortSetId {
    if (ids.length <= 2) return this.union(ids[0] ?? PortSpace.none, ids[1] ?? PortSpace.none);
    return this.of(ids.flatMap((id) => this.ranges(id)));
  }

  intersect(left: PortSetId, right: PortSetId): PortSetId {
    if (left === right) return left;
    if (left === PortSpace.none || right === PortSpace.none) return PortSpace.none;
    return this.#remember(this.#meets, Math.min(left, right), Math.max(left, right), meet);
  }

  minus(left: PortSetId, right: PortSetId): PortSetId {
    if (left === right || left === PortSpace.none) return PortSpace.none;
    if (right === PortSpace.none) return left;
    return this.#remember(this.#rests, left, right, rest);
  }

  /** Is every port of `inner` in `outer`? */
  covers(outer: PortSetId, inner: PortSetId): boolean {
    return this.minus(inner, outer) === PortSpace.none;
  }

  #remember(
    memo: Map<number, PortSetId>,
    left: PortSetId,
    right: PortSetId,
    work: (left: Intervals, right: Intervals) => Intervals,
  ): PortSetId {
    // 2^26 sets at most, so that the key is an exact number.
    const key = left * 67_108_864 + right;
    const known = memo.get(key);
    if (known !== undefined) return known;
    const a = this.#at(left);
    const b = this.#at(right);
    const id = this.#intern({
      TCP: work(a.TCP, b.TCP),
      UDP: work(a.UDP, b.UDP),
      SCTP: work(a.SCTP, b.SCTP),
    });
    memo.set(key, id);
    return id;
  }

  has(id: PortSetId, protocol: Protocol, port: number): boolean {
    const list = this.#at(id)[protocol];
    for (let at = 0; at < list.length; at += 2) {
      if ((list[at] ?? 0) <= port && port <= (list[at + 1] ?? 0)) return true;
    }
    return false;
  }

  ranges(id: PortSetId): readonly PortRange[] {
    const set = this.#at(id);
    return protocols.flatMap((protocol) => {
      const ranges: PortRange[] = [];
      const list = set[protocol];
      for (let at = 0; at < list.length; at += 2)
        ranges.push({ protocol, from: list[at] ?? 0, to: list[at + 1] ?? 0 });
      return ranges;
    });
  }

  /** The ports that exist, without the points that stand for names. */
  real(id: PortSetId): PortSetId {
    return this.intersect(id, PortSpace.all);
  }

  /** The same set in this space. */
  adopt(id: PortSetId, from: PortSpace): PortSetId {
    if (from === this || id <= PortSpace.allNamed) return id;
    const names = from.#nameAt();
    return this.of(
      from.ranges(id).flatMap((range) => {
        if (range.to <= MAX_PORT) return [range];
        const parts: PortRange[] = range.from <= MAX_PORT ? [{ ...range, to: MAX_PORT }] : [];
        if (range.to === MAX_POINT) parts.push({ ...range, from: Math.max(NAMED, range.from) });
        else {
          for (let point = Math.max(NAMED, range.from); point <= range.to; point++) {
            const name = names.get(point);
            if (name !== undefined) parts.push(this.named(range.protocol, name));
          }
        }
        return parts;
      }),
    );
  }

  #nameAt(): ReadonlyMap<number, string> {
    return new Map([...this.#names].map(([name, point]) => [point, name]));
  }

  /** As people read it: `all`, `none`, `TCP 80,443 UDP 53`, names of ports in quotes. */
  text(id: PortSetId): string {
    if (this.covers(id, PortSpace.all)) return "all";
    if (id === PortSpace.none) return "none";
    const names = this.#nameAt();
    const set = this.#at(id);
    return protocols
      .flatMap((protocol) => {
        const list = set[protocol];
        if (list.length === 0) return [];
        const parts: string[] = [];
        for (let at = 0; at < list.length; at += 2) {
          const from = list[at] ?? 0;
          const to = list[at + 1] ?? 0;
          const last = Math.min(to, MAX_PORT);
          if (from <= MAX_PORT) parts.push(from === last ? `${from}` : `${from}-${last}`);
          for (const [point, name] of names) if (from <= point && point <= to) parts.push(`"${name}"`);
        }
        const whole = list[0] === 1 && (list[1] ?? 0) >= MAX_PORT;
        return parts.length === 0 ? [] : [whole ? protocol : `${protocol} ${parts.join(",")}`];
      })
      .join(", ");
  }
}

function everyProtocol(list: Intervals): PortSet {
  return { TCP: list, UDP: list, SCTP: list };
}

function mergedFlat(list: readonly number[]): Intervals {
  const pairs: [number, number][] = [];
  for (let at = 0; at < list.length; at += 2) pairs.push([list[at] ?? 0, list[at + 1] ?? 0]);
  return merged(pairs);
}

function merged(pairs: [number, number][]): Intervals {
  pairs.sort((a, b) => a[0] - b[0]);
  const out: number[] = [];
  for (const [from, to] of pairs) {
    const last = out.length - 1;
    if (last > 0 && from <= (out[last] ?? 0) + 1) out[last] = Math.max(out[last] ?? 0, to);
    else out.push(from, to);
  }
  return out;
}

function meet(left: Intervals, right: Intervals): Intervals {
  const out: number[] = [];
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    const from = Math.max(left[i] ?? 0, right[j] ?? 0);
    const to = Math.min(left[i + 1] ?? 0, right[j + 1] ?? 0);
    if (from <= to) out.push(from, to);
    if ((left[i + 1] ?? 0) < (right[j + 1] ?? 0)) i += 2;
    else j += 2;
  }
  return out;
}

function rest(left: Intervals, right: Intervals): Intervals {
  const out: number[] = [];
  let j = 0;
  for (let i = 0; i < left.length; i += 2) {
    let from = left[i] ?? 0;
    const to = left[i + 1] ?? 0;
    while (j < right.length && (right[j + 1] ?? 0) < from) j += 2;
    for (let k = j; k < right.length && (right[k] ?? 0) <= to; k += 2) {
      if ((right[k] ?? 0) > from) out.push(from, (right[k] ?? 0) - 1);
      from = Math.max(from, (right[k + 1] ?? 0) + 1);
    }
    if (from <= to) out.push(from, to);
  }
  return out;
}

import { type Binding, bindingText } from "../model/role.ts";
import { type Held, heldKey } from "./held.ts";
import type { Goal } from "./goal.ts";
import type { AttackGraph, Step } from "./graph.ts";

/** One hop of a path: every way to do it, the most direct first. */
export interface Hop {
  readonly to: Held;
  readonly ways: readonly Step[];
}

/** A way from the start to a goal on which nothing can be left out: no hop leads to what an earlier one reaches at once. */
export interface AttackPath {
  readonly hops: readonly Hop[];
}

export interface ChokePoint {
  readonly binding: Binding;
  /** Paths of the list that close when it is gone. */
  readonly closes: number;
}

export interface PathsFound {
  /** Shortest first. */
  readonly paths: readonly AttackPath[];
  /** There are more, or longer ones, than were looked for. */
  readonly truncated: boolean;
  readonly chokePoints: readonly ChokePoint[];
}

export interface PathLimits {
  /** Paths that are listed. */
  readonly most: number;
  /** Hops of the longest path that is looked for. */
  readonly longest: number;
}

const WORK = 200_000;

/** All minimal paths to a goal, shortest first, up to the limits. */
export function pathsTo(
  graph: AttackGraph,
  goal: Goal,
  limits: PathLimits = { most: 100, longest: 8 },
): PathsFound {
  const goals = [...graph.held].filter(([, held]) => goal.reached(held)).map(([key]) => key);
  const start = heldKey(graph.start);
  const distance = distances(graph, goals);
  const paths: AttackPath[] = [];
  let truncated = graph.truncated;
  const shortest = distance.get(start);
  if (shortest === undefined || goals.length === 0) return { paths, truncated, chokePoints: [] };
  const isGoal = new Set(goals);
  const next = neighbours(graph, distance);
  let work = 0;
  // Iterative deepening: every length is finished before the next, so that the list is sorted without being kept.
  for (let length = shortest; length <= Math.min(limits.longest, shortest + limits.longest); length++) {
    const walk = (path: readonly string[], at: string): void => {
      if (paths.length >= limits.most || work > WORK) {
        truncated = true;
        return;
      }
      if (isGoal.has(at)) {
        if (path.length - 1 === length && isMinimal(graph, path, next)) paths.push(pathOf(graph, path));
        return;
      }
      for (const to of next(at)) {
        work++;
        const left = distance.get(to) ?? Number.POSITIVE_INFINITY;
        if (path.length + left > length || path.includes(to)) continue;
        // A shortcut from an earlier hop makes this one idle.
        if (path.slice(0, -1).some((earlier) => next(earlier).has(to))) continue;
        walk([...path, to], to);
      }
    };
    walk([start], start);
    if (paths.length >= limits.most || work > WORK) break;
  }
  // Places on the way count in the search and not in the path.
  paths.sort((a, b) => a.hops.length - b.hops.length);
  return { paths, truncated, chokePoints: chokePoints(paths) };
}

/** Hops that are left to the nearest goal. */
function distances(graph: AttackGraph, goals: readonly string[]): ReadonlyMap<string, number> {
  const distance = new Map<string, number>(goals.map((key) => [key, 0]));
  const queue = [...goals];
  for (let index = 0; index < queue.length; index++) {
    const key = queue[index] ?? "";
    for (const { from } of graph.stepsTo.get(key) ?? []) {
      const before = heldKey(from);
      if (distance.has(before)) continue;
      distance.set(before, (distance.get(key) ?? 0) + 1);
      queue.push(before);
    }
  }
  return distance;
}

function neighbours(
  graph: AttackGraph,
  distance: ReadonlyMap<string, number>,
): (key: string) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const found = new Set<string>();
    for (const { to } of graph.stepsFrom.get(key) ?? []) {
      const toKey = heldKey(to);
      if (distance.has(toKey)) found.add(toKey);
    }
    known.set(key, found);
    return found;
  };
}

/**
 * Whether every hop of a path can be taken with what the path holds by then, and with what is reached beside it. Where that
 * leads on by itself, to this hop or a later one, the hop is idle, and the path no minimal one.
 */
function isMinimal(
  graph: AttackGraph,
  path: readonly string[],
  next: (key: string) => ReadonlySet<string>,
): boolean {
  return path.slice(1).every((to, index) => {
    const before = new Set(path.slice(0, index + 1));
    const later = path.slice(index + 1);
    return waysOf(graph, path[index] ?? "", to).some(({ also }) =>
      also.every((one) => {
        const beside = besideOf(graph, heldKey(one), to);
        const aside = beside.filter((key) => !before.has(key));
        return (
          beside.length > 0 &&
          aside.every((key) => later.every((node) => node !== key && !next(key).has(node)))
        );
      }),
    );
  });
}

function waysOf(graph: AttackGraph, from: string, to: string): readonly Step[] {
  return (graph.stepsFrom.get(from) ?? []).filter((step) => heldKey(step.to) === to);
}

/** What is held on the first way that was found to a thing, itself last; empty when that way leads over what is to be reached. */
function besideOf(graph: AttackGraph, key: string, without: string): readonly string[] {
  const found: string[] = [];
  const start = heldKey(graph.start);
  for (let at = key; at !== start; ) {
    if (at === without || found.includes(at)) return [];
    found.unshift(at);
    const [first] = graph.stepsTo.get(at) ?? [];
    if (first === undefined) return [];
    at = heldKey(first.from);
  }
  return found.length === 0 ? [start] : found;
}

function pathOf(graph: AttackGraph, keys: readonly string[]): AttackPath {
  const hops = keys.slice(1).map((key, index): Hop => {
    const from = keys[index] ?? "";
    const ways = (graph.stepsFrom.get(from) ?? []).filter(({ to }) => heldKey(to) === key);
    const to = graph.held.get(key) ?? graph.start;
    return { to, ways: [...ways].sort((a, b) => a.also.length - b.also.length) };
  });
  return { hops: withoutPlaces(hops) };
}

/** A choice among accounts is no step: what leads to it leads to the account. */
function withoutPlaces(hops: readonly Hop[]): readonly Hop[] {
  const found: Hop[] = [];
  for (const [index, hop] of hops.entries()) {
    const next = hops[index + 1];
    if (hop.to.kind === "accounts" && next !== undefined) continue;
    const before = hops[index - 1];
    found.push(
      before?.to.kind === "accounts"
        ? { to: hop.to, ways: before.ways.map((step) => ({ ...step, to: hop.to })) }
        : hop,
    );
  }
  return found;
}

/** Bindings without which a path is no longer there: for some hop every way needs the binding, and no other gives the right. */
export function bindingsNeeded({ hops }: AttackPath): ReadonlySet<Binding> {
  const needed = new Set<Binding>();
  for (const { ways } of hops) {
    const perWay = ways.map(({ evidence }) => {
      const found = new Set<Binding>();
      for (const { grants } of evidence) {
        const [only, ...others] = new Set(grants.map(({ binding }) => binding));
        if (only !== undefined && others.length === 0) found.add(only);
      }
      return found;
    });
    const [first, ...rest] = perWay;
    for (const binding of first ?? []) if (rest.every((set) => set.has(binding))) needed.add(binding);
  }
  return needed;
}

function chokePoints(paths: readonly AttackPath[]): readonly ChokePoint[] {
  const counts = new Map<Binding, number>();
  // What Kubernetes makes itself comes back when the API server starts.
  for (const path of paths)
    for (const binding of bindingsNeeded(path))
      if (!binding.builtin) counts.set(binding, (counts.get(binding) ?? 0) + 1);
  return [...counts]
    .map(([binding, closes]) => ({ binding, closes }))
    .sort((a, b) => b.closes - a.closes || (bindingText(a.binding) < bindingText(b.binding) ? -1 : 1));
}

/** A path as one line: the things that are held, one after the other. Two paths with the same line are the same path. */
export function pathKey({ hops }: AttackPath): string {
  return hops.map(({ to }) => heldKey(to)).join(" → ");
}

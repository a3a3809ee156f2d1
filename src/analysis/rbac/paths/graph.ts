import type { Rbac } from "../evaluate/rbac.ts";
import type { Identity } from "../model/subject.ts";
import { type Evidence, type Held, heldKey } from "./held.ts";
import type { Technique } from "./technique.ts";
import { attackResources, techniques } from "./techniques.ts";
import { asIdentity, type AttackWorld, attackWorld } from "./world.ts";

/** One edge: what is done with what is held, and what is held then. */
export interface Step {
  readonly technique: Technique;
  readonly from: Held;
  /** Other things whose rights the step needs as well. */
  readonly also: readonly Held[];
  readonly to: Held;
  readonly evidence: readonly Evidence[];
  readonly detail: string;
}

export interface AttackGraph {
  readonly start: Held;
  readonly held: ReadonlyMap<string, Held>;
  /** Steps to a thing that is held, by its key; those of the shortest way first. */
  readonly stepsTo: ReadonlyMap<string, readonly Step[]>;
  readonly stepsFrom: ReadonlyMap<string, readonly Step[]>;
  /** There were more edges than are kept: what is not shown as reachable might be. */
  readonly truncated: boolean;
}

const MOST_STEPS = 400_000;

/**
 * Everything that somebody can come to hold, breadth first: monotone, so that more rules never reach less. Things are
 * tried once; techniques that may use rights of several things are tried again as long as more is reached.
 */
export function attackGraph(rbac: Rbac, identity: Identity): AttackGraph {
  const start = asIdentity(identity);
  const world = attackWorld(rbac, attackResources);
  const { held } = world;
  world.learn(start);
  const steps = {
    to: new Map<string, Step[]>(),
    from: new Map<string, Step[]>(),
    seen: new Set<string>(),
    count: 0,
  };
  const queue: Held[] = [start];
  let truncated = false;
  const attempt = (technique: Technique, from: Held): void => {
    const fromKey = heldKey(from);
    for (const { to, evidence, detail } of technique.find(world, from)) {
      if (steps.count >= MOST_STEPS) {
        truncated = true;
        return;
      }
      const toKey = heldKey(to);
      if (toKey === fromKey || toKey === heldKey(start)) continue;
      const also = othersOf(evidence, fromKey);
      const id = `${technique.id}\n${fromKey}\n${toKey}`;
      if (steps.seen.has(id)) continue;
      steps.seen.add(id);
      steps.count++;
      const step: Step = { technique, from, also, to, evidence, detail };
      push(steps.to, toKey, step);
      push(steps.from, fromKey, step);
      if (world.learn(to)) queue.push(to);
    }
  };
  const joint = techniques.filter((technique) => technique.joint);
  for (let next = 0, tried = 0; ; ) {
    for (; next < queue.length; next++) {
      const from = queue[next];
      if (from === undefined || from.kind === "cluster-admin") continue;
      for (const technique of techniques) if (fits(world, technique, from)) attempt(technique, from);
    }
    // Nothing new since the joint techniques were last tried: that is all.
    if (tried === held.size) break;
    tried = held.size;
    for (const from of Array.from(held.values()))
      for (const technique of joint) if (fits(world, technique, from)) attempt(technique, from);
  }
  return { start, held, stepsTo: steps.to, stepsFrom: steps.from, truncated };
}

function fits(world: AttackWorld, technique: Technique, held: Held): boolean {
  if (technique.from !== "rights") return held.kind === technique.from;
  if (held.kind !== "identity" && held.kind !== "role" && held.kind !== "namespace") return false;
  return technique.resources.length === 0 || world.touches(held, technique.resources);
}

function othersOf(evidence: readonly Evidence[], fromKey: string): readonly Held[] {
  const others = new Map<string, Held>();
  for (const { by } of evidence) {
    const key = heldKey(by);
    if (key !== fromKey) others.set(key, by);
  }
  return [...others.values()];
}

function push(map: Map<string, Step[]>, key: string, step: Step): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [step]);
  else list.push(step);
}

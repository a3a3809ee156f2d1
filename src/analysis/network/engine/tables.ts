import type { Direction, Ports } from "../policies/policy.ts";
import { allIps, cutIps, type IpSet, isNoIps, isWholeFamily, noIps, unionIps } from "../sets/ip-set.ts";
import { PortSpace, type PortRange, type PortSetId, protocols } from "../sets/port-space.ts";
import type { CompiledPeers, CompiledRule, Network, PodClass } from "./network.ts";

/** Addresses with the ports that are open for them. */
export interface IpCell {
  readonly ips: IpSet;
  readonly ports: PortSetId;
}

/** What pods of one class allow in one direction. */
export interface Table {
  /** Open ports by class of the peer. */
  readonly pods: Uint32Array;
  /** Open ports by address outside of the cluster; disjoint; addresses without any are left out. */
  readonly ips: readonly IpCell[];
}

interface Memory {
  readonly tables: Map<string, Table>;
  readonly ofClass: Record<Direction, (Table | undefined)[]>;
  /** Rising. */
  readonly members: Map<string, ReadonlySet<number>>;
  readonly byTerm: readonly (readonly number[])[];
  readonly ports: Map<Ports, PortSetId>;
}

// Tables are made when they are asked for, and belong to their network.
const memories = new WeakMap<Network, Memory>();

function memoryOf(net: Network): Memory {
  let memory = memories.get(net);
  if (memory === undefined) {
    const byTerm: number[][] = net.terms.list.map(() => []);
    for (const { id, terms } of net.classes) for (const term of terms) byTerm[term]?.push(id);
    memory = {
      tables: new Map(),
      ofClass: { ingress: [], egress: [] },
      members: new Map(),
      byTerm,
      ports: new Map(),
    };
    memories.set(net, memory);
  }
  return memory;
}

/** How many different tables were made so far: a measure of the work. */
export function tablesMade(net: Network): number {
  return memoryOf(net).tables.size;
}

/** Numbers of the policies that take part for pods of a class, rising. */
export function policiesFor(net: Network, pods: PodClass, direction: Direction): readonly number[] {
  const found = new Set<number>();
  for (const term of pods.terms) {
    for (const number of net.policiesOf.get(term) ?? []) {
      if (net.policies[number]?.applies[direction] === true) found.add(number);
    }
  }
  return [...found].sort((left, right) => left - right);
}

/** The table of a class in a direction. Classes that the same policies select share one. */
export function tableOf(net: Network, id: number, direction: Direction): Table {
  const memory = memoryOf(net);
  const known = memory.ofClass[direction][id];
  if (known !== undefined) return known;
  const pods = net.classes[id];
  if (pods === undefined) throw new Error(`no class has the number ${id}`);
  const table = sharedTable(net, pods, direction, policiesFor(net, pods, direction));
  memory.ofClass[direction][id] = table;
  return table;
}

function sharedTable(
  net: Network,
  pods: PodClass,
  direction: Direction,
  numbers: readonly number[],
  skipped: readonly number[] = [],
): Table {
  const memory = memoryOf(net);
  const key = [
    direction,
    numbers.join(),
    // Named ports of an ingress rule are those of the pod itself.
    direction === "ingress" ? pods.namedKey : "",
    pods.fresh === undefined ? "" : "fresh",
    pods.node ? "node" : "",
    narrowedFor(net, memory, numbers, pods),
    skipped.join(),
  ].join("|");
  const table = memory.tables.get(key) ?? makeTable(net, pods, direction, numbers, new Set(skipped));
  memory.tables.set(key, table);
  return table;
}

/** Policies and rules, by their numbers, that a question leaves out. */
export interface Without {
  readonly policies: ReadonlySet<number>;
  readonly rules: ReadonlySet<number>;
}

/** The table as it would be without some policies and rules. Tables that are the same are one object. */
export function tableWithout(net: Network, id: number, direction: Direction, without: Without): Table {
  const pods = net.classes[id];
  if (pods === undefined) throw new Error(`no class has the number ${id}`);
  const numbers = policiesFor(net, pods, direction).filter((number) => !without.policies.has(number));
  const skipped =
    without.rules.size === 0
      ? []
      : numbers
          .flatMap((number) => net.rulesOf[number]?.[direction] ?? [])
          .filter((rule) => without.rules.has(rule));
  return sharedTable(net, pods, direction, numbers, skipped);
}

/** The narrowed rules of the policies that hold for a class, as one text. */
function narrowedFor(net: Network, memory: Memory, numbers: readonly number[], pods: PodClass): string {
  if (net.narrowed.size === 0) return "";
  return numbers
    .flatMap((number) => net.narrowed.get(number) ?? [])
    .filter((rule) => holdsFor(net, memory, net.rules[rule]?.subject, pods))
    .join();
}

function holdsFor(
  net: Network,
  memory: Memory,
  subject: CompiledPeers | undefined,
  { id }: PodClass,
): boolean {
  return subject === undefined || membersOf(net, memory, subject).has(id);
}

/** A stage of the way: its rules in their order, and what becomes of what none of them decides. */
export interface Stage {
  readonly rules: readonly CompiledRule[];
  readonly isolates: boolean;
  /** Numbers of its policies. */
  readonly policies: readonly number[];
}

/** The stages that policies make for pods of a class, in their order. */
export function stagesOf(
  net: Network,
  numbers: readonly number[],
  direction: Direction,
  pods: PodClass,
  skipped: ReadonlySet<number> = new Set(),
): readonly Stage[] {
  const memory = memoryOf(net);
  const stages = new Map<number, { rules: CompiledRule[]; isolates: boolean; policies: number[] }>();
  for (const number of numbers) {
    const policy = net.policies[number];
    if (policy === undefined) continue;
    const stage = stages.get(policy.stage) ?? { rules: [], isolates: false, policies: [] };
    stages.set(policy.stage, stage);
    stage.policies.push(number);
    stage.isolates ||= policy.isolates[direction];
    for (const rule of net.rulesOf[number]?.[direction] ?? []) {
      const compiled = skipped.has(rule) ? undefined : net.rules[rule];
      if (compiled !== undefined && holdsFor(net, memory, compiled.subject, pods)) stage.rules.push(compiled);
    }
  }
  return [...stages]
    .sort(([left], [right]) => left - right)
    .map(([, { rules, isolates, policies }]) => ({
      rules: rules.sort(
        (left, right) =>
          left.rule.order - right.rule.order || left.policy - right.policy || left.index - right.index,
      ),
      isolates,
      policies,
    }));
}

function makeTable(
  net: Network,
  pods: PodClass,
  direction: Direction,
  numbers: readonly number[],
  skipped: ReadonlySet<number>,
): Table {
  const memory = memoryOf(net);
  const { space } = net;
  const whole = (peer: PodClass | undefined): PortSetId =>
    (direction === "ingress" ? pods : peer)?.fresh === undefined ? PortSpace.all : PortSpace.allNamed;
  const open = net.classes.map(whole);
  const allowed = new Uint32Array(net.classes.length);
  if (pods.node || numbers.length === 0) {
    for (const [peer, ports] of open.entries()) allowed[peer] = ports;
    return { pods: allowed, ips: everywhere(whole(undefined)) };
  }
  const stages = stagesOf(net, numbers, direction, pods, skipped);
  const resolved = new Resolver(net, memory, pods, direction);
  for (const stage of stages) decidePods(space, stage, resolved, open, allowed);
  for (const [peer, ports] of open.entries()) allowed[peer] = space.union(allowed[peer] ?? 0, ports);
  // Pods in the network of a node: traffic with the own node cannot be blocked.
  for (const [peer, { node }] of net.classes.entries()) if (node) allowed[peer] = whole(net.classes[peer]);
  return { pods: allowed, ips: decideIps(space, stages, resolved, whole(undefined)) };
}

function everywhere(ports: PortSetId): readonly IpCell[] {
  return [{ ips: allIps, ports }];
}

/** Peers and ports of rules, as numbers. */
class Resolver {
  readonly #net: Network;
  readonly #memory: Memory;
  readonly #pods: PodClass;
  readonly #direction: Direction;

  constructor(net: Network, memory: Memory, pods: PodClass, direction: Direction) {
    this.#net = net;
    this.#memory = memory;
    this.#pods = pods;
    this.#direction = direction;
  }

  members(rule: CompiledRule): ReadonlySet<number> {
    return membersOf(this.#net, this.#memory, rule);
  }

  /** Does the set of ports depend on the peer? */
  varies({ rule }: CompiledRule): boolean {
    return this.#direction === "egress" && hasNames(rule.ports);
  }

  ports({ rule }: CompiledRule, peer: number | undefined): PortSetId {
    const target = this.#direction === "ingress" ? this.#pods : this.#net.classes[peer ?? -1];
    return portsAt(this.#net, rule.ports, target, this.#memory.ports);
  }
}

function membersOf(net: Network, memory: Memory, compiled: CompiledPeers): ReadonlySet<number> {
  const { peers, peersKey, terms, podIpsKey, withinKey } = compiled;
  const known = memory.members.get(peersKey);
  if (known !== undefined) return known;
  const found = new Set<number>();
  if (peers.everybody) for (const { id } of net.classes) found.add(id);
  for (const term of terms) {
    for (const id of memory.byTerm[term] ?? []) {
      const pods = net.classes[id];
      if (withinKey === undefined || (pods !== undefined && hasAddressIn(pods, withinKey, peers.within)))
        found.add(id);
    }
  }
  if (podIpsKey !== undefined)
    for (const pods of net.classes) if (hasAddressIn(pods, podIpsKey, peers.ips)) found.add(pods.id);
  const members = new Set([...found].sort((left, right) => left - right));
  memory.members.set(peersKey, members);
  return members;
}

/** A pod whose address is not known has one only where every address of a family is meant. */
function hasAddressIn(pods: PodClass, key: string, ips: IpSet = noIps): boolean {
  if (pods.node) return false;
  return pods.anyIp ? isWholeFamily(ips) : pods.ips.has(key);
}

/** Is a class of pods among the peers of a rule? */
export function isPeer(net: Network, rule: CompiledRule, id: number): boolean {
  return membersOf(net, memoryOf(net), rule).has(id);
}

/** The ports of a rule at a class of destinations; at an address outside of the cluster names match nothing. */
export function portsAt(
  net: Network,
  ports: Ports,
  target: PodClass | undefined,
  memo?: Map<Ports, PortSetId>,
): PortSetId {
  if (ports.but !== undefined)
    return net.space.minus(
      portsAt(net, { all: ports.all, ranges: ports.ranges, names: ports.names }, target),
      portsAt(net, ports.but, target),
    );
  if (ports.all) return PortSpace.allNamed;
  if (ports.names.length > 0) return net.space.of([...ports.ranges, ...resolveNames(net, ports, target)]);
  const known = memo?.get(ports);
  if (known !== undefined) return known;
  const made = net.space.of(ports.ranges);
  memo?.set(ports, made);
  return made;
}

/** Does it depend on the destination which ports they are? */
function hasNames(ports: Ports): boolean {
  return ports.names.length > 0 || (ports.but?.names.length ?? 0) > 0;
}

function resolveNames(net: Network, ports: Ports, target: PodClass | undefined): readonly PortRange[] {
  if (target === undefined) return [];
  return ports.names.flatMap(({ protocol, name }) =>
    (protocol === undefined ? protocols : [protocol]).flatMap((each) =>
      target.fresh !== undefined
        ? [net.space.named(each, name)]
        : (target.named.get(`${each}/${name}`) ?? []).map((port) => ({
            protocol: each,
            from: port,
            to: port,
          })),
    ),
  );
}

function decidePods(
  space: PortSpace,
  { rules, isolates }: Stage,
  resolved: Resolver,
  open: PortSetId[],
  allowed: Uint32Array,
): void {
  const allow = (peer: number, ports: PortSetId): void => {
    const meets = space.intersect(open[peer] ?? 0, ports);
    if (meets === PortSpace.none) return;
    allowed[peer] = space.union(allowed[peer] ?? 0, meets);
    open[peer] = space.minus(open[peer] ?? 0, meets);
  };
  const passed = new Map<number, PortSetId>();
  if (rules.every(({ rule }) => rule.action === "allow")) {
    // Order does not matter: first everything that rules open for the same peers, then peer by peer.
    const opened = new Uint32Array(open.length);
    for (const group of groupBy(rules, (rule) => rule.peersKey)) {
      const plain = space.unionAll(
        group.filter((rule) => !resolved.varies(rule)).map((rule) => resolved.ports(rule, undefined)),
      );
      const varying = group.filter((rule) => resolved.varies(rule));
      const [first] = group;
      for (const peer of first === undefined ? [] : resolved.members(first)) {
        let ports = space.union(opened[peer] ?? 0, plain);
        for (const rule of varying) ports = space.union(ports, resolved.ports(rule, peer));
        opened[peer] = ports;
      }
    }
    for (const [peer, ports] of opened.entries()) if (ports !== 0) allow(peer, ports);
  } else {
    for (const rule of rules) {
      const { action } = rule.rule;
      for (const peer of resolved.members(rule)) {
        const meets = space.intersect(open[peer] ?? 0, resolved.ports(rule, peer));
        if (action === "allow") allowed[peer] = space.union(allowed[peer] ?? 0, meets);
        if (action === "pass") passed.set(peer, space.union(passed.get(peer) ?? 0, meets));
        open[peer] = space.minus(open[peer] ?? 0, meets);
      }
    }
  }
  if (isolates) open.fill(PortSpace.none);
  for (const [peer, ports] of passed) open[peer] = space.union(open[peer] ?? 0, ports);
}

/** The same for addresses: the blocks of all rules cut the addresses into parts, and each part goes its way. */
function decideIps(
  space: PortSpace,
  stages: readonly Stage[],
  resolved: Resolver,
  whole: PortSetId,
): readonly IpCell[] {
  interface Entry {
    readonly stage: number;
    readonly action: "allow" | "deny" | "pass";
    readonly ips: IpSet;
    readonly ports: PortSetId;
  }
  const entries: Entry[] = [];
  for (const [stage, { rules }] of stages.entries()) {
    const withIps = rules.flatMap((rule) => {
      const { action, peers } = rule.rule;
      const ips = peers.everybody ? allIps : peers.ips;
      return [{ stage, action, ips, ports: resolved.ports(rule, undefined) }];
    });
    const used = withIps.filter(({ ips }) => !isNoIps(ips));
    if (used.every(({ action }) => action === "allow")) {
      for (const group of groupBy(used, (entry) => String(entry.ports))) {
        const [first] = group;
        if (first !== undefined) entries.push({ ...first, ips: unionIps(group.map(({ ips }) => ips)) });
      }
    } else entries.push(...used);
  }
  const cells = new Map<PortSetId, IpSet[]>();
  for (const { ips, inside } of cutIps(entries.map((entry) => entry.ips))) {
    let open = whole;
    let allowed: PortSetId = PortSpace.none;
    let next = 0;
    for (const [number, stage] of stages.entries()) {
      let passed: PortSetId = PortSpace.none;
      for (; next < inside.length; next++) {
        const entry = entries[inside[next] ?? -1];
        if (entry === undefined || entry.stage !== number) break;
        const meets = space.intersect(open, entry.ports);
        open = space.minus(open, meets);
        if (entry.action === "allow") allowed = space.union(allowed, meets);
        if (entry.action === "pass") passed = space.union(passed, meets);
      }
      open = stage.isolates ? passed : space.union(open, passed);
    }
    const ports = space.union(allowed, open);
    if (ports === PortSpace.none) continue;
    const cell = cells.get(ports);
    if (cell === undefined) cells.set(ports, [ips]);
    else cell.push(ips);
  }
  return [...cells].map(([ports, sets]) => ({ ports, ips: unionIps(sets) }));
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const id = key(item);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

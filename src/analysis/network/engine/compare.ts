import type { JsonObject } from "../../../kube/json.ts";
import { readNamespaces, readWorkloads } from "../model/read-workloads.ts";
import { type NamespaceModel, type Workload, workloadId } from "../model/workload.ts";
import { cutIps, type IpSet, unionIps } from "../sets/ip-set.ts";
import { PortSpace, type PortSetId } from "../sets/port-space.ts";
import { withFresh } from "./fresh.ts";
import { buildNetwork, type FreshPods, type Network, profileFor } from "./network.ts";
import type { Profile } from "./profiles.ts";
import { addressesFrom, addressesTo, portsBetween } from "./reach.ts";
import type { IpCell } from "./tables.ts";

/** Pods that neither of two networks tells apart. */
export interface JointClass {
  readonly before: number;
  readonly after: number;
  /** Numbers in `Comparison.workloads`; none for pods that do not exist yet. */
  readonly workloads: readonly number[];
  readonly inBefore: boolean;
  readonly inAfter: boolean;
  readonly fresh?: FreshPods;
}

/** Two states of the same cluster, over the same workloads, namespaces and ports. */
export interface Comparison {
  readonly before: Network;
  readonly after: Network;
  /** Of both; where a workload is in both, as it is afterwards. */
  readonly workloads: readonly Workload[];
  readonly classes: readonly JointClass[];
  /** See `FreshNetworks.cut`. */
  readonly cut: readonly string[];
}

export interface CompareOptions {
  readonly profile?: Profile;
  /** Look at pods that do not exist yet, too. */
  readonly fresh?: boolean;
}

/**
 * Two states side by side. A workload that only one of them has counts in the other as what it would be there: whether it
 * is there stands in `inBefore` and `inAfter`.
 */
export function compare(
  before: readonly JsonObject[],
  after: readonly JsonObject[],
  options: CompareOptions = {},
): Comparison {
  // What one state says about the plugin holds for the other, too: it is the same cluster.
  const profile = { profile: profileFor([...before, ...after], options.profile) };
  const { left, right } = aligned(readWorkloads(before), readWorkloads(after));
  const space = new PortSpace();
  const used = left.map((workload) => workload.namespace);
  const known: readonly ReadonlyMap<string, NamespaceModel>[] = [
    readNamespaces(before, used),
    readNamespaces(after, used),
  ];
  const nets = [before, after].map((objects, side) =>
    buildNetwork(objects, {
      ...profile,
      space,
      workloads: (side === 0 ? left : right).map(({ workload }) => workload),
      // A namespace that only the other state declares counts with the labels that it has there.
      namespaces: known[1 - side] ?? new Map(),
    }),
  );
  const { networks, classes, cut } =
    options.fresh === true ? withFresh(nets) : { networks: nets, classes: [], cut: [] };
  const [first, second] = networks;
  if (first === undefined || second === undefined) throw new Error("two networks were made");
  return {
    before: first,
    after: second,
    workloads: right.map(({ workload }) => workload),
    classes: [...jointClasses(first, second, left, right), ...freshClasses(first, classes)],
    cut,
  };
}

interface Present {
  readonly workload: Workload;
  readonly present: boolean;
}

/** Both lists with the same workloads at the same numbers. Pods of one controller that differ are told apart by their order. */
function aligned(
  before: readonly Workload[],
  after: readonly Workload[],
): {
  readonly left: readonly (Present & { readonly namespace: string })[];
  readonly right: readonly Present[];
} {
  const index = (list: readonly Workload[]): Map<string, Workload> => {
    const seen = new Map<string, number>();
    return new Map(
      list.map((workload) => {
        const id = workloadId(workload);
        const number = seen.get(id) ?? 0;
        seen.set(id, number + 1);
        return [`${id} ${number}`, workload];
      }),
    );
  };
  const lefts = index(before);
  const rights = index(after);
  const ids = [...new Set([...lefts.keys(), ...rights.keys()])].sort();
  const row = (
    own: ReadonlyMap<string, Workload>,
    other: ReadonlyMap<string, Workload>,
    id: string,
  ): Present[] => {
    const workload = own.get(id) ?? other.get(id);
    return workload === undefined ? [] : [{ workload, present: own.has(id) }];
  };
  return {
    left: ids
      .flatMap((id) => row(lefts, rights, id))
      .map((entry) => ({ ...entry, namespace: entry.workload.namespace })),
    right: ids.flatMap((id) => row(rights, lefts, id)),
  };
}

function jointClasses(
  before: Network,
  after: Network,
  left: readonly Present[],
  right: readonly Present[],
): readonly JointClass[] {
  const found = new Map<string, JointClass & { readonly workloads: number[] }>();
  for (const [number, entry] of left.entries()) {
    const ids = [before.classOf[number] ?? -1, after.classOf[number] ?? -1] as const;
    const inAfter = right[number]?.present === true;
    const key = `${ids.join()} ${entry.present} ${inAfter}`;
    const known = found.get(key);
    if (known !== undefined) known.workloads.push(number);
    else
      found.set(key, {
        before: ids[0],
        after: ids[1],
        workloads: [number],
        inBefore: entry.present,
        inAfter,
      });
  }
  return [...found.values()];
}

function freshClasses(before: Network, classes: readonly (readonly number[])[]): readonly JointClass[] {
  return classes.flatMap(([left = -1, right = -1]) => {
    const fresh = before.classes[left]?.fresh;
    return fresh === undefined
      ? []
      : [{ before: left, after: right, workloads: [], inBefore: true, inAfter: true, fresh }];
  });
}

/** Flows that are new, and flows that are gone, between joint classes or with addresses. */
export interface Change {
  /** A number in `Comparison.classes`, or addresses outside of the cluster. */
  readonly from: number | IpSet;
  readonly to: number | IpSet;
  readonly before: PortSetId;
  readonly after: PortSetId;
}

export interface DeltaOptions {
  /** A workload that is not there counts as one that would be there: then only policies and labels make a difference. */
  readonly asIfPresent?: boolean;
  /** Ask pods that do not exist yet about each other, too. */
  readonly freshPairs?: boolean;
}

/** Everything that differs between two states, class by class. */
export function* changes(comparison: Comparison, options: DeltaOptions = {}): Generator<Change> {
  const { before, after, classes } = comparison;
  const there = (joint: JointClass, side: "inBefore" | "inAfter"): boolean =>
    options.asIfPresent === true || joint[side];
  for (const [from, source] of classes.entries()) {
    for (const [to, target] of classes.entries()) {
      if (source.fresh !== undefined && target.fresh !== undefined && options.freshPairs !== true) continue;
      if (from === to && source.workloads.length === 1) continue;
      const left =
        there(source, "inBefore") && there(target, "inBefore")
          ? portsBetween(before, source.before, target.before)
          : PortSpace.none;
      const right =
        there(source, "inAfter") && there(target, "inAfter")
          ? portsBetween(after, source.after, target.after)
          : PortSpace.none;
      if (left !== right) yield { from, to, before: left, after: right };
    }
    yield* addressChanges(comparison, from, source, there);
  }
}

function* addressChanges(
  { before, after }: Comparison,
  number: number,
  joint: JointClass,
  there: (joint: JointClass, side: "inBefore" | "inAfter") => boolean,
): Generator<Change> {
  const cells = (
    read: (net: Network, id: number) => readonly IpCell[],
  ): readonly [readonly IpCell[], readonly IpCell[]] => [
    there(joint, "inBefore") ? read(before, joint.before) : [],
    there(joint, "inAfter") ? read(after, joint.after) : [],
  ];
  for (const part of differentCells(...cells(addressesFrom)))
    yield { from: number, to: part.ips, before: part.before, after: part.after };
  for (const part of differentCells(...cells(addressesTo)))
    yield { from: part.ips, to: number, before: part.before, after: part.after };
}

/** Addresses for which the ports differ, with both sets of ports. */
export function differentCells(
  before: readonly IpCell[],
  after: readonly IpCell[],
): readonly { readonly ips: IpSet; readonly before: PortSetId; readonly after: PortSetId }[] {
  const same = before.length === after.length && before.every((cell, at) => cell === after[at]);
  if (same) return [];
  const all = [...before, ...after];
  const found = new Map<string, { before: PortSetId; after: PortSetId; ips: IpSet[] }>();
  for (const { ips, inside } of cutIps(all.map((cell) => cell.ips))) {
    let left: PortSetId = PortSpace.none;
    let right: PortSetId = PortSpace.none;
    for (const at of inside) {
      const ports = all[at]?.ports ?? PortSpace.none;
      if (at < before.length) left = ports;
      else right = ports;
    }
    if (left === right) continue;
    const key = `${left} ${right}`;
    const row = found.get(key);
    if (row === undefined) found.set(key, { before: left, after: right, ips: [ips] });
    else row.ips.push(ips);
  }
  return [...found.values()].map(({ ips, ...ports }) => ({ ...ports, ips: unionIps(ips) }));
}

import { byText } from "../../../kube/by-text.ts";
import { changes, type Comparison, type DeltaOptions, type JointClass } from "../engine/compare.ts";
import type { FreshPods } from "../engine/network.ts";
import { type IpSet, ipTexts } from "../sets/ip-set.ts";
import { PortSpace, type PortSetId } from "../sets/port-space.ts";
import { addressTexts, ANY_NEW_POD, newPodsText, newPodText } from "./flow-end.ts";
import { Names } from "./names.ts";
import { standingOfChange, standingText, type Standing } from "./standing.ts";

/** One difference between two states, for people and programs. */
export interface DeltaLine {
  readonly what: "opened" | "closed" | "changed";
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly before: string;
  readonly after: string;
  /** Ports that are newly open. */
  readonly gained: string;
  readonly lost: string;
  /** An end is a kind of pods that does not exist yet. */
  readonly future: boolean;
}

/** All differences, those that open something first. Sources with the same differences stand together. */
export function deltaLines(comparison: Comparison, options: DeltaOptions = {}): readonly DeltaLine[] {
  const names = new Names(comparison.workloads);
  const { space } = comparison.before;
  // First the destinations of one source, then the sources with the same destinations.
  const bySource = new Map<
    string,
    { from: number | IpSet; to: (number | IpSet)[]; before: PortSetId; after: PortSetId }
  >();
  for (const { from, to, before, after } of changes(comparison, options)) {
    // Pods that do not exist yet stand apart from those that do.
    const key = `${typeof from === "number" ? from : ipTexts(from).join()} ${isFresh(comparison, to)} ${before} ${after}`;
    const row = bySource.get(key);
    if (row === undefined) bySource.set(key, { from, to: [to], before, after });
    else row.to.push(to);
  }
  const groups = new Map<
    string,
    { from: (number | IpSet)[]; to: readonly (number | IpSet)[]; before: PortSetId; after: PortSetId }
  >();
  for (const { from, to, before, after } of bySource.values()) {
    const key = `${to.map((each) => (typeof each === "number" ? each : ipTexts(each).join())).join(";")} ${isFresh(comparison, from)} ${before} ${after}`;
    const row = groups.get(key);
    if (row === undefined) groups.set(key, { from: [from], to, before, after });
    else row.from.push(from);
  }
  const lines = [...groups.values()].map(({ from, to, before, after }): DeltaLine => {
    const gained = space.minus(after, before);
    const lost = space.minus(before, after);
    return {
      what: lost === PortSpace.none ? "opened" : gained === PortSpace.none ? "closed" : "changed",
      from: endTexts(comparison, names, from),
      to: endTexts(comparison, names, to),
      before: space.text(before),
      after: space.text(after),
      gained: space.text(gained),
      lost: space.text(lost),
      future: [...from, ...to].some(
        (end) => typeof end === "number" && comparison.classes[end]?.fresh !== undefined,
      ),
    };
  });
  const rank = { opened: 0, changed: 1, closed: 2 } as const;
  return lines.sort(
    (left, right) =>
      rank[left.what] - rank[right.what] ||
      Number(left.future) - Number(right.future) ||
      byText(left.from.join(), right.from.join()) ||
      byText(left.to.join(), right.to.join()),
  );
}

function isFresh(comparison: Comparison, end: number | IpSet): boolean {
  return typeof end === "number" && comparison.classes[end]?.fresh !== undefined;
}

function endTexts(
  comparison: Comparison,
  names: Names,
  ends: readonly (number | IpSet)[],
): readonly string[] {
  const workloads: number[] = [];
  const others: string[] = [];
  const fresh: FreshPods[] = [];
  for (const end of ends) {
    const joint: JointClass | undefined = typeof end === "number" ? comparison.classes[end] : undefined;
    if (joint?.fresh !== undefined) fresh.push(joint.fresh);
    else if (joint !== undefined) workloads.push(...joint.workloads);
    else if (typeof end !== "number") others.push(...addressTexts(end));
  }
  return [
    ...names.group(workloads.sort((left, right) => left - right)),
    ...others,
    ...freshTexts(comparison, fresh),
  ];
}

/** Kinds of pods that do not exist yet: all of a namespace in one word, all of them in one word. */
function freshTexts(comparison: Comparison, kinds: readonly FreshPods[]): readonly string[] {
  if (kinds.length === 0) return [];
  const sizes = new Map<string | undefined, number>();
  for (const { fresh } of comparison.classes)
    if (fresh !== undefined) sizes.set(fresh.namespace, (sizes.get(fresh.namespace) ?? 0) + 1);
  const byNamespace = new Map<string | undefined, FreshPods[]>();
  for (const kind of kinds)
    byNamespace.set(kind.namespace, [...(byNamespace.get(kind.namespace) ?? []), kind]);
  const whole = [...byNamespace].filter(([namespace, row]) => sizes.get(namespace) === row.length);
  if (whole.length === sizes.size) return [ANY_NEW_POD];
  return [...byNamespace].flatMap(([namespace, row]) => {
    if (sizes.get(namespace) === row.length) return [newPodsText(namespace)];
    return row.map(newPodText);
  });
}

const SHOWN = 6;

function shown(parts: readonly string[]): string {
  return parts.length > SHOWN
    ? `${parts.slice(0, SHOWN).join(", ")} and ${parts.length - SHOWN} more`
    : parts.join(", ");
}

export function deltaText(comparison: Comparison, options: { readonly quiet?: boolean } = {}): string {
  const lines = deltaLines(comparison);
  const added = presence(comparison, "inBefore");
  const removed = presence(comparison, "inAfter");
  const out: string[] = [];
  if (lines.length === 0) out.push("nothing changes in who reaches whom\n");
  else {
    const of = (what: DeltaLine["what"]): number => lines.filter((line) => line.what === what).length;
    out.push(`${of("opened")} opened, ${of("changed")} changed, ${of("closed")} closed\n`);
  }
  if (added.length > 0) out.push(`new workloads: ${shown(added)}\n`);
  if (removed.length > 0) out.push(`workloads that go: ${shown(removed)}\n`);
  for (const line of lines) out.push(`  ${deltaLineText(line)}\n`);
  out.push(standingText(standingOfChange(comparison), options.quiet));
  return out.join("");
}

/** `opens shop/web -> payments/db: TCP 5432`, in plain words. */
export function deltaLineText(line: DeltaLine): string {
  const pair = `${shown(line.from)} -> ${shown(line.to)}`;
  if (line.what === "opened")
    return `opens ${pair}: ${line.gained}${line.before === "none" ? "" : ` (beside ${line.before})`}`;
  if (line.what === "closed")
    return `closes ${pair}: ${line.lost}${line.after === "none" ? "" : ` (${line.after} stays)`}`;
  return `changes ${pair}: opens ${line.gained}, closes ${line.lost}`;
}

function presence(comparison: Comparison, side: "inBefore" | "inAfter"): readonly string[] {
  const names = new Names(comparison.workloads);
  const missing = comparison.classes.filter((joint) => joint.fresh === undefined && !joint[side]);
  return names.group(missing.flatMap((joint) => joint.workloads).sort((left, right) => left - right));
}

export interface DeltaJson extends Standing {
  readonly apiVersion: "kubernetes-operations.dev/v1";
  readonly kind: "ReachabilityDelta";
  readonly networkPlugin: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changes: readonly DeltaLine[];
  readonly counts: { readonly opened: number; readonly changed: number; readonly closed: number };
}

export function deltaJson(comparison: Comparison): DeltaJson {
  const lines = deltaLines(comparison);
  const of = (what: DeltaLine["what"]): number => lines.filter((line) => line.what === what).length;
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "ReachabilityDelta",
    networkPlugin: comparison.after.profile.name,
    added: presence(comparison, "inBefore"),
    removed: presence(comparison, "inAfter"),
    changes: lines,
    counts: { opened: of("opened"), changed: of("changed"), closed: of("closed") },
    ...standingOfChange(comparison),
  };
}

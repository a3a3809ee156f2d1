import type { Requirement, Selector } from "../../../kube/selector.ts";

/**
 * Sets of label maps, as one condition a key: boxes. `values` are the values that a key may have, or with `but` those that
 * it may not have; `absent` says whether the key may be missing. Keys that are not named may be anything.
 */
export interface Condition {
  readonly but: boolean;
  readonly values: ReadonlySet<string>;
  readonly absent: boolean;
}

export type LabelBox = ReadonlyMap<string, Condition>;

export const anyLabels: LabelBox = new Map();

function conditionOf({ operator, values }: Requirement): Condition {
  switch (operator) {
    case "In":
      return { but: false, values: new Set(values), absent: false };
    case "NotIn":
      return { but: true, values: new Set(values), absent: true };
    case "DoesNotExist":
      return { but: false, values: new Set(), absent: true };
    default:
      return { but: true, values: new Set(), absent: false };
  }
}

function negated({ but, values, absent }: Condition): Condition {
  return { but: !but, values, absent: !absent };
}

function both(left: Condition, right: Condition): Condition {
  const absent = left.absent && right.absent;
  if (left.but && right.but) return { but: true, values: new Set([...left.values, ...right.values]), absent };
  const [some, other] = left.but ? [right, left] : [left, right];
  const values = new Set([...some.values].filter((value) => other.values.has(value) !== other.but));
  return { but: false, values, absent };
}

/** The box with one more condition; undefined where nothing is left. There are always more values than those named. */
export function narrow(box: LabelBox, key: string, condition: Condition): LabelBox | undefined {
  const known = box.get(key);
  const made = known === undefined ? condition : both(known, condition);
  if (!made.but && made.values.size === 0 && !made.absent) return undefined;
  return new Map([...box, [key, made]]);
}

/** What a selector selects of a box, and the boxes of the rest. Keys are written with `prefix` before them. */
export function split(
  box: LabelBox,
  selector: Selector,
  prefix = "",
): { readonly inside: LabelBox | undefined; readonly outside: readonly LabelBox[] } {
  const outside: LabelBox[] = [];
  let inside: LabelBox | undefined = box;
  for (const requirement of selector) {
    if (inside === undefined) break;
    const key = prefix + requirement.key;
    const condition = conditionOf(requirement);
    const rest = narrow(inside, key, negated(condition));
    if (rest !== undefined) outside.push(rest);
    inside = narrow(inside, key, condition);
  }
  return { inside, outside };
}

/** Labels in the box, for people: as few as can be. */
export function sampleLabels(box: LabelBox, prefix = ""): Readonly<Record<string, string>> {
  const labels: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [key, { but, values, absent }] of box) {
    if (!key.startsWith(prefix) || absent) continue;
    const [first] = values;
    if (!but && first !== undefined) labels[key.slice(prefix.length)] = first;
    if (but) labels[key.slice(prefix.length)] = unused(values);
  }
  return labels;
}

function unused(values: ReadonlySet<string>): string {
  let value = "other";
  for (let number = 2; values.has(value); number++) value = `other-${number}`;
  return value;
}

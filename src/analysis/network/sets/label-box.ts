import {
  matchesText,
  type Requirement,
  type Selector,
  type TextOperator,
  textOperators,
} from "../../../kube/selector.ts";

/**
 * Sets of label maps, as one condition a key: boxes. `values` are the values that a key may have, or with `but` those that
 * it may not have; `absent` says whether the key may be missing. With `but`, `tests` look into the value, too. Keys that
 * are not named may be anything.
 */
export interface Condition {
  readonly but: boolean;
  readonly values: ReadonlySet<string>;
  readonly absent: boolean;
  readonly tests?: readonly TextTest[];
}

interface TextTest {
  readonly operator: TextOperator;
  readonly text: string;
  readonly holds: boolean;
}

export type LabelBox = ReadonlyMap<string, Condition>;

export const anyLabels: LabelBox = new Map();

function conditionOf({ operator, values }: Requirement): Condition {
  const test = textOperators[operator];
  if (test !== undefined)
    return {
      but: true,
      values: new Set(),
      absent: !test.holds,
      tests: [{ ...test, text: values[0] ?? "" }],
    };
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

/** The condition of one requirement, turned round. */
function negated({ but, values, absent, tests = [] }: Condition): Condition {
  const [test] = tests;
  if (test !== undefined) return { but, values, absent: !absent, tests: [{ ...test, holds: !test.holds }] };
  return { but: !but, values, absent: !absent };
}

function both(left: Condition, right: Condition): Condition {
  const absent = left.absent && right.absent;
  const tests = [...(left.tests ?? []), ...(right.tests ?? [])];
  if (left.but && right.but)
    return {
      but: true,
      values: new Set([...left.values, ...right.values]),
      absent,
      ...(tests.length === 0 ? {} : { tests }),
    };
  const [some, other] = left.but ? [right, left] : [left, right];
  const values = new Set(
    [...some.values].filter((value) => other.values.has(value) !== other.but && passes(tests, value)),
  );
  return { but: false, values, absent };
}

function passes(tests: readonly TextTest[], value: string): boolean {
  return tests.every(({ operator, text, holds }) => matchesText(operator, value, text) === holds);
}

/**
 * A value that passes all tests and is none of `values`; undefined where there is none. It is made of the longest wanted
 * beginning and end and of every text that must be inside, with letters between them that no test names: what a test
 * refuses of it, it refuses of every value. That values of labels have at most 63 characters is not looked at.
 */
function valueFor(tests: readonly TextTest[], values: ReadonlySet<string>): string | undefined {
  const wanted = (operator: TextOperator): readonly string[] =>
    tests
      .filter((test) => test.holds && test.operator === operator)
      .map(({ text }) => text)
      .sort((left, right) => right.length - left.length);
  const [start = ""] = wanted("StartsWith");
  const [end = ""] = wanted("EndsWith");
  const named = new Set(tests.flatMap(({ text }) => Array.from(text)));
  const between = unusedLetter(named);
  for (let count = 0; count <= values.size; count++) {
    const gap = between.repeat(count + 1);
    const value = [start, ...wanted("Contains"), end].join(gap);
    if (values.has(value)) continue;
    return passes(tests, value) ? value : undefined;
  }
  return undefined;
}

function unusedLetter(named: ReadonlySet<string>): string {
  const letter = LETTERS.find((each) => !named.has(each));
  if (letter !== undefined) return letter;
  let point = 0xe000;
  while (named.has(String.fromCodePoint(point))) point++;
  return String.fromCodePoint(point);
}

const LETTERS: readonly string[] = Array.from(
  "xyzwvutsrqponmlkjihgfedcba0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
);

/** The box with one more condition; undefined where nothing is left. There are always more values than those named. */
export function narrow(box: LabelBox, key: string, condition: Condition): LabelBox | undefined {
  const known = box.get(key);
  const made = known === undefined ? condition : both(known, condition);
  if (!made.absent && isEmpty(made)) return undefined;
  return new Map([...box, [key, made]]);
}

/** Can there be labels that a selector selects? Each key is looked at once: its requirements may be many. */
export function canHold(selector: Selector): boolean {
  return [...Map.groupBy(selector, ({ key }) => key).values()].every((requirements) => {
    const made = requirements.map(conditionOf).reduce(both);
    return made.absent || !isEmpty(made);
  });
}

function isEmpty({ but, values, tests = [] }: Condition): boolean {
  if (!but) return values.size === 0;
  return tests.length > 0 && valueFor(tests, values) === undefined;
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
  for (const [key, { but, values, absent, tests = [] }] of box) {
    if (!key.startsWith(prefix) || absent) continue;
    const [first] = values;
    if (!but && first !== undefined) labels[key.slice(prefix.length)] = first;
    if (but)
      labels[key.slice(prefix.length)] =
        tests.length === 0 ? unused(values) : (valueFor(tests, values) ?? unused(values));
  }
  return labels;
}

function unused(values: ReadonlySet<string>): string {
  let value = "other";
  for (let number = 2; values.has(value); number++) value = `other-${number}`;
  return value;
}

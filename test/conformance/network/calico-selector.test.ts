import { describe, expect, test } from "vitest";
import {
  matchesCalico,
  parseCalicoSelector,
} from "../../../src/analysis/network/policies/calico/selector.ts";
import { randomSelectorText } from "../../support/network/random-calico-world.ts";
import { Dice } from "../../support/network/random-world.ts";
import { askOracle, buildOracle } from "../../support/oracle.ts";
import { deep, leftOut } from "../../support/suites.ts";

const oracle = buildOracle("calico-selector");
const program = "program" in oracle ? oracle.program : undefined;
const skip = program === undefined && leftOut("selectors of Calico", "reason" in oracle ? oracle.reason : "");
const count = deep ? 100_000 : 10_000;

const names = ["app", "tier", "pcns.app", "has", "all", "in", "not", "a/b.c-d_e", "contains"];
const values = ["a", "b", "ab", "ba", "", "x in y"];
// No line break: older parsers take one between the words of `not in`, younger ones do not.
const pieces = ["(", ")", "{", "}", ",", "!", "=", "==", "!=", "&", "&&", "|", "||", "'", '"', " ", "\t"];
const more = [
  "has(",
  "all()",
  "global()",
  "in",
  "not in",
  "notin",
  "starts  with",
  "ends with",
  "contains",
  "é",
  "$",
];

/** A good selector, or one with something taken away or put in. */
function text(dice: Dice): string {
  const good = randomSelectorText(dice, names);
  const mutations = dice.below(4);
  let made = dice.chance(5) ? dice.many(8, () => dice.pick([...pieces, ...more, ...names])).join("") : good;
  for (let at = 0; at < mutations; at++) {
    const place = dice.below(made.length + 1);
    made = dice.chance(50)
      ? made.slice(0, place) + made.slice(place + 1 + dice.below(3))
      : made.slice(0, place) + dice.pick([...pieces, ...more]) + made.slice(place);
  }
  return made;
}

describe.skipIf(skip)("libcalico-go/lib/selector", () => {
  test(`${count} texts are selectors or not as its parser says, and select the same`, {
    timeout: 300_000,
  }, () => {
    const dice = new Dice(20_261_126);
    const questions = Array.from({ length: count }, () => ({
      text: text(dice),
      labels: Object.fromEntries(names.filter(() => dice.chance(50)).map((key) => [key, dice.pick(values)])),
    }));
    const answers = askOracle(program ?? "", questions) as { valid: boolean; matches: boolean }[];
    const seen = { valid: 0, invalid: 0, matches: 0 };
    const wrong = questions.flatMap((question, at) => {
      const { valid, matches } = answers[at] ?? { valid: false, matches: false };
      const { selector } = parseCalicoSelector(question.text);
      seen[valid ? "valid" : "invalid"]++;
      if (matches) seen.matches++;
      const same =
        (selector !== undefined) === valid &&
        (selector === undefined || matchesCalico(selector, question.labels) === matches);
      return same ? [] : [{ ...question, valid, matches }];
    });
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(Math.min(seen.valid, seen.invalid, seen.matches)).toBeGreaterThan(count / 10);
  });
});

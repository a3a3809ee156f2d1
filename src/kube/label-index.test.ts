import { assert, array, constantFrom, property, record, uniqueArray } from "fast-check";
import { describe, expect, test } from "vitest";
import { labelIndex, selectorIndex } from "./label-index.ts";
import { type Labels, matchesSelector, type Selector } from "./selector.ts";

const key = constantFrom("a", "b", "c");
const value = constantFrom("x", "y", "");
const labels = array(record({ key, value }), { maxLength: 3 }).map(
  (all): Labels => Object.fromEntries(all.map((one) => [one.key, one.value])),
);
const selector = array(
  record({
    key,
    operator: constantFrom("In" as const, "NotIn" as const, "Exists" as const, "DoesNotExist" as const),
    values: uniqueArray(value, { minLength: 1, maxLength: 3 }),
  }),
  { maxLength: 3 },
);

describe("an index of labels", () => {
  test("selects what asking each one selects, in the same order", () => {
    assert(
      property(array(labels, { maxLength: 12 }), selector, (items, asked) => {
        expect(labelIndex(items, (item) => item).matching(asked)).toEqual(
          items.filter((item) => matchesSelector(asked, item)),
        );
        expect(labelIndex(items, (item) => item).matching(asked, 1)).toEqual(
          items.filter((item) => matchesSelector(asked, item)).slice(0, 1),
        );
      }),
    );
  });

  test("says of selectors what asking each one says", () => {
    assert(
      property(array(selector, { maxLength: 6 }), labels, (selectors, own) => {
        expect(selectorIndex(selectors).selects(own)).toBe(
          selectors.some((asked) => matchesSelector(asked, own)),
        );
        expect(new Set(selectorIndex(selectors).matches(own))).toEqual(
          new Set(selectors.filter((asked) => matchesSelector(asked, own))),
        );
      }),
    );
  });

  test("looks only at what has the rarest label", () => {
    let looked = 0;
    const items = Array.from(
      { length: 1000 },
      (_, number) =>
        new Proxy<Record<string, string>>(
          { app: `a${number}`, team: "t" },
          {
            getOwnPropertyDescriptor: (target, name) => {
              looked++;
              return Object.getOwnPropertyDescriptor(target, name);
            },
          },
        ),
    );
    const index = labelIndex(items, (item) => item);
    const asked: Selector = [
      { key: "team", operator: "In", values: ["t"] },
      { key: "app", operator: "In", values: ["a7"] },
    ];
    looked = 0;
    expect(index.matching(asked)).toEqual([items[7]]);
    expect(looked).toBeLessThan(10);
  });
});

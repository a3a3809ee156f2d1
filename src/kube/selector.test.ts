import { assert, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "./json.ts";
import {
  isLabelKey,
  isLabelValue,
  matchesLabels,
  matchesMap,
  matchesSelector,
  parseSelector,
} from "./selector.ts";

const web = { app: "web", tier: "front", replicas: "3" };

describe("matchesLabels", () => {
  test("an empty selector selects everything, no selector nothing", () => {
    expect(matchesLabels({}, web)).toBe(true);
    expect(matchesLabels({ matchLabels: {}, matchExpressions: [] }, {})).toBe(true);
    expect(matchesLabels({ matchLabels: null, matchExpressions: null }, web)).toBe(true);
    expect(matchesLabels(undefined, web)).toBe(false);
    expect(matchesLabels(null, web)).toBe(false);
  });

  test.each<[JsonObject, boolean]>([
    [{ matchLabels: { app: "web" } }, true],
    [{ matchLabels: { app: "web", tier: "back" } }, false],
    [{ matchExpressions: [{ key: "app", operator: "In", values: ["api", "web"] }] }, true],
    [{ matchExpressions: [{ key: "none", operator: "In", values: ["x"] }] }, false],
    [{ matchExpressions: [{ key: "app", operator: "NotIn", values: ["web"] }] }, false],
    [{ matchExpressions: [{ key: "none", operator: "NotIn", values: ["x"] }] }, true],
    [{ matchExpressions: [{ key: "app", operator: "Exists" }] }, true],
    [{ matchExpressions: [{ key: "app", operator: "DoesNotExist" }] }, false],
    [{ matchLabels: { app: "web" }, matchExpressions: [{ key: "tier", operator: "DoesNotExist" }] }, false],
  ])("%j: %s", (selector, result) => {
    expect(matchesLabels(selector, web)).toBe(result);
  });

  test("a selector that the server refuses selects nothing", () => {
    const refused: readonly JsonObject[] = [
      { matchExpressions: [{ key: "none", operator: "NotIn", values: [] }] },
      { matchExpressions: [{ key: "app", operator: "Exists", values: ["web"] }] },
      { matchExpressions: [{ key: "app", operator: "in", values: ["web"] }] },
      { matchExpressions: [{ key: "-", operator: "DoesNotExist" }] },
      { matchExpressions: [{ key: "none", operator: "NotIn", values: [1] }] },
      { matchExpressions: { key: "app", operator: "Exists" } },
      { matchExpressions: [null] },
      { matchLabels: { app: 1 } },
      { matchLabels: "app" },
    ];
    for (const selector of refused)
      expect(matchesLabels(selector, web), JSON.stringify(selector)).toBe(false);
  });

  test("no key reaches a prototype", () => {
    expect(matchesLabels({ matchExpressions: [{ key: "constructor", operator: "Exists" }] }, web)).toBe(
      false,
    );
    expect(matchesMap(JSON.parse('{"__proto__":"x"}') as JsonObject, web)).toBe(false);
  });
});

describe("matchesMap", () => {
  test("a Service without selector selects nothing", () => {
    expect(matchesMap({}, web)).toBe(false);
    expect(matchesMap(undefined, web)).toBe(false);
  });

  test("every entry must be there", () => {
    expect(matchesMap({ app: "web" }, web)).toBe(true);
    expect(matchesMap({ app: "web", tier: "back" }, web)).toBe(false);
    expect(matchesMap({ none: null }, web)).toBe(false);
  });
});

describe("parseSelector", () => {
  test("reads every form", () => {
    expect(parseSelector("a=b,c!=d,e in (y,x,y),!f , g,h notin(z),i==,j>3,k<1")).toEqual([
      { key: "a", operator: "In", values: ["b"] },
      { key: "c", operator: "NotIn", values: ["d"] },
      { key: "e", operator: "In", values: ["x", "y"] },
      { key: "f", operator: "DoesNotExist", values: [] },
      { key: "g", operator: "Exists", values: [] },
      { key: "h", operator: "NotIn", values: ["z"] },
      { key: "i", operator: "In", values: [""] },
      { key: "j", operator: "Gt", values: ["3"] },
      { key: "k", operator: "Lt", values: ["1"] },
    ]);
  });

  test.each([
    "a=b,",
    ",a",
    "a==b==c",
    "a in x",
    "a in (x",
    "!a=b",
    "a b",
    "=b",
    "a>x",
    "a=é",
    "é",
    "a\0",
    "a=b;c",
    "(a)",
  ])("%j is no selector", (text) => {
    expect(parseSelector(text)).toBeUndefined();
  });

  test("an empty text selects everything", () => {
    expect(matchesSelector(parseSelector(" ") ?? [{ key: "x", operator: "Exists", values: [] }], web)).toBe(
      true,
    );
  });

  test("numbers compare as numbers", () => {
    expect(matchesSelector(parseSelector("replicas>2") ?? [], web)).toBe(true);
    expect(matchesSelector(parseSelector("replicas<3") ?? [], web)).toBe(false);
    expect(matchesSelector(parseSelector("app>2") ?? [], web)).toBe(false);
  });

  test("no text throws", () => {
    assert(property(string(), (text) => void parseSelector(text)));
  });
});

describe("label syntax", () => {
  test("keys", () => {
    expect(isLabelKey("app.kubernetes.io/name")).toBe(true);
    expect(isLabelKey(`${"a".repeat(253)}/${"b".repeat(63)}`)).toBe(true);
    for (const key of [
      "",
      "/a",
      "a/",
      "a/b/c",
      "A.b/c",
      "-a",
      "a-",
      `a/${"b".repeat(64)}`,
      `${"a".repeat(254)}/b`,
    ])
      expect(isLabelKey(key), key).toBe(false);
  });

  test("values", () => {
    for (const value of ["", "a", "A_b.c-1"]) expect(isLabelValue(value), value).toBe(true);
    for (const value of ["-", "a b", "a/b", "a".repeat(64), "a\n"])
      expect(isLabelValue(value), value).toBe(false);
  });
});

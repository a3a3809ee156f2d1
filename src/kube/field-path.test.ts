import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseFieldPath } from "./field-path.ts";
import { pathText } from "./json.ts";

test("reads what pathText writes", () => {
  const step = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.nat({ max: 999_999_999 }),
    fc.constantFrom("spec", "a-b", "a.b/c", '"', "\\"),
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (path) => {
      expect(parseFieldPath(pathText(path))).toEqual(path);
    }),
  );
});

test.each([
  "",
  ".",
  "a.",
  ".a",
  "a..b",
  "a[",
  "a[-1]",
  "a[01]",
  "a['b']",
  'a["b]',
  "a b",
  "a[*]",
  "a[1]b",
  "$.a",
  'a["\\x"]',
])("%j is no path", (text) => {
  expect(parseFieldPath(text)).toBeUndefined();
});

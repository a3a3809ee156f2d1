import { expect, test } from "vitest";
import { scalarOf, yamlScalar } from "./yaml-scalar.ts";

test.each([
  ["../base/all.yaml", "../base/all.yaml"],
  ["l", "l"],
  ["a: b", "'a: b'"],
  ["a:b", "a:b"],
  ["it's", "it's"],
  ["'quoted'", "'''quoted'''"],
  ["@base/x.yaml", "'@base/x.yaml'"],
  ["a #b", "'a #b'"],
  ["true", '"true"'],
  ["y", '"y"'],
  ["12", '"12"'],
  ["1_0.5", '"1_0.5"'],
  ["0x1F", '"0x1F"'],
  ["08", '"08"'],
  ["12:30", '"12:30"'],
  ["1.2.3", "1.2.3"],
  ["ä/b.yaml", "ä/b.yaml"],
])("go-yaml writes %s as %s", (text, written) => {
  expect(yamlScalar(text)).toBe(written);
  expect(scalarOf(written)).toBe(text);
});

test("what takes escapes, or may be a day, is not written here", () => {
  for (const text of ["", "a\nb", "\u0007", "2024-01-31", "\u{1f600}"])
    expect(yamlScalar(text)).toBeUndefined();
});

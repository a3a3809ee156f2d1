import { expect, test } from "vitest";
import { builtinSchemas } from "./merge-schema.ts";
import { readText, writtenText } from "./structured-text.ts";
import { Fault, Unsupported } from "./stop.ts";
import type { Origins } from "./tree.ts";

const origins = (): Origins => ({
  of: new WeakMap(),
  members: new WeakMap(),
  untyped: new WeakMap(),
  shared: new WeakMap(),
  schemas: builtinSchemas,
  left: 1000,
  looks: 100_000,
});
const again = (text: string): string => writtenText(text, readText(text, origins()));

test("JSON is written as Go does: keys sorted, on one line or with an indent of two", () => {
  expect(again('{"b": 1, "a": [], "10": {}, "9": "<&>"}')).toBe(
    '{"10":{},"9":"\\u003c\\u0026\\u003e","a":[],"b":1}',
  );
  expect(again('{\n  "b": [1, {"c": null}], "a": {}\n}')).toBe(
    '{\n  "a": {},\n  "b": [\n    1,\n    {\n      "c": null\n    }\n  ]\n}',
  );
  expect(again('{"__proto__": {"x": 1}, "constructor": 2}')).toBe('{"__proto__":{"x":1},"constructor":2}');
});

test("what holds nothing is refused; YAML, long numbers and fractions of nothing are not built", () => {
  for (const text of ["", "plain", "5", "null"]) expect(() => readText(text, origins())).toThrow(Fault);
  for (const text of ["a: b", "- a", "{a: b}", "[1.0]", "[12345678901234567890]", '["\\ud83d\\ude00"]'])
    expect(() => readText(text, origins())).toThrow(Unsupported);
  expect(() => readText(`["${"x".repeat(1_000_000)}"]`, origins())).toThrow(Unsupported);
  expect(() => readText("[".repeat(400_000) + "]".repeat(400_000), origins())).toThrow(Unsupported);
  expect(readText(`["${String.raw`\"`.repeat(400_000)}"]`, origins())).toHaveLength(1);
});

import { expect, test } from "vitest";
import { goQuote } from "./go-quote.ts";

// What strconv.Quote of Go 1.26 prints.
test.each([
  ["", '""'],
  ['a "b" \\c', '"a \\"b\\" \\\\c"'],
  ["\u0007\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"'],
  ["\u0000\u001b\u007f", '"\\x00\\x1b\\x7f"'],
  ["\u0085\u00a0\u200b\ufeff", '"\\u0085\\u00a0\\u200b\\ufeff"'],
  ["é日😀", '"é日😀"'],
  ["\u{e0001}", '"\\U000e0001"'],
])("%j", (text, quoted) => {
  expect(goQuote(text)).toBe(quoted);
});

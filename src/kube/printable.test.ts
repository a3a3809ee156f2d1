import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printable, printableRest } from "./printable.ts";

/** Reads the escapes back: proves that nothing is lost. */
function unprintable(text: string): string {
  return text.replace(/\\u\{([0-9a-f]+)\}/g, (_, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}

// The library's own unit for this takes seconds to set up.
const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0x2fff }), fc.integer({ min: 0, max: 0x10ffff })), {
    maxLength: 12,
  })
  .map((codes) => String.fromCodePoint(...codes));

describe("printable", () => {
  it.each([
    ["plain text ~!", "plain text ~!"],
    ["C:\\temp", "C:\\temp"],
    ["a\nb\tc\r", "a\\u{a}b\\u{9}c\\u{d}"],
    ["\u001b[31mred", "\\u{1b}[31mred"],
    ["safe\u202etxt.exe", "safe\\u{202e}txt.exe"],
    ["pаypal", "p\\u{430}ypal"],
    ["\u{1f600}", "\\u{1f600}"],
    ["\ud800", "\\u{d800}"],
    ["\\u{a}", "\\u{5c}u{a}"],
    ["\\\n", "\\\\u{a}"],
    ["\u007f\u0085\u2028", "\\u{7f}\\u{85}\\u{2028}"],
  ])("%j prints as %j", (text, printed) => {
    expect(printable(text)).toBe(printed);
  });

  it("K5: prints nothing but printable ASCII, on one line, and loses nothing", () => {
    const text = fc.oneof(
      anyText,
      fc.string({ unit: fc.constantFrom("\\", "u", "{", "}", "a", "0", "\n", "é") }),
    );
    fc.assert(
      fc.property(text, (value) => {
        const printed = printable(value);
        expect(printed).toMatch(/^[ -~]*$/);
        expect(unprintable(printed)).toBe(value);
      }),
    );
  });
});

describe("printableRest", () => {
  it("escapes what is left and keeps escapes", () => {
    expect(printableRest("key \\u{1b}\u001b\n")).toBe("key \\u{1b}\\u{1b}\\u{a}");
    fc.assert(
      fc.property(anyText, (text) => {
        expect(printableRest(printable(text))).toBe(printable(text));
        expect(printableRest(text)).toMatch(/^[ -~]*$/);
      }),
    );
  });
});

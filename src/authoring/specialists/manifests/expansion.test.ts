import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapeExpansion } from "./expansion.ts";

/** k8s.io/kubernetes/third_party/forked/golang/expansion/expand.go, told again: `$$` is `$`, `$(name)` is looked up. */
function expand(text: string): string {
  let out = "";
  for (let at = 0; at < text.length; at += 1) {
    const next = text[at + 1];
    if (text[at] !== "$" || next === undefined) out += text[at];
    else if (next === "$") {
      out += "$";
      at += 1;
    } else if (next === "(") {
      const end = text.indexOf(")", at);
      out += end < 0 ? "$(" : "LOOKED-UP";
      at = end < 0 ? at + 1 : end;
    } else {
      out += `$${next}`;
      at += 1;
    }
  }
  return out;
}

describe("escapeExpansion", () => {
  test.each([
    ["$(A)", "$$(A)"],
    ["$$", "$$$"],
    ["${A} $A $", "${A} $A $"],
    ["$$(A)", "$$$$(A)"],
  ])("%s becomes %s", (text, expected) => {
    expect(escapeExpansion(text)).toBe(expected);
  });

  test("the kubelet gives back the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("$", "(", ")", "A", "{", "}") }), (text) => {
        expect(expand(escapeExpansion(text))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });
});

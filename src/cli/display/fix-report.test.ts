import { describe, expect, it } from "vitest";
import { shownOnTerminal } from "./fix-report.ts";

describe("a diff on a terminal", () => {
  it("shows no control and no mark of direction, and leaves letters, tabs and line ends", () => {
    expect(shownOnTerminal("+a: \u001b[2J\u202eé\t# ü\r\n b\r\n")).toBe(
      "+a: \\u{1b}[2J\\u{202e}é\t# ü\n b\n",
    );
  });
});

import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseShell } from "../../src/mcp/guard/shell/parse-shell.ts";
import { deep, leftOut } from "../support/suites.ts";

const bash = spawnSync("bash", ["--version"]).status === 0;

/** Pieces of words in every quoting; what they become is left to bash. */
const plain = fc.string({
  unit: fc.constantFrom(...Array.from("abxyz01-_./=:@%+")),
  minLength: 1,
  maxLength: 4,
});
const inner = fc.string({
  unit: fc.constantFrom(...Array.from("ab 'c;|&<>(){},*?#$\\\n\t~!")),
  maxLength: 6,
});
const piece = fc.oneof(
  plain,
  inner.map((text) => `'${text.replaceAll("'", "")}'`),
  inner.map((text) => `"${text.replaceAll(/["$`\\!]/g, "")}"`),
  fc.constantFrom(
    "\\a",
    "\\ ",
    "\\;",
    "\\'",
    '\\"',
    "\\\\",
    "\\$",
    "\\\n",
    '"\\""',
    '"\\$x"',
    '"\\\\"',
    '"a\\b"',
    "''",
    '""',
  ),
  fc.constantFrom("$'\\x6b'", "$'\\153\\n'", "$'a\\'b'", "$'\\u0062'", '$"a b"', '"$V"', "${V}", '"${V}c"'),
  fc.constantFrom("{a,b}", "{a,{b,c}}", "{,a}", "x{1,2}y", "'{a,b}'", "\\{a,b}"),
);
const filled = (text: string): boolean => text !== "";
const word = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(""));

test.skipIf(!bash && leftOut("the guard's reader against bash", "install bash"))(
  "words are those that bash makes of them",
  () => {
    const lines = fc
      .sample(fc.array(word, { minLength: 1, maxLength: 4 }), deep ? 5000 : 500)
      .map((words) => words.join(" "));
    const script = ["V=value", ...lines.map((line) => `printf '%s\\1' ${line}; printf '\\2'`)].join("\n");
    const ran = spawnSync("bash", ["--norc", "--noprofile", "-f"], { input: script, maxBuffer: 1 << 26 });
    expect(ran.stderr.toString("utf8")).toBe("");
    const expected = ran.stdout
      .toString("utf8")
      .split("\u0002")
      .slice(0, -1)
      .map((words) => words.split("\u0001").slice(0, -1));
    expect(expected).toHaveLength(lines.length);
    for (const [index, line] of lines.entries()) {
      const read = parseShell(`V=value; printf '%s\\1' ${line}`);
      const words = read.ok ? (read.commands[0]?.words ?? []).map(({ text }) => text).slice(2) : undefined;
      // No program has an empty name; whether braces leave an empty word depends on quotes elsewhere in it.
      expect(words?.filter(filled), line).toEqual(expected[index]?.filter(filled));
    }
  },
);

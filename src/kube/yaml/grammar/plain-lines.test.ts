import * as fc from "fast-check";
import { expect, it } from "vitest";
import { readDocuments } from "../read-documents.ts";
import { takeKey, takeValue } from "./plain-lines.ts";
import { yamlScanner } from "./scanner.ts";

const read = (text: string) => readDocuments("f.yaml", new TextEncoder().encode(text));

/** A document whose lines the scanner takes by tokens: blanks before a colon and behind a value change no meaning. */
const byTokens = (text: string): string =>
  text.replaceAll(/^([\w./ -]*?\w):(?=[ \n])/gm, "$1 :").replaceAll(/(?<=\S)\n/g, " \n");

const word = fc.stringMatching(/^[A-Za-z_0-9./:@=,-]{1,6}$/);
const line = fc
  .tuple(
    fc.nat({ max: 3 }),
    fc.constantFrom("", "- ", "-"),
    fc.oneof(word, fc.constantFrom("a", "b", "name", "yes", "~")),
    fc.constantFrom(": ", ":", " ", ":  ", " # ", ": 'x'", ": {a: b}", ": &x ", ": *x"),
    fc.oneof(word, fc.constantFrom("", "1", "on", "0x1f", "1e3", "null", "a b")),
  )
  .map(([depth, item, key, colon, value]) => `${"  ".repeat(depth)}${item}${key}${colon}${value}`);

it("a line that is taken without tokens means what its tokens mean", () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), (lines) => {
      const text = `${lines.join("\n")}\n`;
      const quick = read(text);
      const slow = read(byTokens(text));
      if (quick.every(({ problems }) => problems.length === 0)) taken += 1;
      expect(slow.map(({ value }) => value)).toEqual(quick.map(({ value }) => value));
      expect(slow.map(({ problems }) => problems.map(({ code }) => code))).toEqual(
        quick.map(({ problems }) => problems.map(({ code }) => code)),
      );
    }),
    { numRuns: 5000 },
  );
  expect(taken).toBeGreaterThan(200);
});

it("what may be anything else is left to the scanner", () => {
  const scanner = () => Object.assign(yamlScanner("x"), { indent: 0, keyAllowed: true });
  const key = (text: string) => takeKey({ ...scanner(), text: `${text}\n\0` })?.text;
  expect(["name: x", "a/b.c-d:", "_x: y"].map(key)).toEqual(["name", "a/b.c-d", "_x"]);
  for (const text of ["- a: b", "? a", "'a': b", "<<: x", "1: x", "a:b", "a b: c", "a : b", "...", "é: x"])
    expect([text, key(text)]).toEqual([text, undefined]);
  const value = (text: string) => takeValue({ ...scanner(), text: `${text}\0` })?.text;
  expect(["x\nb: c\n", "  nginx:1.2\n- b\n"].map(value)).toEqual(["x", "nginx:1.2"]);
  for (const text of [
    "x",
    "x\n",
    "x\n\nb: c\n",
    "x\n  more\n",
    "x\n# more\nb: c\n",
    "x # y\nb: c\n",
    "a b\nc: d\n",
    "a: b\nc: d\n",
    "'x'\nb: c\n",
    "-1\nb: c\n",
    "x\r\nb: c\n",
  ])
    expect([text, value(text)]).toEqual([text, undefined]);
});

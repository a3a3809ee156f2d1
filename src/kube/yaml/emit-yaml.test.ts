import * as fc from "fast-check";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { deep } from "../../../test/support/suites.ts";
import type { Json } from "../json.ts";
import { emitYaml } from "./emit-yaml.ts";
import { readDocuments } from "./read-documents.ts";

function readBack(text: string): unknown {
  const documents = readDocuments("f.yaml", new TextEncoder().encode(text));
  expect(documents.flatMap((document) => document.problems)).toEqual([]);
  expect(documents.length).toBe(1);
  return documents[0]?.value;
}

/** Texts that readers of YAML disagree about or that break naive emitters. */
const awkward = [
  "",
  " ",
  "~",
  "y",
  "Y",
  "n",
  "yes",
  "On",
  "OFF",
  "true",
  "null",
  "Null",
  ".inf",
  "-.INF",
  ".nan",
  "<<",
  "=",
  "0o7",
  "0777",
  "08",
  "1_0",
  "1e3",
  "12e03",
  "1:30",
  "22:22",
  "2001-01-01",
  "2001-12-14t21:59:43.10-05:00",
  "0x1F",
  "0b11",
  "+1",
  "-_0",
  "+_1",
  "1.",
  ".5",
  "1.2.3",
  "- a",
  "-",
  "--- ",
  "---",
  "...",
  "a: b",
  "a:",
  ": a",
  "a #b",
  "#a",
  "&a",
  "*a",
  "!a",
  "|",
  ">",
  "'",
  '"',
  "%a",
  "@a",
  "`a",
  "[a",
  "{a",
  "a]",
  "? a",
  "?",
  "a\tb",
  "\ta",
  "a ",
  " a",
  "a\nb",
  "a\n",
  "a\n\n",
  "\na",
  " a\nb",
  "a\n b\n",
  "a \nb",
  "a\n\n\nb\n\n",
  "\n",
  "\n\n",
  "a\r\nb",
  "\u0000",
  "\u0085",
  "\u2028",
  "\ufeff",
  "é",
  "😀",
  "\u202e",
  "{{ .x }}",
  "$(VAR)",
  "--flag=x",
  "-c",
  "a,b",
  "10.0.0.0/8",
  "500m",
  "a\\b",
  "x".repeat(2000),
  "key: |",
  "a\n---\nb",
  "__proto__",
];

const arbitraryText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...awkward) },
  fc.string(),
  fc.string({ unit: "grapheme" }),
  fc.string({
    unit: fc.constantFrom("a", " ", "\n", "-", ":", "#", "\t", "0", ".", "_", "\\", '"', "'", "e"),
  }),
);

const arbitraryNumber = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
);

const { value: arbitraryJson } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    arbitraryText,
    arbitraryNumber,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(arbitraryText, tie("value"), { maxKeys: 4 }).map((value) => ({ ...value })),
  ),
}));

describe("emitYaml", () => {
  it("writes block style as kubectl prints it", () => {
    const value: Json = {
      apiVersion: "apps/v1",
      metadata: { name: "web", labels: {}, annotations: { on: "yes", "a/b": "1.10" } },
      list: ["a", ["b", "c"], { d: 1, e: [] }, "x\ny\n"],
      script: "#!/bin/sh\nexec a \\\n  b",
      n: [null, true, 1e21, -0.5],
    };
    expect(emitYaml(value)).toBe(`apiVersion: apps/v1
metadata:
  name: web
  labels: {}
  annotations:
    "on": "yes"
    a/b: "1.10"
list:
- a
- - b
  - c
- d: 1
  e: []
- |
  x
  y
script: |-
  #!/bin/sh
  exec a \\
    b
"n":
- null
- true
- 1.0e+21
- -0.5
`);
  });

  it.each(awkward)("%j reads back as key and value, in our reader and in js-yaml", (text) => {
    for (const value of [text, { [text]: text }, [text, [text]], { a: { b: [{ c: text }] } }]) {
      const emitted = emitYaml(value);
      expect(readBack(emitted)).toEqual(value);
      expect(load(emitted, { maxDepth: 1000 })).toEqual(value);
    }
  });

  it("arbitrary JSON reads back, in our reader and in js-yaml", () => {
    fc.assert(
      fc.property(arbitraryJson, (value) => {
        const emitted = emitYaml(value);
        expect(readBack(emitted)).toEqual(value);
        expect(load(emitted)).toEqual(value);
      }),
      { numRuns: deep ? 20_000 : 500 },
    );
  });

  it("writes a key named __proto__ as data", () => {
    const value = JSON.parse('{"__proto__": {"a": 1}}') as Json;
    expect(emitYaml(value)).toBe("__proto__:\n  a: 1\n");
    expect(JSON.stringify(readBack(emitYaml(value)))).toBe('{"__proto__":{"a":1}}');
  });

  it("refuses what has no form", () => {
    expect(() => emitYaml("\ud800")).toThrow("a text holds half of a surrogate pair");
    expect(() => emitYaml({ "\udc00": 1 })).toThrow("a text holds half of a surrogate pair");
    expect(() => emitYaml([Number.NaN])).toThrow("NaN has no form in JSON");
  });
});

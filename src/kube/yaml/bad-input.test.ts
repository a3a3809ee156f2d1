import { describe, expect, it } from "vitest";
import type { Problem } from "../problem.ts";
import { readDocuments } from "./read-documents.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const readBytes = (bytes: Uint8Array) => readDocuments("f.yaml", bytes);
const read = (text: string) => readBytes(encode(text));
const said = (problems: readonly Problem[] | undefined): string[] | undefined =>
  problems?.map(({ code, message, place }) => `${place?.line}:${place?.column} ${code}: ${message}`);
const only = (text: string) => {
  const documents = read(text);
  return { value: documents[0]?.value, said: said(documents[0]?.problems), count: documents.length };
};

const utf16 = (text: string, little: boolean, mark: boolean): Uint8Array => {
  const units = Array.from(`${mark ? "\ufeff" : ""}${text}`).map((character) => character.charCodeAt(0));
  return Uint8Array.from(
    units.flatMap((unit) => (little ? [unit & 255, unit >> 8] : [unit >> 8, unit & 255])),
  );
};

describe("encodings", () => {
  it.each([
    ["little-endian with a mark", utf16("a: 1\n", true, true), "it has a UTF-16 byte order mark"],
    ["big-endian with a mark", utf16("a: 1\n", false, true), "it has a UTF-16 byte order mark"],
    ["little-endian without a mark", utf16("apiVersion: v1\n", true, false), "it looks like UTF-16"],
    ["big-endian without a mark", utf16("apiVersion: v1\n", false, false), "it looks like UTF-16"],
  ])("UTF-16 %s", (_, bytes, reason) => {
    const [document] = readBytes(bytes);
    expect(document?.value).toBeNull();
    expect(said(document?.problems)).toEqual([`1:1 yaml/encoding: not readable as text: ${reason}`]);
  });

  it("a UTF-8 byte order mark is no part of the text, and columns do not count it", () => {
    expect(only("\ufeffa: @\n").said?.[0]).toMatch(/^1:4 yaml\/syntax/);
    expect(only("\ufeffa: 1\n")).toEqual({ value: { a: 1 }, said: [], count: 1 });
    expect(only('\ufeff{"a":1}')).toEqual({ value: { a: 1 }, said: [], count: 1 });
  });

  it("NUL, with its place", () => {
    expect(only("a: 1\nbc: \u0000\n").said).toEqual([
      "2:5 yaml/encoding: not readable as text: it holds a NUL byte",
    ]);
  });

  it.each([
    [[0xff], "ff"],
    [[0xc0, 0x80], "c0"],
    [[0xe0, 0x80, 0x80], "e0"],
    [[0xed, 0xa0, 0x80], "ed"],
    [[0xf4, 0x90, 0x80, 0x80], "f4"],
    [[0xe2, 0x82], "e2"],
  ])("bytes %j are no UTF-8", (bytes, first) => {
    const [document] = readBytes(Uint8Array.from([...encode("a: é\nb: "), ...bytes]));
    expect(said(document?.problems)).toEqual([
      `2:4 yaml/encoding: not readable as text: byte 0x${first} is not UTF-8 here`,
    ]);
  });

  it("CRLF is a line end, also in blocks of text, and places count lines", () => {
    expect(only("a: |\r\n  x\r\n  y\r\nb: 1\r\nb: 2\r\n")).toEqual({
      value: { a: "x\ny\n", b: 2 },
      said: [
        '5:1 yaml/duplicate-key: key "b" is already set at f.yaml:4:1; kubectl keeps the last value, strict readers refuse the document',
      ],
      count: 1,
    });
    expect(read("a: 1\r\n---\r\nb: 2\r\n").map((document) => document.value)).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it("half of a surrogate pair in JSON is a problem and no broken text", () => {
    expect(only('{"a":"\\ud800"}')).toEqual({
      value: { a: "\ufffd" },
      said: ["1:6 yaml/encoding: not readable as text: a string holds half of a surrogate pair"],
      count: 1,
    });
  });
});

describe("hostile structure", () => {
  const deep = 50_000;
  it.each([
    ["flow lists", "[".repeat(deep)],
    ["closed flow lists", "[".repeat(deep) + "]".repeat(deep)],
    ["flow mappings", "{a: ".repeat(deep)],
    ["block lists", "- ".repeat(deep)],
    ["JSON lists", `{"a":${"[".repeat(deep)}`],
    ["JSON objects", '{"a":'.repeat(deep)],
  ])("50,000 levels of %s", (_, text) => {
    const { value, said: problems } = only(text);
    expect(value).toBeNull();
    expect(problems?.length).toBe(1);
    expect(problems?.[0]).toMatch(/ yaml\/too-deep: nested deeper than 1000 levels$/);
  });

  it("50,000 levels of keys", () => {
    expect(only("? ".repeat(deep)).said).toEqual(["1:3 yaml/key-type: a mapping cannot be a key"]);
  });

  it("50,000 levels of block mappings", () => {
    // Each level is a space deeper: fewer lines, since the text grows with the square.
    const text = Array.from({ length: 2000 }, (_, level) => `${" ".repeat(level)}a:`).join("\n");
    expect(only(text).said).toEqual(["1001:1001 yaml/too-deep: nested deeper than 1000 levels"]);
  });

  it("1,000 levels are read, with the place of the innermost", () => {
    const text = "[".repeat(1000) + "]".repeat(1000);
    const [document] = read(text);
    expect(document?.problems).toEqual([]);
    expect(document?.places.value(Array.from({ length: 999 }, () => 0))).toEqual({
      file: "f.yaml",
      line: 1,
      column: 1000,
    });
  });

  it("an alias bomb is refused before it goes off", () => {
    const level = (name: string, of: string) =>
      `${name}: &${name} [${Array.from({ length: 9 }, () => `*${of}`).join(", ")}]\n`;
    const names = "abcdefghij";
    const bomb = `a: &a [${Array.from({ length: 9 }, () => "x").join(", ")}]\n${Array.from(names)
      .slice(1)
      .map((name, index) => level(name, names[index] ?? ""))
      .join("")}`;
    const { value, said: problems } = only(bomb);
    expect(value).toBeNull();
    expect(problems).toEqual([
      "4:20 yaml/too-many-aliases: aliases make up too much of the document (the API server refuses it as excessive aliasing)",
    ]);
  });

  it("a value that contains itself", () => {
    expect(only("a: &a [*a]\n").said).toEqual(["1:8 yaml/alias: the value of anchor a contains itself"]);
  });

  it("thousands of problems end in one that says so, and a fatal one is still said", () => {
    const many = only("- yes\n".repeat(5000));
    expect(many.said?.length).toBe(1001);
    expect(many.said?.at(-1)).toBe(
      "1001:3 yaml/too-many-problems: more than 1000 problems in one document; the rest is not listed",
    );
    expect(only(`${"- yes\n".repeat(5000)}- [\n`).said?.at(-1)).toMatch(/^5002:1 yaml\/syntax/);
  });

  it("keys named __proto__ and constructor are data and touch no prototype", () => {
    for (const text of [
      "__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}\n",
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      "x: &x {__proto__: {polluted: 1}}\nz: {<<: *x}\n",
    ]) {
      const [document] = read(text);
      expect(document?.problems).toEqual([]);
      const value = document?.value as Record<string, unknown>;
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(JSON.stringify(value)).toContain('"__proto__":{"polluted":1}');
      expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    }
    expect(only("__proto__: 1\n__proto__: 2\n").said).toEqual([
      '2:1 yaml/duplicate-key: key "__proto__" is already set at f.yaml:1:1; kubectl keeps the last value, strict readers refuse the document',
    ]);
    expect(only("toString: 1\n").said).toEqual([]);
  });

  it("text of the input is shown escaped and cut", () => {
    expect(only('"\\e[31m\\u202e": 1\n"\\e[31m\\u202e": 2\n').said).toEqual([
      '2:1 yaml/duplicate-key: key "\\u{1b}[31m\\u{202e}" is already set at f.yaml:1:1; kubectl keeps the last value, strict readers refuse the document',
    ]);
    const long = "x".repeat(5000);
    expect(only(`${long}: 1\n${long}: 2`).said?.[0]?.length).toBeLessThan(300);
  });
});

describe("malformed documents", () => {
  it.each([
    ["a: [1, 2", "1:9 yaml/syntax: not valid YAML: a comma or ] was expected here"],
    ["a: {b: 1", "1:9 yaml/syntax: not valid YAML: a comma or } was expected here"],
    ["a: 'x", "1:4 yaml/syntax: not valid YAML: the quoted text has no end"],
    [
      "a: b: c",
      "1:5 yaml/syntax: not valid YAML: a value after a colon cannot stand here; is a line indented wrongly, or a text with a colon not in quotes?",
    ],
    [
      "a:\n  b: 1\n c: 2",
      "3:2 yaml/syntax: not valid YAML: a key was expected here; is the line indented wrongly?",
    ],
    ["a: 1\nb\nc: 2", "2:1 yaml/syntax: not valid YAML: a colon must follow this key on the same line"],
    ["a:\n\tb: 1", "2:1 yaml/syntax: not valid YAML: the character \\u{9} cannot begin a value here"],
    ["a: @b", "1:4 yaml/syntax: not valid YAML: the character @ cannot begin a value here"],
    ['a: "\\/"', "1:5 yaml/syntax: not valid YAML: \\/ is not an escape of YAML 1.1"],
    ["a: !e!x 1", "1:4 yaml/syntax: not valid YAML: the tag handle !e! is not declared"],
    ["[a]: 1", "1:1 yaml/key-type: a list cannot be a key"],
    ["? {a: 1}\n: 1", "1:3 yaml/key-type: a mapping cannot be a key"],
    [
      "--- {a: 1}",
      "1:4 yaml/document-separator: only spaces or a comment may follow the document separator ---, found {a: 1}",
    ],
    ["%YAML 1.2\n---\na: 1", "1:1 yaml/directive: the API server does not take the directive %YAML 1.2"],
    ["a: {{ .Values.x }}", "1:4 yaml/template-text: this is a Go template, not YAML"],
    ["{{- if .x }}\na: 1\n{{- end }}", "1:1 yaml/template-text: this is a Go template, not YAML"],
    ["a: x\u2028b", "1:5 yaml/line-break: U+2028 ends a line for the API server and not for other readers"],
    ["a: \u0007", "1:4 yaml/encoding: not readable as text: the character U+0007 is not allowed"],
  ])("%j", (text, problem) => {
    const [document] = read(text);
    expect(document?.value).toBeNull();
    expect(said(document?.problems)).toEqual([problem]);
  });

  it("one bad document leaves the others", () => {
    const documents = read("a: 1\n---\nb: [\n---\nc: 3\n");
    expect(documents.map((document) => document.value)).toEqual([{ a: 1 }, null, { c: 3 }]);
    expect(documents.map((document) => document.index)).toEqual([0, 1, 2]);
    expect(said(documents[1]?.problems)?.[0]).toMatch(/^4:1 yaml\/syntax/);
  });
});

describe("K16 what a problem says of a text that may be a secret", () => {
  // Passwords that nobody quoted. The place says which scalar it is.
  it.each([
    "stringData: {password: {{ CANARY }}}\n",
    "stringData:\n  password: {{ CANARY }}\n",
    "stringData: {password: *CANARY}\n",
    "stringData: {password: !CANARY x}\n",
    "stringData: {password: !!int CANARY}\n",
    "data: {password: !!binary CANARY}\n",
    "stringData: {password: 0777123456}\n",
    "stringData: {pin: 12345677712345671234567}\n",
    'stringData: {password: "CANARY\n',
    "stringData: {password: 'CANARY\n",
    "stringData: {password: @CANARY}\n",
    "stringData: {password: %CANARY}\n",
    "stringData: {password: `CANARY}\n",
    "stringData:\n  password: CANARY: CANARY\n",
    "stringData:\n  password: CANARY\n CANARY\n",
    '{"stringData": {"password": CANARY}}',
  ])("K16 the value of %j is in no message", (text) => {
    const problems = readDocuments("s.yaml", new TextEncoder().encode(text)).flatMap(
      (document) => document.problems,
    );
    for (const { message, hint } of problems) expect(`${message} ${hint}`).not.toMatch(/CANARY|777123|777/);
  });
});

import { describe, expect, test } from "vitest";
import { parseDotenv, parseRawEnvironment } from "./dotenv.ts";
import { interpolate } from "./template.ts";

const values: Readonly<Record<string, string>> = { SET: "set", EMPTY: "", A: "a" };
const lookup = (name: string): string | undefined => (Object.hasOwn(values, name) ? values[name] : undefined);

describe("interpolation (compose-spec 12-interpolation.md)", () => {
  test.each([
    ["$SET/x", "set/x"],
    ["${SET}x", "setx"],
    ["$SETx", ""],
    ["${UNSET:-d}", "d"],
    ["${EMPTY:-d}", "d"],
    ["${EMPTY-d}", ""],
    ["${UNSET-d}", "d"],
    ["${SET:+alt}", "alt"],
    ["${EMPTY:+alt}", ""],
    ["${EMPTY+alt}", "alt"],
    ["${UNSET+alt}", ""],
    ["${SET:?needed}", "set"],
    ["${EMPTY?needed}", ""],
    ["${UNSET:-${EMPTY:-${SET}}}", "set"],
    ["${UNSET:-$A-${A}}", "a-a"],
    ["${UNSET:-{json}}", "{json}"],
    ["$$SET", "$SET"],
    ["$${SET}", "${SET}"],
    ["$$$SET", "$set"],
    ["5$ and $1", "5$ and $1"],
    ["100%", "100%"],
    ["${UNSET:-a:?b}", "a:?b"],
    ["${toString}", ""],
    ["${__proto__}", ""],
  ])("%s gives %s", (template, text) => {
    expect(interpolate(template, lookup)).toMatchObject({ text });
  });
  test.each([
    ["${UNSET:?give it}", "needs the variable UNSET: give it"],
    ["${EMPTY:?}", "needs the variable EMPTY"],
    ["${UNSET?x}", "needs the variable UNSET: x"],
    ["${UNSET:-${EMPTY:?in}}", "needs the variable EMPTY: in"],
    ["${", "has ${ without }"],
    ["${SET", "has ${ without }"],
    ["${}", "has ${…} that names no variable"],
    ["${1A}", "has ${…} that names no variable"],
    ["${SET/a/b}", "has an operator after SET that Compose does not know"],
    [`${"${X:-".repeat(40)}${"}".repeat(40)}`, "nests variables deeper than 32"],
  ])("%s is refused", (template, fault) => {
    expect(interpolate(template, lookup)).toEqual({ fault });
  });
  test("names what it looked up and what was not set", () => {
    expect(interpolate("${SET}${UNSET}${X:-$Y}", lookup)).toEqual({
      text: "set",
      variables: ["SET", "UNSET", "X", "Y"],
      unset: ["UNSET", "Y"],
    });
  });
});

function dotenv(text: string): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(parseDotenv(text, ".env", lookup).map(({ name, value }) => [name, value]));
}

describe("environment files (compose-spec 05-services.md, Env_file format)", () => {
  test.each([
    ["VAR=VAL", "VAL"],
    ['VAR="VAL"', "VAL"],
    ["VAR='VAL'", "VAL"],
    ["VAR=VAL # comment", "VAL"],
    ["VAR=VAL# not a comment", "VAL# not a comment"],
    ['VAR="VAL # not a comment"', "VAL # not a comment"],
    ['VAR="VAL" # comment', "VAL"],
    ["VAR='$OTHER'", "$OTHER"],
    ["VAR='${OTHER}'", "${OTHER}"],
    ["VAR='Let\\'s go!'", "Let's go!"],
    ['VAR="{\\"hello\\": \\"json\\"}"', '{"hello": "json"}'],
    ['VAR="some\\tvalue"', "some\tvalue"],
    ["VAR='some\\tvalue'", "some\\tvalue"],
    ["VAR=some\\tvalue", "some\\tvalue"],
    ["VAR=", ""],
    ["VAR = spaced ", "spaced"],
    ["export VAR=x", "x"],
    ["VAR: yaml", "yaml"],
    ['VAR="two\nlines"', "two\nlines"],
    ['VAR="\\$SET"', "$SET"],
    ["VAR=$SET", "set"],
    ["VAR=${UNSET:-d}", "d"],
    ['VAR="\\0101"', "A"],
    ["\uFEFFVAR=bom", "bom"],
    ["# c\r\n\r\nVAR=crlf\r\n", "crlf"],
    ["FIRST=1\nVAR=${FIRST}2", "12"],
    ["VAR=1\nVAR=2", "2"],
    ["VAR=a=b", "a=b"],
  ])("%j gives %j", (text, value) => {
    expect(dotenv(text)["VAR"]).toBe(value);
  });
  test("a name without = comes from the environment or is unset", () => {
    expect(dotenv("SET\nNONE\nLAST")).toEqual({ SET: "set", NONE: undefined, LAST: undefined });
  });
  test.each([
    ["A=1\nVAR='open", 2, "the quote ' is not closed"],
    ["A B=1", 1, "a line is not NAME=VALUE"],
    ["=1", 1, "a line is not NAME=VALUE"],
    ["A=1\n\nB%C=hunter2", 3, "a variable's name holds a character that Compose refuses"],
    ["A=${B:?hunter2 $X}", 1, "the value needs the variable B"],
  ])("%j is refused without its value", (text, line, message) => {
    expect(() => parseDotenv(text, ".env", lookup)).toThrow(
      expect.objectContaining({ code: "INPUT_MALFORMED", message, place: { file: ".env", line, column: 1 } }),
    );
  });
  test("raw format interprets nothing", () => {
    expect(parseRawEnvironment('# c\nA="x" # y\nB=$SET\nC\n', "raw.env")).toEqual([
      { name: "A", value: '"x" # y', line: 2 },
      { name: "B", value: "$SET", line: 3 },
      { name: "C", value: undefined, line: 4 },
    ]);
  });
});

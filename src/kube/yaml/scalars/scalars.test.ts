import { describe, expect, it } from "vitest";
import { readDocuments } from "../read-documents.ts";

const read = (text: string) => {
  const [document] = readDocuments("f.yaml", new TextEncoder().encode(text));
  return { value: document?.value, codes: document?.problems.map((problem) => problem.code) };
};
const none: readonly string[] = [];
const ambiguous = ["yaml/ambiguous-scalar"];

/** The rows of facts yaml.md 2: text, value, problems. */
const rows: readonly (readonly [string, unknown, readonly string[]])[] = [
  ...["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"].map((text) => [text, true, ambiguous] as const),
  ...["true", "True", "TRUE"].map((text) => [text, true, none] as const),
  ...["n", "N", "no", "No", "NO", "off", "Off", "OFF"].map((text) => [text, false, ambiguous] as const),
  ...["false", "False", "FALSE"].map((text) => [text, false, none] as const),
  ...["", "~", "null", "Null", "NULL"].map((text) => [text, null, none] as const),
  ...["yEs", "tRUE", "inf", "nan", "nULL", "Y.", "ye", "nope", "one"].map(
    (text) => [text, text, none] as const,
  ),
  ["0777", 511, ambiguous],
  ["0o777", 511, ambiguous],
  ["014", 12, ambiguous],
  ["0o14", 12, ambiguous],
  ["0b11", 3, ambiguous],
  ["-0b11", -3, ambiguous],
  ["0x1F", 31, none],
  ["1_000", 1000, ambiguous],
  ["1__0", 10, ambiguous],
  ["08", 8, ambiguous],
  ["1e3", 1000, ambiguous],
  ["12e4567", "12e4567", none],
  ["1.", 1, none],
  ["+1", 1, none],
  ["-0", 0, none],
  [".5", 0.5, ambiguous],
  [".5_5", 0.55, ambiguous],
  ["1.5", 1.5, none],
  ["1.0e+3", 1000, none],
  ["1:30", "1:30", ambiguous],
  ["12:30", "12:30", ambiguous],
  ["8080:80", "8080:80", none],
  ["22:22", "22:22", ambiguous],
  ["2001-01-01", "2001-01-01", ambiguous],
  ["2001-1-1 10:00:00", "2001-1-1 10:00:00", ambiguous],
  ["2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00", ambiguous],
  ["1.2.3", "1.2.3", none],
  ["10.0.0.1", "10.0.0.1", none],
  ["500m", "500m", none],
  ["9007199254740992", 9007199254740992, none],
  ["9007199254740993", 9007199254740992, ["yaml/number-not-exact"]],
  ["18446744073709551615", 18446744073709552000, ["yaml/number-not-exact"]],
  ["100000000000000000000", 100000000000000000000, none],
  ["100000000000000000001", 100000000000000000000, ["yaml/number-not-exact"]],
  ["!!str 123", "123", none],
  ["!!float 1", 1, none],
  ["!!int '7'", 7, none],
  ["!!binary aGk=", "hi", none],
  ["!Ref x", "x", none],
  ["'yes'", "yes", none],
  ['"0777"', "0777", none],
];

describe("scalars as go-yaml v2 resolves them", () => {
  it.each(rows)("%s", (text, value, codes) => {
    expect(read(`a: ${text}\n`)).toEqual({ value: { a: value }, codes });
    expect(read(`- ${text}\n`)).toEqual({ value: [value], codes });
    // A colon may end a plain scalar of a flow collection, so only the others are tried there.
    if (text !== "") expect(read(`[${text}, "x"]\n`)).toEqual({ value: [value, "x"], codes });
  });

  it.each([".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "-.INF"])(
    "%s has no form in JSON",
    (text) => {
      expect(read(`a: ${text}\n`)).toEqual({ value: null, codes: ["yaml/number-not-json"] });
    },
  );

  it.each([
    ["y", "true"],
    ["n", "false"],
    ["1.10", "1.1"],
    ["0x10", "16"],
    ["1000000", "1000000"],
    ["1000000.0", "1e+06"],
    ["0.00001", "1e-05"],
    ["-0.0", "-0"],
    ["-494925.1376259743", "-494925.12"],
    ["1.17549435e-38", "1.1754944e-38"],
    [".inf", ".inf"],
    ["2001-01-01", "2001-01-01"],
  ])("key %s is %s", (key, text) => {
    expect(Object.keys(read(`${key}: 1\n`).value ?? {})).toEqual([text]);
  });
});
